//! Pull is a fixed point: what was pulled, compiled and compared with its database again, finds nothing to do.

use orm_core::Db;
use orm_core::schema::TableDef;
use orm_kit::diff::{Diff, Hints, diff};
use orm_kit::introspect::{introspect, normal_form};
use orm_kit::managed::{Asked, Managed, managed_views};
use orm_kit::pull::Pulled;
#[cfg(feature = "postgres")]
use {
    crate::compiled::definitions,
    crate::foreign_postgres::{renamed_and_back, there_and_back},
    orm_core::migration::run_script,
    orm_core::{Dialect, Executor},
    orm_kit::dump::dump,
    orm_kit::pull::pull,
    std::collections::BTreeMap,
    test_support::{Fresh, FreshPostgres},
};

/// What a push of these tables would do, as a push has been before, or has not.
pub fn pushed(db: &Db, tables: &[TableDef], remembered: &[TableDef]) -> Result<Diff, String> {
    let wanted = normal_form(db, tables).map_err(|error| format!("{error:?}"))?;
    let found = introspect(db).map_err(|error| format!("{error:?}"))?;
    let managed = Managed::new(&found.tables, &wanted, remembered, &Asked::default(), db.dialect());
    let diff = diff(&managed.tables, &wanted, &Hints::default());
    let mut diff = managed.carry(diff.map_err(|error| error.to_string())?);
    let views = managed_views(db, &found.views, tables, remembered);
    diff.views = views.map_err(|error| format!("{error:?}"))?;
    Ok(diff)
}

/// What is wrong with tables that say what was pulled from a database: nothing, or lines.
pub fn differences(db: &Db, pulled: &Pulled, tables: &[TableDef]) -> Vec<String> {
    let mut lines = Vec::new();
    // `generate --check`, on top of a baseline.
    match diff(&pulled.tables, tables, &Hints::default()) {
        Ok(diff) => {
            lines.extend(diff.summary().into_iter().map(|line| format!("generate: {line}")))
        }
        Err(error) => lines.push(format!("generate: {error}")),
    }
    // `push` and `check`.
    for remembered in [&[][..], tables] {
        match pushed(db, tables, remembered) {
            Ok(diff) => {
                lines.extend(diff.summary().into_iter().map(|line| format!("push: {line}")))
            }
            Err(error) => lines.push(format!("push: {error}")),
        }
    }
    lines
}

/// What differs where the dump of a database is run on an empty one: nothing, or statements.
#[cfg(feature = "postgres")]
pub fn elsewhere(db: &Db) -> Vec<String> {
    elsewhere_in(db, &Fresh::postgres().db)
}

/// The same in an empty database that is there.
#[cfg(feature = "postgres")]
pub fn elsewhere_in(db: &Db, empty: &Db) -> Vec<String> {
    let dumped = dump(db).expect("a dump");
    if let Err(error) = run_script(empty, &dumped.text(), true) {
        return vec![format!("{error:?}"), dumped.text()];
    }
    let again = dump(empty).expect("a dump").statements;
    let is_in = |all: &[String], sql: &String| {
        all.contains(sql)
            || all.iter().any(|other| without_text_casts(other) == without_text_casts(sql))
    };
    let lacks = dumped.statements.iter().filter(|sql| !is_in(&again, sql));
    let more = again.iter().filter(|sql| !is_in(&dumped.statements, sql));
    let mut lines: Vec<String> = lacks.map(|sql| format!("- {sql}")).collect();
    lines.extend(more.map(|sql| format!("+ {sql}")));
    lines
}

/// The server prints a cast of an array as a cast of each element once it has read it again: `(ARRAY['a'::varchar])::text[]`
/// becomes `ARRAY['a'::varchar::text]`.
#[cfg(feature = "postgres")]
fn without_text_casts(sql: &str) -> String {
    sql.replace("::text[]", "").replace("::text", "")
}

/// Schemas in a folder that MIZZLE_TEST_SCHEMAS names, without the compiler: for those that can't be in the repository.
#[cfg(feature = "postgres")]
#[test]
fn of_a_folder() {
    let Ok(folder) = std::env::var("MIZZLE_TEST_SCHEMAS") else { return };
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let server = FreshPostgres::new();
        let loaded = std::process::Command::new("psql")
            .args(["-q", "-X", &server.url, "-f"])
            .arg(&path)
            .output()
            .expect("psql");
        let db = Db::connect(&server.url).expect("the database");
        let found = introspect(&db).expect("the schema");
        let pulled = pull(&found, Dialect::Postgres);
        let mut lines = differences(&db, &pulled, &pulled.tables);
        lines.extend(elsewhere(&db));
        for seed in 0..3 {
            lines.extend(there_and_back(&db, seed, &pulled.tables));
            lines.extend(renamed_and_back(&db, seed, &pulled.tables));
        }
        eprintln!(
            "{}: {} tables, {} notes, {} bytes of errors when loading",
            path.display(),
            pulled.tables.len(),
            pulled.warnings.len(),
            loaded.stderr.len()
        );
        wrong.extend(lines.into_iter().map(|line| format!("{}: {line}", path.display())));
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}

#[cfg(feature = "postgres")]
#[test]
fn on_postgres() {
    let mut cases = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, sql) in crate::others::POSTGRES {
        let fresh = Fresh::postgres();
        fresh.db.execute_sql(sql).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let found = introspect(&fresh.db).expect("the schema");
        let pulled = pull(&found, Dialect::Postgres);
        let mut lines = differences(&fresh.db, &pulled, &pulled.tables);
        match *name {
            // What is of another schema isn't in a dump.
            "foreign" => {}
            // What is of another server isn't either, and the views that read it are.
            "foreign_tables" => {
                let needs = dump(&fresh.db).expect("a dump").needs;
                assert_eq!(needs, ["foreign table far", "foreign table far_child"]);
                assert!(!pulled.source.contains("struct Far"), "{}", pulled.source);
            }
            _ => lines.extend(elsewhere(&fresh.db)),
        }
        wrong.extend(lines.into_iter().map(|line| format!("{name}: {line}")));
        cases.insert((*name).to_owned(), (fresh, pulled));
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
    let sources: BTreeMap<String, String> =
        cases.iter().map(|(name, (_, pulled))| (name.clone(), pulled.source.clone())).collect();
    let defined = definitions(&sources);
    for (name, (fresh, pulled)) in &cases {
        let lines = differences(&fresh.db, pulled, &defined[name]);
        wrong.extend(lines.into_iter().map(|line| format!("{name}: {line}")));
    }
    assert_eq!(wrong, [""; 0], "{}", wrong.join("\n"));
}
