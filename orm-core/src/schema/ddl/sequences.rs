//! Sequences that columns take numbers from, on PostgreSQL.
//!
//! Dropping a column also drops the sequence that it owns, and a new database doesn't have it. So the statements that create
//! such a column first create the sequence if it is missing, and then make the column its owner. A sequence that exists
//! stays as it is.

use orm_lexer::{TokenKind, qualified_name, tokens};

use super::types;
use crate::dialect::Dialect;
use crate::schema::{ColumnDef, DefaultValue, TableDef};

const DIALECT: Dialect = Dialect::Postgres;

/// Returns the statement that creates the sequence of a new column, unless the database has it. `None` if the column takes
/// no numbers from a sequence.
pub fn create_sequence(column: &ColumnDef) -> Option<String> {
    let sequence = sequence(column)?;
    let ty = types::declared(column, DIALECT);
    let ty = match ["smallint", "integer", "bigint"].contains(&&*ty) {
        true => format!(" AS {ty}"),
        false => String::new(),
    };
    // `IF NOT EXISTS` needs the right to create in the sequence's schema, even if it exists.
    Some(run(&format!(
        "BEGIN\n  IF to_regclass({}) IS NULL THEN\n    CREATE SEQUENCE {sequence}{ty};\n  END IF;\nEND",
        DIALECT.quote_literal(&sequence),
    )))
}

/// Returns the statement that gives the sequence to its column, if this transaction has created it. `has_rows`: the column
/// has numbers already, which the sequence continues. A key isn't given its sequence: it would then be
/// [`auto`](ColumnDef::auto).
pub fn give_sequence(table: &TableDef, column: &ColumnDef, has_rows: bool) -> Option<String> {
    let sequence = sequence(column)?;
    let (name, of) = (DIALECT.quote_ident(&column.name), DIALECT.quote_ident(&table.name));
    let literal = DIALECT.quote_literal(&sequence);
    let mut actions = String::new();
    if table.primary_key != [column.name.as_str()] {
        actions += &format!("\n    ALTER SEQUENCE {sequence} OWNED BY {of}.{name};");
    }
    if has_rows && column.ty.is_integer() {
        actions += &format!(
            "\n    PERFORM setval({literal}, greatest(max({name}), 0) + 1, false) FROM {of};"
        );
    }
    (!actions.is_empty()).then(|| {
        run(&format!(
            "BEGIN\n  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = {literal}::regclass AND age(xmin) <= 0) \
             THEN{actions}\n  END IF;\nEND",
        ))
    })
}

/// Returns a statement that runs this block.
fn run(body: &str) -> String {
    let tag = (0..)
        .map(|n| if n == 0 { "$mizzle$".to_owned() } else { format!("$mizzle{n}$") })
        .find(|tag| !body.contains(tag))
        .unwrap_or_default();
    format!("DO {tag}\n{body}\n{tag}")
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
    use crate::schema::ColumnType;

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
