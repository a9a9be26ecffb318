//! A client of the service.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::LIMIT;

pub(crate) struct Client {
    agent: Agent,
    address: String,
}

/// An event of a stream: its name and its data.
pub(crate) type Event = (String, Value);

fn answer(response: Result<Response<Body>, ureq::Error>) -> (u16, Value) {
    let mut response = response.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (response.status().as_u16(), body)
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(LIMIT));
        Self { agent: config.build().into(), address: address.into() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        answer(self.agent.get(self.url(path)).call())
    }

    pub(crate) fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.agent.delete(self.url(path)).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post_text(path, "application/json", &body.to_string())
    }

    pub(crate) fn post_text(&self, path: &str, content_type: &str, body: &str) -> (u16, Value) {
        answer(self.agent.post(self.url(path)).header("content-type", content_type).send(body))
    }

    /// Returns the events of a stream that has begun. It ends with the stream.
    pub(crate) fn events(&self, path: &str) -> Receiver<Event> {
        let response = self.agent.get(self.url(path)).call().unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut name = String::new();
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                // The end of the stream, or of the test.
                let Ok(line) = line else { return };
                if let Some(event) = line.strip_prefix("event: ") {
                    name = event.to_owned();
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let data = serde_json::from_str(data).unwrap();
                    if sender.send((name.clone(), data)).is_err() {
                        return;
                    }
                }
            }
        });
        receiver
    }
}
