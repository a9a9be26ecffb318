//! Sequences that columns take numbers from.
//!
//! Dropping a column also drops the sequence that it owns. To create such a column again, the migration first creates the
//! sequence if it is missing, and then makes the column its owner. It doesn't touch a sequence that exists.

use orm_core::schema::fragments::column_type;
use orm_core::schema::{ColumnDef, DefaultValue, TableDef};
use orm_lexer::{TokenKind, qualified_name, tokens};

use super::{DIALECT, Plan, quoted};

impl Plan<'_> {
    /// Creates the sequence of a new column, unless the database has it.
    pub(super) fn create_sequence(&mut self, table: &TableDef, column: &ColumnDef) {
        let Some(sequence) = sequence(column) else { return };
        let ty = column_type(column, DIALECT);
        let ty = match ["smallint", "integer", "bigint"].contains(&&*ty) {
            true => format!(" AS {ty}"),
            false => String::new(),
        };
        let what = format!(
            "{}.{} takes its numbers from this sequence, which is dropped with the column that owns it.",
            quoted(&table.name),
            quoted(&column.name)
        );
        self.script.explain(what, format!("CREATE SEQUENCE IF NOT EXISTS {sequence}{ty}"));
    }

    /// Gives the sequence to its new column, if this transaction has created it.
    pub(super) fn give_sequence(&mut self, table: &TableDef, column: &ColumnDef) {
        let Some(sequence) = sequence(column) else { return };
        let body = format!(
            "BEGIN\n  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = {}::regclass AND age(xmin) <= 0) THEN\n    \
             ALTER SEQUENCE {sequence} OWNED BY {}.{};\n  END IF;\nEND",
            DIALECT.quote_literal(&sequence),
            quoted(&table.name),
            quoted(&column.name)
        );
        let tag = (0..)
            .map(|n| if n == 0 { "$mizzle$".to_owned() } else { format!("$mizzle{n}$") })
            .find(|tag| !body.contains(tag))
            .unwrap_or_default();
        self.script.explain(
            "A sequence that was created above belongs to the column.",
            format!("DO {tag}\n{body}\n{tag}"),
        );
    }
}

/// Returns the sequence that the column takes its numbers from, as the default names it.
fn sequence(column: &ColumnDef) -> Option<String> {
    let DefaultValue::Sql(sql) = column.default.as_ref()? else { return None };
    let all = tokens(sql, DIALECT);
    let (call, rest) = all.split_at_checked(3)?;
    let name = match call {
        [function, open, name]
            if function.is("nextval") && open.is_symbol("(") && name.kind == TokenKind::Text =>
        {
            name.value()?
        }
        _ => return None,
    };
    let is_cast = match rest {
        [close] => close.is_symbol(")"),
        [colon, other, ty, close] => {
            colon.is_symbol(":")
                && other.is_symbol(":")
                && ty.is("regclass")
                && close.is_symbol(")")
        }
        _ => false,
    };
    let named = tokens(&name, DIALECT);
    let mut parts = named.iter().copied().peekable();
    let is_name = qualified_name(&mut parts).is_some() && parts.next().is_none();
    (is_cast && is_name).then(|| name.clone().into())
}

#[cfg(test)]
mod tests {
    use orm_core::schema::ColumnType;

    use super::*;

    #[test]
    fn sequences_are_found() {
        for (sql, expected) in [
            ("nextval('t_n_seq'::regclass)", Some("t_n_seq")),
            ("nextval('\"My schema\".\"T_n_seq\"'::regclass)", Some("\"My schema\".\"T_n_seq\"")),
            ("NEXTVAL('t_n_seq')", Some("t_n_seq")),
            ("nextval('t; DROP TABLE t')", None),
            ("nextval('t_n_seq'::regclass) + 1", None),
            ("nextval(name())", None),
            ("currval('t_n_seq')", None),
        ] {
            let default = DefaultValue::Sql(sql.into());
            let column = ColumnDef::new("n", ColumnType::Integer).default(default);
            assert_eq!(sequence(&column).as_deref(), expected, "{sql}");
        }
    }
}
