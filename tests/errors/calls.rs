//! No call shows a bound value or a row when it fails.

use diesel::sql_types::Text;
use mizzle::migration::Migrations;
use mizzle::prelude::*;
use test_support::on_each_database;
use test_support::ticks::in_time;

use crate::log::{self, Log};
use crate::secrets::{
    MARKER, NUMBER, NewVault, Vault, VaultChanges, Vaults, assert_hidden, fails, shown, vault,
    vaults,
};

on_each_database! {
    fn of_many_rows(db: &Db) {
        db.create_all::<Vaults>().unwrap();
        let row = db.insert(vault("a")).unwrap();
        let other = db.insert(vault("bb")).unwrap();
        let taken = || NewVault { number: row.number, ..vault("ccc") };
        fails(|| db.insert_all_or_ignore([NewVault { name: MARKER.repeat(10), ..vault("ccc") }]));
        fails(|| db.upsert_all([vault("a"), taken()]));
        fails(|| db.upsert_all_on(vaults::number, [NewVault { number: 1, ..vault("a") }]));
        let clash = || [row.clone(), Vault { number: row.number, ..other.clone() }];
        fails(|| db.update_all(clash()));
        fails(|| db.update_all_returning(clash()));
        fails(|| db.update_all([Vault { id: format!("{MARKER}-none"), ..row.clone() }]));
        let changes = || VaultChanges::default().number(row.number);
        fails(|| Vault::query().filter(vaults::id.ne(MARKER)).update(db, changes()));
        fails(|| Vault::query().filter(vaults::id.ne(MARKER)).update_returning(db, changes()));
        let child = NewVault { parent_id: Some(row.id.clone()), ..vault("ccc") };
        db.insert(child).unwrap();
        fails(|| Vault::query().filter(vaults::id.eq(&row.id)).delete(db));
        fails(|| Vault::query().filter(vaults::id.eq(&row.id)).delete_returning(db));
    }

    fn of_sql_by_hand(db: &Db) {
        db.create_all::<Vaults>().unwrap();
        let row = db.insert(vault("a")).unwrap();
        let id = format!("{MARKER}-none");
        let numbers = [NUMBER, NUMBER + 1];
        fails(|| sql!("INSERT INTO vaults (id, name, number, amount, bytes) VALUES \
            ({id}, {row.name}, {row.number}, 1, {row.bytes})").execute(db));
        fails(|| sql!("SELECT count(*) FROM nowhere WHERE name = {MARKER}").one::<i64>(db));
        fails(|| sql!("SELECT id FROM vaults WHERE nothing IN ({..numbers})").all::<String>(db));
        // Rows of another shape, no row, and too many.
        fails(|| sql!("SELECT {MARKER}").all::<i64>(db));
        fails(|| sql!("SELECT {MARKER}, {NUMBER}").first::<(i64, String)>(db));
        fails(|| sql!("SELECT id FROM vaults WHERE id = {id}").one::<String>(db));
        fails(|| sql!("SELECT name FROM vaults UNION ALL SELECT {MARKER}").one::<String>(db));
    }

    fn in_failures_of_migrations(db: &Db) {
        fail_by_migrations(db);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn of_copy() {
    test_support::with_postgres(fail_by_copy);
}

/// Fails in COPY, by values that must not show.
#[cfg(feature = "postgres")]
pub(crate) fn fail_by_copy(db: &Db) {
    {
        db.execute_sql("CREATE TABLE numbers (n bigint); INSERT INTO numbers VALUES (77123457)")
            .unwrap();
        fails(|| db.execute_sql("COPY numbers FROM STDIN"));
        fails(|| db.execute_sql("COPY (SELECT n / 0 FROM numbers) TO STDOUT"));
        fails(|| {
            db.execute_sql("COPY (SELECT lpad(n::text, 9, 'x')::int2 FROM numbers) TO STDOUT")
        });
        fails(|| db.execute_sql("COPY numbers FROM PROGRAM 'printf m4rk'\"'\"'3r'"));
    }
}

#[test]
fn that_reach_no_end_in_time() {
    test_support::each_url!(|url| {
        let limit = std::time::Duration::from_millis(50);
        let db = in_time(|| Db::builder(url).statement_timeout(Some(limit)).connect());
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) \
                SELECT count(*) FROM n WHERE CAST(i AS TEXT) = ";
        let query = || {
            diesel::sql_query(
                endless.to_owned()
                    + match db.dialect() {
                        mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => "?",
                        _ => "$1",
                    },
            )
        };
        let mut is_timeout = false;
        fails(|| {
            let result = db.execute(query().bind::<Text, _>(MARKER));
            result.inspect_err(|error| is_timeout = error.is_timeout())
        });
        assert!(is_timeout);
    });
}

/// Fails in migrations, by rows that must not show.
pub(crate) fn fail_by_migrations(db: &Db) {
    db.execute_sql(
        "CREATE TABLE notes (name text, n bigint); \
            INSERT INTO notes VALUES ('m4rk3r', 77123457), ('m4rk3r', 77123457)",
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (number, sql) in [
            "CREATE UNIQUE INDEX one ON notes (name)",
            "CREATE UNIQUE INDEX both ON notes (name, n)",
            "CREATE TABLE strict (name text CHECK (length(name) < 3), n bigint UNIQUE); \
                INSERT INTO strict SELECT name, n FROM notes",
            "CREATE TABLE other (n bigint UNIQUE); INSERT INTO other SELECT n FROM notes",
            "CREATE TABLE parents (name text PRIMARY KEY); \
                CREATE TABLE children (name text REFERENCES parents); \
                INSERT INTO children SELECT name FROM notes",
            "CREATE TABLE texts (n text NOT NULL); INSERT INTO texts SELECT nullif(name, 'm4rk3r') FROM notes",
        ]
        .into_iter()
        .enumerate()
        {
            let place = folder.path().join(format!("{number}"));
            let migration = place.join(db.dialect().name()).join("20260101000000_fails");
            std::fs::create_dir_all(&migration).unwrap();
            std::fs::write(migration.join("up.sql"), sql).unwrap();
            let migrations = Migrations::from_path(&place).unwrap();
            let (result, events) = Log::of(|| db.migrate(&migrations));
            let error = result.expect_err(sql);
            // The migration's own text may show, the rows may not.
            let text = format!("{} {}", shown(&error), log::text(&events)).replace(sql, "");
            assert_hidden(&text.replace("nullif(name, 'm4rk3r')", ""));
        }
}
