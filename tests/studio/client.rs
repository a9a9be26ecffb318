//! A studio that runs, and requests to it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mizzle::Db;
use mizzle::studio::Studio;
use serde_json::{Value, json};
use tokio::sync::oneshot::{self, Sender};
use ureq::Agent;

/// How long a request may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// A studio that listens on this machine, until it is dropped.
pub(crate) struct Served {
    pub(crate) port: u16,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves what `router` returns for a port.
    pub(crate) fn new(router: impl FnOnce(u16) -> axum::Router + Send + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router(port)) => served.unwrap(),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self { port, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Sends calls to a studio without a token, as an application mounts it.
pub(crate) struct Client {
    pub(crate) served: Served,
    agent: Agent,
}

impl Client {
    pub(crate) fn new(db: &Db) -> Self {
        Self::of(Studio::new(db.clone()))
    }

    pub(crate) fn of(studio: Studio) -> Self {
        let served = Served::new(move |_| studio.router());
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(LIMIT))
            .http_status_as_error(false)
            .build()
            .into();
        Self { served, agent }
    }

    /// Sends a call, and returns the status and the body.
    pub(crate) fn bytes(&self, name: &str, body: &Value) -> (u16, Vec<u8>) {
        let url = format!("http://127.0.0.1:{}/api/{name}", self.served.port);
        let request = self.agent.post(&url).header("content-type", "application/json");
        let mut response = request.send(body.to_string().as_bytes()).unwrap();
        let mut bytes = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
        (response.status().as_u16(), bytes)
    }

    /// Sends a call, and returns the status and the document.
    pub(crate) fn try_call(&self, name: &str, body: &Value) -> (u16, Value) {
        let (status, bytes) = self.bytes(name, body);
        let document = serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            panic!("{name} {body}: {error}: {}", String::from_utf8_lossy(&bytes))
        });
        (status, document)
    }

    /// Sends a call that must succeed.
    pub(crate) fn call(&self, name: &str, body: &Value) -> Value {
        let (status, document) = self.try_call(name, body);
        assert_eq!(status, 200, "{name} {body}: {document}");
        document
    }

    /// Sends a call that must fail with this status, and returns the error.
    pub(crate) fn fail(&self, name: &str, body: &Value, expected: u16) -> Value {
        let (status, mut document) = self.try_call(name, body);
        assert_eq!(status, expected, "{name} {body}: {document}");
        document["error"].take()
    }

    /// Runs statements in the console, which must all succeed.
    pub(crate) fn query(&self, sql: &str, write: bool) -> Value {
        let answer = self.call("query", &json!({ "sql": sql, "write": write }));
        assert_eq!(answer["error"], Value::Null, "{sql}");
        answer
    }

    /// Returns the first cell of the first row of a query.
    pub(crate) fn one(&self, sql: &str) -> Value {
        self.query(sql, false)["results"][0]["rows"][0][0].clone()
    }
}

/// Sends a request as it stands, and returns the status, the head and the body.
pub(crate) fn raw(port: u16, request: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, head, answer.get(end + 4..).unwrap_or_default().to_vec())
}
