//! A server that answers as a test wants it to, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mizzle::{Db, DbBuilder};

pub(crate) const TOKEN: &str = "t0ken-of-the-tests";

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Answer(u16, &'static str, String),
    /// The first part of an answer, and the end of the connection.
    Cut,
    /// The end of the connection.
    Close,
    /// Nothing.
    Silence,
}

/// A request.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Server {
    pub(crate) api: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server that gives these replies, one for each request, and then `rest`.
    pub(crate) fn start(replies: Vec<Reply>, rest: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let replies =
            Arc::new(Mutex::new(replies.into_iter().collect::<std::collections::VecDeque<_>>()));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, replies, rest) = (Arc::clone(&kept), Arc::clone(&replies), rest.clone());
                thread::spawn(move || serve(stream.unwrap(), &kept, &replies, &rest));
            }
        });
        Self { api, requests }
    }

    pub(crate) fn builder(&self) -> DbBuilder {
        Db::builder("d1://account/database").d1_api(&self.api).d1_token(TOKEN)
    }

    pub(crate) fn db(&self) -> Db {
        self.builder().connect().unwrap()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Returns the requests, and forgets them.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn serve(
    mut stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    replies: &Mutex<std::collections::VecDeque<Reply>>,
    rest: &Reply,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let statements = body.matches("\"sql\":").count();
        requests.lock().unwrap().push(Request { head, body });
        let reply = replies.lock().unwrap().pop_front().unwrap_or_else(|| rest.clone());
        match reply {
            Reply::Answer(status, headers, body) => {
                let body = if body.is_empty() { numbers(statements) } else { body };
                let answer = format!(
                    "HTTP/1.1 {status} Words\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
            Reply::Cut => {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"success\":";
                stream.write_all(head.as_bytes()).unwrap();
                return;
            }
            Reply::Close => return,
            Reply::Silence => thread::sleep(Duration::from_secs(30)),
        }
    }
}

/// Returns the answer to so many statements, each of which returns the number 1.
fn numbers(statements: usize) -> String {
    let one = r#"{"success":true,"results":{"columns":["n"],"rows":[[1]]},"meta":{"changes":1}}"#;
    let all = vec![one; statements].join(",");
    format!(r#"{{"success":true,"errors":[],"messages":[],"result":[{all}]}}"#)
}

/// Answers each statement with the number 1.
pub(crate) fn well() -> Reply {
    Reply::Answer(200, "", String::new())
}

/// Reports an error.
pub(crate) fn error(status: u16, code: i64, message: &str) -> Reply {
    let body = format!(
        r#"{{"success":false,"errors":[{{"code":{code},"message":"{message}"}}],"messages":[],"result":[]}}"#
    );
    Reply::Answer(status, "", body)
}
