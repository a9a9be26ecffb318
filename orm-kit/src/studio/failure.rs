//! What a call answers if it fails.

use std::ops::{Deref, DerefMut};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use orm_core::backend::UntypedError;
use orm_core::{Error, ErrorCategory};
use serde_json::{Map, Value, json};

/// The answer of a call that failed.
#[derive(Debug, Default)]
pub(super) struct Failure(Box<Parts>);

/// What it says.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) advice: Option<String>,
    pub(super) table: Option<String>,
    pub(super) column: Option<String>,
    pub(super) constraint: Option<String>,
    /// The number of characters of the SQL before the place.
    pub(super) position: Option<usize>,
    /// The database's own code.
    pub(super) database_code: Option<String>,
    /// Whether the connection to the database is lost, so that a read may run again.
    pub(super) is_lost: bool,
    /// The edit that failed.
    pub(super) edit: Option<usize>,
    /// What stands beside the error in the document.
    pub(super) beside: Map<String, Value>,
}

pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let parts =
            Parts { status, code: code.into(), message: message.into(), ..Parts::default() };
        Self(Box::new(parts))
    }

    /// Returns the failure of a request that can't be understood.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "REQUEST_ERROR", message)
    }

    /// Returns the failure for a value that the column can't have.
    pub(super) fn value(column: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALUE_ERROR", message).of_column(column)
    }

    /// Returns the failure for something that isn't there.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// Returns the failure of a write in a studio that only reads.
    pub(super) fn read_only() -> Self {
        Self::new(StatusCode::FORBIDDEN, "READ_ONLY", "this studio is read-only")
            .advised("start it without `--read-only` to change rows")
    }

    pub(super) fn advised(mut self, advice: &str) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.into());
        self
    }

    pub(super) fn at(mut self, position: Option<usize>) -> Self {
        self.position = position;
        self
    }

    pub(super) fn into_parts(self) -> Parts {
        *self.0
    }

    pub(super) fn of_edit(mut self, edit: usize) -> Self {
        self.edit = Some(edit);
        self
    }

    /// Returns the error itself, without what stands beside it.
    pub(super) fn document(&self) -> Value {
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "advice": self.advice,
            "table": self.table,
            "column": self.column,
            "constraint": self.constraint,
            "position": self.position,
            "databaseCode": self.database_code,
        });
        if let Some(edit) = self.edit {
            error["edit"] = edit.into();
        }
        error
    }
}

impl Deref for Failure {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let constraint = error.constraint();
        let code = if error.is_unique_violation() {
            "UNIQUE_VIOLATION"
        } else if error.is_foreign_key_violation() {
            "FOREIGN_KEY_VIOLATION"
        } else if error.is_not_null_violation() {
            "NOT_NULL_VIOLATION"
        } else if error.is_check_violation() {
            "CHECK_VIOLATION"
        } else {
            match error.category() {
                _ if error.is_read_only() => "READ_ONLY",
                ErrorCategory::StatementTimeout => "STATEMENT_TIMEOUT",
                ErrorCategory::TransactionConflict => "TRANSACTION_CONFLICT",
                _ => error.code().as_str(),
            }
        };
        let status = match error.category() {
            // Not lost, as a replica would be after a failover: the studio itself asks only to read.
            _ if error.is_read_only() => StatusCode::FORBIDDEN,
            ErrorCategory::NetworkError
            | ErrorCategory::PoolExhausted
            | ErrorCategory::DnsError
            | ErrorCategory::AuthFailed
            | ErrorCategory::DatabaseNotFound
            | ErrorCategory::SslError => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCategory::TransactionConflict => StatusCode::CONFLICT,
            ErrorCategory::StatementTimeout => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let advice = error.troubleshooting().join("; ");
        Self(Box::new(Parts {
            status,
            code: code.into(),
            message: error.to_string(),
            advice: (!advice.is_empty()).then_some(advice),
            table: constraint.and_then(|constraint| constraint.table.clone()),
            column: constraint.and_then(|constraint| match constraint.columns.as_slice() {
                [column] => Some(column.clone()),
                _ => None,
            }),
            constraint: constraint.and_then(|constraint| constraint.name.clone()),
            position: None,
            database_code: error.database_code().map(str::to_owned),
            is_lost: error.is_connection_lost(),
            edit: None,
            beside: Map::new(),
        }))
    }
}

impl From<UntypedError> for Failure {
    fn from(failure: UntypedError) -> Self {
        Self::from(failure.error).at(failure.position)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::request(format!("the request is not as it should be: {error}"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut document = self.beside.clone();
        document.insert("error".into(), self.document());
        (self.status, Json(Value::Object(document))).into_response()
    }
}
