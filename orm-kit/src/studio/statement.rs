//! SQL with its values, written piece by piece.

use orm_core::Dialect;
use orm_core::backend::Plain;

use super::value::{Value, hex, real};

/// A statement and the values of its parameters. Names are quoted, values are bound.
pub(super) struct Statement {
    dialect: Dialect,
    text: String,
    values: Vec<Value>,
    /// Whether it is for people to read: values stand in its text.
    is_shown: bool,
}

impl Statement {
    pub(super) fn new(dialect: Dialect, text: &str) -> Self {
        Self { dialect, text: text.into(), values: Vec::new(), is_shown: false }
    }

    /// Returns a statement that people read, and that never runs.
    pub(super) fn shown(dialect: Dialect, text: &str) -> Self {
        Self { is_shown: true, ..Self::new(dialect, text) }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether people read it.
    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.text.push_str(&self.dialect.quote_ident(name));
        self
    }

    pub(super) fn bind(&mut self, value: Value) -> &mut Self {
        if self.is_shown {
            self.text.push_str(&literal(&value, self.dialect));
            return self;
        }
        self.values.push(value);
        let mark = if self.dialect.is_sqlite() { '?' } else { '$' };
        self.text.push(mark);
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Binds a value of this type of PostgreSQL. SQLite's values have theirs with them.
    pub(super) fn bind_as(&mut self, value: Value, cast: &str) -> &mut Self {
        self.bind(value);
        if !self.dialect.is_sqlite() && !self.is_shown && !cast.is_empty() {
            self.push("::").push(cast);
        }
        self
    }

    /// Writes a piece for each item, with `between` between them.
    pub(super) fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        between: &str,
        mut piece: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.push(between);
            }
            piece(self, item);
        }
        self
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn values(&self) -> Vec<Plain<'_>> {
        self.values.iter().map(Value::plain).collect()
    }
}

/// Returns a value as SQL, for people and for files.
pub(super) fn literal(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        // Nothing else reads back as infinity.
        Value::Real(value) if value.is_infinite() => {
            if *value > 0.0 { "9e999" } else { "-9e999" }.into()
        }
        Value::Real(value) => real(*value),
        Value::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => dialect.quote_literal(text),
            _ => format!("CAST(X'{}' AS TEXT)", hex(bytes)),
        },
        Value::Blob(bytes) if dialect.is_sqlite() => format!("X'{}'", hex(bytes)),
        Value::Blob(bytes) => format!("'\\x{}'", hex(bytes)),
    }
}
