//! Random databases: pull is a fixed point on each, a dump makes it again, and a change there and back leaves no trace.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::migration::run_script;
use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use orm_core::{Db, Dialect, Executor};
use orm_kit::dump::dump;
use orm_kit::introspect::introspect;
use orm_kit::pull::{Pulled, pull};
use orm_kit::render::render;

use crate::compiled::definitions;
use crate::drops::{Seen, drop};
use crate::fixed_point::{differences, elsewhere_in, pushed};
use crate::foreign_statements::{Random, statements};
use crate::names_change::rename;
use test_support::Fresh;

/// How many databases, without the compiler and with it: MIZZLE_TEST_FOREIGN=5000,200 asks for more.
fn counts() -> (u64, u64) {
    let given = std::env::var("MIZZLE_TEST_FOREIGN").unwrap_or_default();
    let mut numbers = given.split(',').filter_map(|number| number.trim().parse().ok());
    (numbers.next().unwrap_or(8), numbers.next().unwrap_or(3))
}

/// The first of the seeds: MIZZLE_TEST_SEED is the one that a failure prints.
fn first_seed() -> u64 {
    std::env::var("MIZZLE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn empty(db: &Db) {
    db.execute_sql(
        "DROP SCHEMA IF EXISTS other CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
         CREATE SCHEMA other; CREATE TYPE other.far AS ENUM ('a'); CREATE DOMAIN other.distance AS int; \
         CREATE TABLE other.elsewhere (id int PRIMARY KEY)",
    )
    .expect("an empty database");
}

/// Makes a random database, and returns the statements that the database accepted.
fn make(db: &Db, seed: u64, may_be_wide: bool) -> Vec<String> {
    empty(db);
    let mut random = Random::new(seed);
    let all = statements(&mut random, may_be_wide);
    all.into_iter().filter(|statement| db.execute_sql(statement).is_ok()).collect()
}

fn pulled_from(db: &Db) -> Result<Pulled, String> {
    let found = introspect(db).map_err(|error| format!("introspect: {error:?}"))?;
    Ok(pull(&found, Dialect::Postgres))
}

/// The statements that make the database again. A computed column that goes in between comes back as the last one: the
/// order of columns is left out.
fn statements_of(db: &Db) -> Vec<String> {
    let sorted = |statement: String| {
        if !statement.starts_with("CREATE TABLE") {
            return statement;
        }
        let mut lines: Vec<&str> =
            statement.lines().map(|line| line.trim_end_matches(',')).collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    dump(db).expect("a dump").statements.into_iter().map(sorted).collect()
}

/// All rows of all tables, as text, without the order of columns.
fn rows(db: &Db) -> Vec<String> {
    let tables: Vec<String> = db
        .load(sql::<Text>(
            "SELECT format('%I', relname) FROM pg_catalog.pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname",
        ))
        .expect("tables");
    let mut all = Vec::new();
    for table in tables {
        let rows: Vec<String> = db
            .load(sql::<Text>(&format!(
                "SELECT (SELECT coalesce(string_agg(key || ': ' || value::text, ', ' ORDER BY key), '') \
                 FROM json_each(row_to_json(the_row))) FROM {table} AS the_row ORDER BY 1"
            )))
            .expect("rows");
        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

/// The tables with one change.
fn changed(random: &mut Random, tables: &[TableDef]) -> Vec<TableDef> {
    let mut tables = tables.to_vec();
    let place = random.below(tables.iter().filter(|table| !table.is_view()).count());
    let table = tables[place].clone();
    let column = random.below(table.columns.len());
    let name = table.columns[column].name.clone();
    let added = |ty| ColumnDef::new("added_here", ty);
    tables[place] = match random.below(8) {
        0 => table.column(added(ColumnType::Text).nullable()),
        1 => table.column(added(ColumnType::Integer).default(DefaultValue::Integer(5))),
        2 => table.index(Some("added_index"), vec![IndexPart::column(&name).desc()], false, None),
        3 => table.check("added_check", "1 = 1"),
        4 | 5 => {
            let mut table = table;
            let column = &mut table.columns[column];
            match column.ty {
                ColumnType::SmallInt => column.ty = ColumnType::Integer,
                ColumnType::Integer => column.ty = ColumnType::BigInt,
                ColumnType::Varchar(length) => column.ty = ColumnType::Varchar(length + 20),
                ColumnType::Decimal | ColumnType::Text => {
                    column.db_type.postgres = None;
                    column.collate.postgres = None;
                }
                _ => {}
            }
            table
        }
        6 => {
            let mut table = table;
            if !table.primary_key.contains(&name) {
                table.columns[column].nullable = true;
            }
            table
        }
        _ => {
            let mut table = table;
            let fits = table.columns[column].ty == ColumnType::Text
                && table.columns[column].db_type.is_empty()
                && table.columns[column].generated.is_none();
            if fits {
                table.columns[column].default = Some(DefaultValue::Text("changed".into()));
            }
            table
        }
    };
    tables
}

/// Pushes a change and takes it back: what that leaves behind, or nothing.
pub fn there_and_back(db: &Db, seed: u64, tables: &[TableDef]) -> Vec<String> {
    let mut random = Random::new(seed ^ 0xabcd);
    let before = (statements_of(db), rows(db));
    let mut lines = Vec::new();
    for _ in 0..3 {
        let other = changed(&mut random, tables);
        let mut summary = Vec::new();
        for (wanted, remembered) in [(&*other, tables), (tables, &*other)] {
            let step = pushed(db, wanted, remembered).and_then(|diff| {
                summary.extend(diff.summary());
                let script = render(&diff, Dialect::Postgres).map_err(|error| error.to_string())?;
                if diff.is_empty() {
                    return Ok(());
                }
                run_script(db, &script.text(), true).map_err(|error| format!("{error}"))
            });
            if let Err(error) = step {
                // What the database or a guard refuses is no loss.
                eprintln!("seed {seed}: {error}");
                summary.push(format!("refused: {error}"));
            }
        }
        let after = (statements_of(db), rows(db));
        let of = |all: &(Vec<String>, Vec<String>)| {
            let mut both: Vec<String> = all.0.iter().chain(&all.1).cloned().collect();
            both.sort();
            both
        };
        let (one, two) = (of(&before), of(&after));
        lines.extend(
            one.iter().filter(|line| !two.contains(line)).map(|line| format!("lost: {line}")),
        );
        lines.extend(
            two.iter().filter(|line| !one.contains(line)).map(|line| format!("came: {line}")),
        );
        if !lines.is_empty() {
            lines.push(format!("by {}", summary.join("; ")));
            return lines;
        }
    }
    lines
}

/// Gives something another name and takes it back: what that leaves behind, or nothing.
pub fn renamed_and_back(db: &Db, seed: u64, tables: &[TableDef]) -> Vec<String> {
    let mut random = Random::new(seed ^ 0x1234);
    // PostgreSQL cuts the name of a key: it becomes mizzle's with a rename.
    let cut = |name: &str| {
        let end = (0..=name.len().min(58)).rfind(|end| name.is_char_boundary(*end));
        format!("{}_pkey", &name[..end.unwrap_or(0)])
    };
    let names: Vec<(String, String)> = tables
        .iter()
        .map(|table| (cut(&table.name), table.primary_key_name()))
        .filter(|(servers, own)| servers != own)
        .collect();
    let renamed = |mut line: String| {
        for (servers, own) in &names {
            line = line.replace(servers, own);
        }
        line
    };
    let all = || [statements_of(db), rows(db)].concat().into_iter().map(renamed).collect();
    (0..2)
        .filter_map(|_| {
            rename(|end| random.below(end), tables)?.there_and_back(db, tables, all).err()
        })
        .collect()
}

/// Drops something and takes it back: what that leaves behind, or nothing.
pub fn dropped_and_back(db: &Db, seed: u64, tables: &[TableDef]) -> Vec<String> {
    let mut random = Random::new(seed ^ 0x7777);
    let all = || Seen { schema: statements_of(db), rows: rows(db) };
    for _ in 0..4 {
        let Some(dropped) = drop(|end| random.below(end), tables) else { continue };
        if let Err(what) = dropped.there_and_back(db, all) {
            return vec![what];
        }
        // What has lost values or objects of others is no start for a further case.
        if dropped.loses_rows() {
            break;
        }
    }
    Vec::new()
}

#[test]
fn databases_that_others_made() {
    let (without, with) = counts();
    let (fresh, other) = (Fresh::postgres(), Fresh::postgres());
    let mut wrong = Vec::new();
    // A foreign key that is DEFERRABLE, one that is NOT VALID, and an index over a computed column: none can stay while a
    // type changes; a check that the server prints differently once it has read it again; two equal unique constraints of no
    // struct.
    let known = [44, 1034, 1070, 5025, 5075];
    for seed in (first_seed()..first_seed() + without).chain(known) {
        let made = make(&fresh.db, seed, true);
        let pulled = match pulled_from(&fresh.db) {
            Ok(pulled) => pulled,
            Err(error) => {
                wrong.push(format!("seed {seed}: {error}"));
                continue;
            }
        };
        let mut lines = differences(&fresh.db, &pulled, &pulled.tables);
        empty(&other.db);
        lines.extend(elsewhere_in(&fresh.db, &other.db));
        if lines.is_empty() {
            // The structs fit the database that the baseline makes as they fit the one that they were pulled from.
            lines.extend(differences(&other.db, &pulled, &pulled.tables));
        }
        // The SELECTs of the structs' views would have to change along: they are left to the database.
        let tables: Vec<TableDef> =
            pulled.tables.iter().filter(|table| !table.is_view()).cloned().collect();
        if lines.is_empty() && !tables.is_empty() {
            lines.extend(there_and_back(&fresh.db, seed, &pulled.tables));
            lines.extend(renamed_and_back(&fresh.db, seed, &tables));
            lines.extend(dropped_and_back(&fresh.db, seed, &tables));
        }
        if !lines.is_empty() {
            wrong.push(format!("seed {seed}: {}\n  {}", lines.join("\n  "), made.join(";\n  ")));
        }
        if wrong.len() > 5 {
            break;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));

    let mut sources = BTreeMap::new();
    let mut pulls = BTreeMap::new();
    for seed in first_seed()..first_seed() + with {
        make(&fresh.db, seed, false);
        let pulled = pulled_from(&fresh.db).expect("a pull");
        let name = format!("seed_{seed}");
        if !pulled.tables.is_empty() {
            sources.insert(name.clone(), pulled.source.clone());
            pulls.insert(name, (seed, pulled));
        }
    }
    let defined = if sources.is_empty() { BTreeMap::new() } else { definitions(&sources) };
    for (name, (seed, pulled)) in &pulls {
        make(&fresh.db, *seed, false);
        let lines = differences(&fresh.db, pulled, &defined[name]);
        assert_eq!(lines, [""; 0], "{name}\n{}", pulled.source);
    }
}
