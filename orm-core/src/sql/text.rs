//! The SQL of a `sql!`, as the macro read it.

use crate::backend::marks;
use crate::dialect::Dialect;

/// The SQL of one `sql!` in the program's source, for each database.
#[derive(Debug)]
pub struct Site {
    /// The source file.
    pub file: &'static str,
    /// The line in the file.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
    /// What SQLite gets, if it can get anything.
    pub sqlite: Option<Words>,
    /// What PostgreSQL gets, if it can get anything.
    pub postgres: Option<Words>,
}

/// The SQL for one database.
#[derive(Debug)]
pub struct Words {
    /// The parts of the SQL, in their order.
    pub pieces: &'static [Piece],
    /// Whether it begins like a statement that reads.
    pub reads: bool,
    /// Whether one of its words may write or lock.
    pub writes: bool,
    /// Whether it may be an expression of several parts, which needs parentheses inside other SQL.
    pub is_expression: bool,
}

/// A part of the SQL. The numbers are those of arguments.
#[derive(Debug)]
pub enum Piece {
    /// Text, after the mark of SQL that a program wrote.
    Sql(&'static str),
    /// A bound value, or other SQL.
    Value(usize),
    /// The same alone in the parentheses of IN, where an array would be a mistake.
    OnlyOfIn(usize),
    /// The quoted name of a column.
    Column(usize),
    /// ` IN (…)` with a list of any length.
    In(usize),
    /// ` NOT IN (…)` with a list of any length.
    NotIn(usize),
    /// A list as an array, on PostgreSQL alone.
    Array(usize),
}

impl Site {
    /// Returns the SQL for a database.
    pub fn words(&self, dialect: Dialect) -> Option<&Words> {
        let [sqlite, postgres] = [&self.sqlite, &self.postgres];
        match dialect {
            Dialect::Sqlite | Dialect::D1 => sqlite,
            Dialect::Postgres => postgres,
        }
        .as_ref()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Words> {
        Dialect::ALL.into_iter().filter_map(|dialect| self.words(dialect))
    }

    /// Identifies the text among those of all other `sql!`s: two constants with the same address have the same text.
    pub(super) fn number(&'static self) -> u64 {
        std::ptr::from_ref(self).addr() as u64
    }
}

impl Words {
    /// Returns the SQL for a database, with `value` for each value and `column` for each name of a column. They get the
    /// number of the argument.
    #[cfg(feature = "registry")]
    pub fn written(
        &self,
        dialect: Dialect,
        mut value: impl FnMut(usize) -> String,
        mut column: impl FnMut(usize) -> String,
    ) -> String {
        let arrays = dialect.capabilities().arrays;
        let mut sql = String::new();
        for piece in self.pieces {
            match piece {
                Piece::Sql(part) => sql.push_str(part.strip_prefix(marks::RAW).unwrap_or(part)),
                Piece::Value(place) | Piece::OnlyOfIn(place) | Piece::Array(place) => {
                    sql.push_str(&value(*place));
                }
                Piece::Column(place) => sql.push_str(&dialect.quote_ident(&column(*place))),
                Piece::In(place) | Piece::NotIn(place) => {
                    let (begin, end) = match (arrays, matches!(piece, Piece::NotIn(_))) {
                        (true, false) => (" = ANY(", ")"),
                        (true, true) => (" != ALL(", ")"),
                        (false, false) => (" IN (SELECT value FROM json_each(", "))"),
                        (false, true) => (" NOT IN (SELECT value FROM json_each(", "))"),
                    };
                    sql.push_str(begin);
                    sql.push_str(&value(*place));
                    sql.push_str(end);
                }
            }
        }
        sql
    }

    /// Returns the SQL with `…` for its arguments.
    pub fn shown(&self) -> String {
        let part = |piece: &Piece| match piece {
            Piece::Sql(sql) => sql.strip_prefix(marks::RAW).unwrap_or(sql),
            Piece::Value(_) | Piece::OnlyOfIn(_) | Piece::Column(_) | Piece::Array(_) => "…",
            Piece::In(_) => " IN (…)",
            Piece::NotIn(_) => " NOT IN (…)",
        };
        self.pieces.iter().map(part).collect()
    }
}
