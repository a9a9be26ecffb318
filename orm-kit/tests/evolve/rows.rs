//! Rows for any schema.

use std::collections::HashMap;

use orm_core::schema::{ColumnType, TableDef};
use orm_core::{Dialect, Executor};

use crate::harness::Base;
use crate::schemas::values_of;

/// Fills the tables with some rows each: keys count, references point to rows that are there.
pub fn fill(base: &Base, tables: &[TableDef]) {
    let dialect = base.dialect();
    let mut filled: HashMap<&str, Vec<HashMap<&str, String>>> = HashMap::new();
    // More than once, for tables that refer to each other.
    for round in 0..3_u32 {
        for table in tables {
            for number in 0..2_u32 {
                let seed = round * 2 + number;
                let mut row: HashMap<&str, String> = HashMap::new();
                let mut is_possible = true;
                for key in &table.foreign_keys {
                    let parents = filled.get(key.table.as_str()).map_or(&[][..], Vec::as_slice);
                    let parent = parents.get(seed as usize % parents.len().max(1));
                    for (column, reference) in key.columns.iter().zip(&key.references) {
                        let value = parent.and_then(|row| row.get(reference.as_str())).cloned();
                        let nullable =
                            table.find_column(column).is_some_and(|column| column.nullable);
                        match value {
                            Some(value) => row.insert(column, value),
                            None if nullable => row.insert(column, "NULL".into()),
                            None => {
                                is_possible = false;
                                None
                            }
                        };
                    }
                }
                if !is_possible {
                    continue;
                }
                for (place, column) in table.columns.iter().enumerate() {
                    if column.generated.is_some() || row.contains_key(column.name.as_str()) {
                        continue;
                    }
                    let is_null = column.nullable && (seed as usize + place).is_multiple_of(3);
                    let value =
                        if is_null { "NULL".into() } else { value(&column.ty, seed + 10, dialect) };
                    row.insert(&column.name, value);
                }
                let columns: Vec<String> =
                    row.keys().map(|column| dialect.quote_ident(column)).collect();
                let values: Vec<&str> = row.values().map(String::as_str).collect();
                let sql = format!(
                    "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING",
                    dialect.quote_ident(&table.name),
                    columns.join(", "),
                    values.join(", ")
                );
                // A row that doesn't fit is left out: a check, or a reference of a kind that isn't looked at here.
                if base.db.execute_sql(&sql).is_ok() {
                    filled.entry(&table.name).or_default().push(row);
                }
            }
        }
    }
}

fn value(ty: &ColumnType, seed: u32, dialect: Dialect) -> String {
    let literal = |text: String| dialect.quote_literal(&text);
    match ty {
        ColumnType::Bool => {
            let value = seed.is_multiple_of(2);
            match dialect {
                Dialect::Sqlite | Dialect::D1 => u8::from(value).to_string(),
                Dialect::Postgres => value.to_string(),
            }
        }
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => seed.to_string(),
        ColumnType::Real | ColumnType::Double => format!("{seed}.5"),
        ColumnType::Decimal => match dialect {
            Dialect::Sqlite | Dialect::D1 => literal(format!("{seed}.50")),
            Dialect::Postgres => format!("{seed}.50"),
        },
        ColumnType::Text => literal(format!("it's {seed} \"ö\"")),
        ColumnType::Varchar(length) => literal(
            format!("{seed:0width$}", width = (*length as usize).min(2))
                .chars()
                .take(*length as usize)
                .collect(),
        ),
        ColumnType::Bytes => match dialect {
            Dialect::Sqlite | Dialect::D1 => format!("X'00{seed:04x}'"),
            Dialect::Postgres => format!("'\\x00{seed:04x}'"),
        },
        ColumnType::Date => literal(format!("2024-01-{:02}", seed % 28 + 1)),
        ColumnType::Time => literal(format!("18:30:{:02}.000001", seed % 60)),
        ColumnType::Timestamp => literal(format!("2024-01-31 18:30:{:02}.123456", seed % 60)),
        ColumnType::Timestamptz => {
            literal(format!("2024-01-31 18:30:{:02}.123456+00:00", seed % 60))
        }
        ColumnType::Uuid => match dialect {
            Dialect::Sqlite | Dialect::D1 => format!("X'550e8400e29b41d4a71644665544{seed:04x}'"),
            Dialect::Postgres => literal(format!("550e8400-e29b-41d4-a716-44665544{seed:04x}")),
        },
        ColumnType::Inet if seed.is_multiple_of(2) => literal(format!("2001:db8::{seed:x}")),
        ColumnType::Cidr if seed.is_multiple_of(2) => literal(format!("2001:db8::{seed:x}/128")),
        ColumnType::Cidr => literal(format!("10.{}.{}.0/24", seed / 256 % 256, seed % 256)),
        ColumnType::Inet => literal(format!("10.{}.{}.0/24", seed / 256 % 256, seed % 256)),
        ColumnType::Interval if seed.is_multiple_of(3) => literal("PT0S".into()),
        ColumnType::Interval => literal(format!("P{seed}DT-{}.25S", seed % 60)),
        ColumnType::Json => literal(format!("{{\"n\": {seed}}}")),
        ColumnType::Other(name) => literal(match name.as_str() {
            "int4range" => format!("[{seed},{})", seed * 2 + 1),
            "numrange" => format!("({seed}.50,)"),
            other => values_of(other)[seed as usize % 2].to_owned(),
        }),
        ColumnType::Enum { labels, .. } => literal(labels[seed as usize % labels.len()].clone()),
        ColumnType::Array(element) => literal(array(element, seed, dialect)),
    }
}

/// Two elements with a NULL between them, or none.
fn array(element: &ColumnType, seed: u32, dialect: Dialect) -> String {
    let is_sqlite = dialect.is_sqlite();
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\\\""));
    let one = |seed: u32| match element {
        ColumnType::Bool => seed.is_multiple_of(2).to_string(),
        ColumnType::Uuid => quoted(format!("550e8400-e29b-41d4-a716-44665544{seed:04x}")),
        ColumnType::Decimal => quoted(format!("{seed}.50")),
        ColumnType::Bytes if is_sqlite => quoted(format!("00{seed:04x}")),
        ColumnType::Bytes => quoted(format!("\\\\x00{seed:04x}")),
        ty if ty.is_number() => value(ty, seed, dialect),
        ty => quoted(value(ty, seed, dialect).trim_matches('\'').replace("''", "'")),
    };
    let (open, close) = if is_sqlite { ('[', ']') } else { ('{', '}') };
    match seed.is_multiple_of(4) {
        true => format!("{open}{close}"),
        false => format!("{open}{},null,{}{close}", one(seed), one(seed + 1)),
    }
}
