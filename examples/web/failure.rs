//! Errors as JSON: `{"error": {"code": "NOT_FOUND", "message": "…"}}`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mizzle::{Error, ErrorCode};
use serde_json::json;

/// The answer to a request that failed.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: String,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// There is no such place.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NO_ROUTE", "there is nothing at this path")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        let status = match code {
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::ConstraintError | ErrorCode::ValueError => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::StaleRow => StatusCode::CONFLICT,
            _ if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // mizzle's messages contain no values, but what goes on inside is not the clients' business.
        let message = if status.is_server_error() {
            tracing::error!(%code, %error, "a request failed");
            "the service can't do this now".to_owned()
        } else {
            error.to_string()
        };
        Self::new(status, code.to_string(), message)
    }
}

/// A request that axum can't read.
macro_rules! from_rejection {
    ($($rejection:ty),+) => {
        $(impl From<$rejection> for Failure {
            fn from(rejection: $rejection) -> Self {
                Self::new(rejection.status(), "BAD_REQUEST", rejection.body_text())
            }
        })+
    };
}
from_rejection!(JsonRejection, PathRejection, QueryRejection);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
    }
}
