//! Conversions to and from diesel's errors, which pass through its traits.

use std::error::Error as StdError;

use diesel::result::{
    DatabaseErrorInformation, DatabaseErrorKind, DeserializeFieldError, Error as DieselError,
};

use super::{Constraint, ConstraintKind, Error, ErrorKind};

/// Carries an error through diesel, with what the database reported in diesel's form.
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

/// The errors of diesel that are returned to diesel unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Serialization,
    Deserialization,
    QueryBuilder,
    AlreadyInTransaction,
    NotInTransaction,
    Rollback,
    BrokenTransaction,
}

impl Origin {
    fn restore(self, mut error: Error) -> DieselError {
        match self {
            Self::Serialization => DieselError::SerializationError(Box::new(error)),
            Self::Deserialization => DieselError::DeserializationError(Box::new(error)),
            // diesel recognizes an empty changeset by the type of this error.
            Self::QueryBuilder => DieselError::QueryBuilderError(
                error.0.source.take().unwrap_or_else(|| Box::new(error)),
            ),
            Self::AlreadyInTransaction => DieselError::AlreadyInTransaction,
            Self::NotInTransaction => DieselError::NotInTransaction,
            Self::Rollback => DieselError::RollbackTransaction,
            Self::BrokenTransaction => DieselError::BrokenTransactionManager,
        }
    }
}

impl From<Error> for DieselError {
    fn from(error: Error) -> Self {
        if let Some(origin) = error.0.origin {
            return origin.restore(error);
        }
        let kind = match (error.kind(), error.constraint().map(|constraint| constraint.kind)) {
            (ErrorKind::NotFound, _) => return Self::NotFound,
            // Errors from the database, such as a division by zero, are not about a bound value.
            (ErrorKind::Value, _) if error.database_code().is_none() => {
                return Self::SerializationError(Box::new(error));
            }
            (ErrorKind::Constraint, Some(ConstraintKind::Unique)) => {
                DatabaseErrorKind::UniqueViolation
            }
            // PostgreSQL's code for ON DELETE RESTRICT since version 18.
            (ErrorKind::Constraint, Some(ConstraintKind::ForeignKey))
                if error.database_code() == Some("23001") =>
            {
                DatabaseErrorKind::RestrictViolation
            }
            (ErrorKind::Constraint, Some(ConstraintKind::ForeignKey)) => {
                DatabaseErrorKind::ForeignKeyViolation
            }
            (ErrorKind::Constraint, Some(ConstraintKind::Exclusion)) => {
                DatabaseErrorKind::ExclusionViolation
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

impl Error {
    /// Sets the origin, unless the error already has one.
    fn with_origin(mut self, origin: Origin) -> Self {
        self.0.origin.get_or_insert(origin);
        self
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::new(ErrorKind::NotFound, "no row was found"),
            DieselError::SerializationError(source) => {
                from_value_source(source).with_origin(Origin::Serialization)
            }
            DieselError::DeserializationError(source) => {
                from_value_source(source).with_origin(Origin::Deserialization)
            }
            DieselError::QueryBuilderError(source) => {
                Self::new(ErrorKind::Query, source.to_string())
                    .with_source(source)
                    .with_origin(Origin::QueryBuilder)
            }
            DieselError::DatabaseError(kind, information) => from_database(kind, &*information),
            DieselError::AlreadyInTransaction => transaction(&error, Origin::AlreadyInTransaction),
            DieselError::NotInTransaction => transaction(&error, Origin::NotInTransaction),
            DieselError::RollbackTransaction => transaction(&error, Origin::Rollback),
            DieselError::BrokenTransactionManager => transaction(&error, Origin::BrokenTransaction),
            DieselError::RollbackErrorOnCommit { .. } => {
                Self::new(ErrorKind::Transaction, error.to_string())
            }
            DieselError::InvalidCString(_) => {
                Self::new(ErrorKind::Query, "the SQL contains a NUL character")
            }
            other => Self::new(ErrorKind::Unknown, other.to_string()),
        }
    }
}

fn transaction(error: &DieselError, origin: Origin) -> Error {
    Error::new(ErrorKind::Transaction, error.to_string()).with_origin(origin)
}

fn from_value_source(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::new(ErrorKind::Value, value_message(&*source)).with_source(source),
    }
}

/// Returns the message for an error in a value. diesel's own error names the column of the result, but not the problem.
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
        DatabaseErrorKind::RestrictViolation => constraint(ConstraintKind::ForeignKey),
        DatabaseErrorKind::CheckViolation => constraint(ConstraintKind::Check),
        DatabaseErrorKind::ExclusionViolation => constraint(ConstraintKind::Exclusion),
        DatabaseErrorKind::SerializationFailure => other(ErrorKind::Serialization),
        DatabaseErrorKind::ReadOnlyTransaction => other(ErrorKind::ReadOnly),
        DatabaseErrorKind::ClosedConnection => other(ErrorKind::Network),
        _ => other(ErrorKind::Query),
    }
}
