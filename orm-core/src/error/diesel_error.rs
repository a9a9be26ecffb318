//! To and from diesel's errors, which pass through its traits.

use std::error::Error as StdError;

use diesel::result::{
    DatabaseErrorInformation, DatabaseErrorKind, DeserializeFieldError, Error as DieselError,
};

use super::{Constraint, ConstraintKind, Error, ErrorKind};

/// Carries our error through diesel, which wants to know what the database said.
struct Information(Error);

impl DatabaseErrorInformation for Information {
    fn message(&self) -> &str {
        &self.0.0.message
    }

    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        self.0.0.hint.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        self.0.constraint()?.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        match self.0.constraint()?.columns.as_slice() {
            [column] => Some(column),
            _ => None,
        }
    }

    fn constraint_name(&self) -> Option<&str> {
        self.0.constraint()?.name.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

impl From<Error> for DieselError {
    fn from(error: Error) -> Self {
        let kind = match (error.kind(), error.constraint().map(|constraint| constraint.kind)) {
            (ErrorKind::NotFound, _) => return Self::NotFound,
            (ErrorKind::Value, _) => return Self::SerializationError(Box::new(error)),
            (ErrorKind::Constraint, Some(ConstraintKind::Unique)) => {
                DatabaseErrorKind::UniqueViolation
            }
            (ErrorKind::Constraint, Some(ConstraintKind::ForeignKey)) => {
                DatabaseErrorKind::ForeignKeyViolation
            }
            (ErrorKind::Constraint, Some(ConstraintKind::NotNull)) => {
                DatabaseErrorKind::NotNullViolation
            }
            (ErrorKind::Constraint, Some(ConstraintKind::Check)) => {
                DatabaseErrorKind::CheckViolation
            }
            (ErrorKind::Serialization, _) => DatabaseErrorKind::SerializationFailure,
            (ErrorKind::ReadOnly, _) => DatabaseErrorKind::ReadOnlyTransaction,
            (ErrorKind::Network, _) => DatabaseErrorKind::ClosedConnection,
            _ => DatabaseErrorKind::Unknown,
        };
        Self::DatabaseError(kind, Box::new(Information(error)))
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::new(ErrorKind::NotFound, "no row was found"),
            DieselError::SerializationError(source) | DieselError::DeserializationError(source) => {
                from_value_source(source)
            }
            DieselError::QueryBuilderError(source) => {
                Self::new(ErrorKind::Query, source.to_string()).with_source(source)
            }
            DieselError::DatabaseError(kind, information) => from_database(kind, &*information),
            DieselError::AlreadyInTransaction
            | DieselError::NotInTransaction
            | DieselError::RollbackTransaction
            | DieselError::BrokenTransactionManager
            | DieselError::RollbackErrorOnCommit { .. } => {
                Self::new(ErrorKind::Transaction, error.to_string())
            }
            DieselError::InvalidCString(_) => {
                Self::new(ErrorKind::Query, "the SQL contains a NUL character")
            }
            other => Self::new(ErrorKind::Unknown, other.to_string()),
        }
    }
}

fn from_value_source(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::new(ErrorKind::Value, value_message(&*source)).with_source(source),
    }
}

/// diesel's own error says which column of the result it was, but not what is wrong with it.
fn value_message(source: &(dyn StdError + Send + Sync + 'static)) -> String {
    match source.downcast_ref::<DeserializeFieldError>() {
        Some(DeserializeFieldError { field_name: Some(name), error, .. }) => {
            format!("{name}: {error}")
        }
        Some(DeserializeFieldError { error, .. }) => error.to_string(),
        None => source.to_string(),
    }
}

fn from_database(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Error {
    let constraint = |kind| {
        Error::violation(Constraint {
            kind,
            name: information.constraint_name().map(Into::into),
            table: information.table_name().map(Into::into),
            columns: information.column_name().into_iter().map(Into::into).collect(),
        })
    };
    let other = |kind| Error::new(kind, information.message());
    match kind {
        DatabaseErrorKind::UniqueViolation => constraint(ConstraintKind::Unique),
        DatabaseErrorKind::ForeignKeyViolation => constraint(ConstraintKind::ForeignKey),
        DatabaseErrorKind::NotNullViolation => constraint(ConstraintKind::NotNull),
        DatabaseErrorKind::CheckViolation => constraint(ConstraintKind::Check),
        DatabaseErrorKind::SerializationFailure => other(ErrorKind::Serialization),
        DatabaseErrorKind::ReadOnlyTransaction => other(ErrorKind::ReadOnly),
        DatabaseErrorKind::ClosedConnection => other(ErrorKind::Network),
        _ => other(ErrorKind::Query),
    }
}
