//! A part of a statement as it was written once: its pieces of SQL and its values, without what it borrowed.
//!
//! Threads can share it whatever the part was made of. A part is recorded for each database, because nothing says which one
//! it will run on.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::Error::{QueryBuilderError, SerializationError};

use super::bound::{Recorded, RecordedBind};
use super::pieces::Piece;
use super::{Any, AnyQueryBuilder, collect};
use crate::dialect::Dialect;
use crate::error::ValueError;

/// The number of databases that a part is recorded for: the first ones of [`Dialect::ALL`]. D1 only if it is compiled in.
const RECORDED: usize =
    if cfg!(feature = "d1") { Dialect::ALL.len() } else { Dialect::ALL.len() - 1 };

/// A part of a statement that was recorded.
pub(crate) struct RecordedPart([Result<Recording, Failure>; RECORDED]);

struct Recording {
    pieces: Vec<Piece>,
    values: Vec<RecordedBind>,
}

/// What went wrong when a part was recorded. It fails in the same way whenever it is written.
enum Failure {
    Value(ValueError),
    OtherValue(String),
    Query(String),
}

impl RecordedPart {
    /// Records a part.
    pub(crate) fn of(part: &dyn QueryFragment<Any>) -> Self {
        Self(std::array::from_fn(|place| record(part, Dialect::ALL[place]).map_err(Failure::of)))
    }
}

fn record(part: &dyn QueryFragment<Any>, dialect: Dialect) -> QueryResult<Recording> {
    let mut sql = AnyQueryBuilder::recording(dialect);
    part.to_sql(&mut sql, Any::of(dialect))?;
    let (values, bound) = collect(|binds| part.collect_binds(binds, &mut (), Any::of(dialect)));
    bound?;
    let values = values.into_iter().map(|(value, ty)| RecordedBind::new(value, ty)).collect();
    Ok(Recording { pieces: sql.into_pieces(), values })
}

impl Failure {
    fn of(error: diesel::result::Error) -> Self {
        match error {
            SerializationError(source) => match source.downcast::<ValueError>() {
                Ok(error) => Self::Value(*error),
                Err(other) => Self::OtherValue(other.to_string()),
            },
            QueryBuilderError(source) => Self::Query(source.to_string()),
            other => Self::Query(other.to_string()),
        }
    }

    fn error(&self) -> diesel::result::Error {
        match self {
            Self::Value(error) => SerializationError(Box::new(error.clone())),
            Self::OtherValue(message) => SerializationError(message.as_str().into()),
            Self::Query(message) => QueryBuilderError(message.as_str().into()),
        }
    }
}

impl QueryFragment<Any> for RecordedPart {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        let dialect = out.backend().dialect();
        let Some(recorded) = self.0.get(dialect as usize) else {
            let message = format!("{dialect} is not compiled into this program");
            return Err(QueryBuilderError(message.into()));
        };
        let Recording { pieces, values } = recorded.as_ref().map_err(Failure::error)?;
        let mut values = values.iter();
        for piece in pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Identifier(name) => out.push_identifier(name)?,
                Piece::Parameter => {
                    if let Some(value) = values.next() {
                        out.push_bind_param::<Recorded, _>(value)?;
                    }
                }
            }
        }
        Ok(())
    }
}
