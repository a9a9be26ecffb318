//! Taking migrations back.

use mizzle::migration::{Direction, MigrationError, MigrationState};
use mizzle::{Dialect, Executor as _};
use test_support::on_each_database;

use crate::folder::{Folder, cause, number, states, tables};

fn three() -> Folder {
    let mut folder = Folder::new();
    for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
        folder = folder.add(
            &format!("{number}_{name}"),
            &format!("CREATE TABLE {name} (id INT)"),
            &format!("DROP TABLE {name}"),
        );
    }
    folder
}

on_each_database! {
    fn the_newest_first(db: &Db) {
        let migrations = three().read();
        db.migrate(&migrations).unwrap();
        let report = db.migrator(&migrations).rollback(2).unwrap();
        let ran: Vec<_> = report.migrations.iter().map(|ran| ran.directory.as_str()).collect();
        assert_eq!(ran, ["3_c", "2_b"]);
        assert_eq!(report.direction, Direction::Down);
        assert!(report.to_string().contains("rolled back 3_c in"), "{report}");
        assert_eq!(tables(db), ["a"]);
        db.migrate(&migrations).unwrap();
        assert_eq!(tables(db), ["a", "b", "c"]);
        let all = db.migrator(&migrations).rollback(99).unwrap();
        assert_eq!(all.migrations.len(), 3);
        assert!(tables(db).is_empty());
        assert!(db.migrator(&migrations).rollback(1).unwrap().migrations.is_empty());
    }

    /// A full text index holds nothing but copies.
    fn a_full_text_index_is_no_loss(db: &Db) {
        use mizzle::schema::{ColumnDef, ColumnType, TableDef, create_table, fragments};
        let plain = TableDef::new("items")
            .column(ColumnDef::new("id", ColumnType::BigInt))
            .column(ColumnDef::new("title", ColumnType::Text))
            .primary_key(&["id"]);
        let indexed = plain.clone().full_text(&["title"], "simple");
        for sql in create_table(&plain, db.dialect()).unwrap() {
            db.execute_sql(&sql).unwrap();
        }
        db.execute_sql("INSERT INTO items VALUES (1, 'plums')").unwrap();
        let created = fragments::create_full_text(&indexed, db.dialect()).into_iter();
        let up: Vec<String> = created.chain(fragments::fill_full_text(&indexed, db.dialect())).collect();
        let (beside, column) = fragments::drop_full_text(&indexed, db.dialect());
        let down: Vec<String> = beside.into_iter().chain(column).collect();
        let folder = Folder::new().add("1_search", &up.join(";\n"), &down.join(";\n"));
        db.migrate(&folder.read()).unwrap();
        db.migrator(&folder.read()).rollback(1).unwrap();
        db.migrate(&folder.read()).unwrap();
    }

    fn to_a_version(db: &Db) {
        let migrations = three().read();
        db.migrate(&migrations).unwrap();
        assert_eq!(db.migrator(&migrations).rollback_to("1").unwrap().migrations.len(), 2);
        assert_eq!(tables(db), ["a"]);
        assert!(db.migrator(&migrations).rollback_to("1_a").unwrap().migrations.is_empty());
        let error = db.migrator(&migrations).rollback_to("2").unwrap_err();
        assert!(matches!(cause(&error), MigrationError::NotApplied(version) if version == "2"), "{error:?}");
    }

    /// Nothing is rolled back where not all can be.
    fn without_a_way_back(db: &Db) {
        let folder = three().add("4_d", "CREATE TABLE d (id INT)", "").add(
            "5_e",
            "CREATE TABLE e (id INT)",
            "DROP TABLE e",
        );
        db.migrate(&folder.read()).unwrap();
        let error = db.migrator(&folder.read()).rollback(2).unwrap_err();
        assert!(matches!(cause(&error), MigrationError::NoDown(name) if name == "4_d"), "{error:?}");
        assert_eq!(tables(db).len(), 5);

        folder.remove("5_e");
        let migrations = folder.read();
        let error = db.migrator(&migrations).rollback(1).unwrap_err();
        assert!(matches!(cause(&error), MigrationError::Missing(version) if version == "5"), "{error:?}");
        assert_eq!(tables(db).len(), 5);
        assert_eq!(states(db, &migrations)[4], ("5_e".to_owned(), MigrationState::Missing));
        // It stands in nobody's way.
        let migrations = folder.add("6_f", "CREATE TABLE f (id INT)", "").read();
        db.migrate(&migrations).unwrap();
        assert_eq!(tables(db).len(), 6);
    }

    /// All that holds something is named with its rows, and nothing is dropped.
    fn loses_no_rows_unasked(db: &Db) {
        let migrations = three()
            .add(
                "4_d",
                "CREATE TABLE d (id INT, kept TEXT, empty TEXT, \"Gone\" TEXT);
                 CREATE TABLE e (id INT); CREATE TABLE f (id INT)",
                "ALTER TABLE d DROP COLUMN empty; ALTER TABLE d DROP COLUMN \"Gone\";
                 ALTER TABLE e RENAME TO g; DROP TABLE g; DROP TABLE f; DROP TABLE IF EXISTS nowhere",
            )
            .add("5_e", "CREATE TABLE h (id INT)", "DROP TABLE h")
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO d VALUES (1, 'x', NULL, 'y'), (2, 'x', NULL, 'y'); INSERT INTO e VALUES (1)")
            .unwrap();
        let error = db.migrator(&migrations).rollback(2).unwrap_err();
        let MigrationError::DataLoss { migration, losses, rolled_back, applied, .. } = cause(&error) else {
            panic!("{error:?}");
        };
        assert_eq!((&**migration, *rolled_back, applied.as_slice()), ("4_d", true, &["5_e".to_owned()][..]));
        let losses: Vec<String> = losses.iter().map(ToString::to_string).collect();
        assert_eq!(losses, ["it drops column \"Gone\" of d, which has a value in 2 rows", "it drops 1 row of g"]);
        let told = error.to_string();
        assert!(
            told.contains("4_d/down.sql is refused") && told.contains("before it 5_e was rolled back"),
            "{told}"
        );
        assert!(error.troubleshooting().iter().any(|hint| hint.contains("allow_data_loss(true)")), "{error:?}");
        assert_eq!(tables(db), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(number(db, "SELECT count(*) FROM d WHERE \"Gone\" = 'y'"), 2);
        assert_eq!(states(db, &migrations)[3], ("4_d".to_owned(), MigrationState::Applied));

        db.migrator(&migrations).allow_data_loss(true).rollback(1).unwrap();
        assert_eq!(tables(db), ["a", "b", "c", "d"]);
    }

    /// All losses of several migrations are known before the first one is rolled back, under the names of that time.
    fn losses_are_known_before(db: &Db) {
        let rebuild = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; CREATE TABLE n (id INT PRIMARY KEY);
                 INSERT INTO n SELECT id FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t; COMMIT; PRAGMA foreign_keys = ON",
            Dialect::Postgres => "SET work_mem = '8MB'; BEGIN; ALTER TABLE t DROP COLUMN note; COMMIT",
        };
        let migrations = Folder::new()
            .add("1_t", "CREATE TABLE t (id INT PRIMARY KEY)", "DROP TABLE t")
            .add_as_it_is("2_note", "ALTER TABLE t ADD COLUMN note TEXT", rebuild)
            .add("3_u", "CREATE TABLE u (t INT REFERENCES t ON DELETE CASCADE, x INT)", "DELETE FROM u WHERE x = 2; DROP TABLE u")
            .add("4_named", "ALTER TABLE u RENAME TO v; CREATE TABLE w (id INT)", "ALTER TABLE v RENAME TO u; DROP TABLE w")
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO t VALUES (1, 'a'), (2, NULL); INSERT INTO v VALUES (1, 1), (1, 2), (2, 1)").unwrap();
        let told = |losses: mizzle::Result<Vec<mizzle::migration::MigrationLosses>>| -> Vec<String> {
            losses.unwrap().iter().flat_map(|one| one.losses.iter().map(|loss| format!("{}: {loss}", one.migration))).collect()
        };
        let note = "2_note: it drops column \"note\" of t, which has a value in 1 row";
        let all = ["3_u: it drops 2 rows of u", note, "1_t: it drops 2 rows of t"];
        assert_eq!(told(db.migrator(&migrations).rollback_losses(99)), all);
        assert_eq!(told(db.migrator(&migrations).rollback_losses_to("1")), all[..2]);
        assert!(told(db.migrator(&migrations).rollback_losses(1)).is_empty());
        assert_eq!(number(db, "SELECT count(*) FROM v JOIN t ON t.id = v.t"), 3);
        assert!(states(db, &migrations).iter().all(|(_, state)| *state == MigrationState::Applied));
        let error = db.migrator(&migrations).rollback_losses_to("7").unwrap_err();
        assert!(matches!(cause(&error), MigrationError::NotApplied(_)), "{error:?}");

        db.migrator(&migrations).rollback(1).unwrap();
        db.migrator(&migrations).allow_data_loss(true).rollback(3).unwrap();
        assert!(tables(db).is_empty());
    }

    /// A file that does something outside a transaction is only read.
    fn losses_outside_a_transaction_are_known_before(db: &Db) {
        let migrations = Folder::new()
            .add("1_t", "CREATE TABLE t (id INT)", "DROP TABLE t")
            .add_as_it_is("2_u", "CREATE TABLE u (id INT); CREATE TABLE v (id INT)", "DROP TABLE v; VACUUM; DROP TABLE u")
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)").unwrap();
        let losses = db.migrator(&migrations).rollback_losses(2).unwrap();
        let told: Vec<_> = losses.iter().map(|one| (&*one.migration, one.losses[0].to_string())).collect();
        assert_eq!(told, [("2_u", "it drops 1 row of u".to_owned())]);
        assert_eq!(tables(db), ["t", "u", "v"]);
    }

    /// Rows that were copied into another table stay: what was not copied goes.
    fn looks_at_what_a_rebuild_copies(db: &Db) {
        let rebuild = |select: &str| {
            format!(
                "ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id INT, name TEXT);
                 INSERT INTO t (id, name) SELECT {select}; DROP TABLE t_old"
            )
        };
        for (select, lost) in [
            ("id, upper(name) FROM t_old", &["it drops column \"note\" of t_old, which has a value in 2 rows"][..]),
            ("id, name || coalesce(\"Note\", '') FROM t_old", &[]),
            ("id, note FROM t_old LIMIT 2", &["it drops column \"name\" of t_old, which has a value in 3 rows", "it drops 1 row of t_old"]),
        ] {
            let select = if db.dialect() == Dialect::Postgres { select.replace("\"Note\"", "note") } else { select.to_owned() };
            let folder = Folder::new().add("1_t", "CREATE TABLE t (id INT, name TEXT, note TEXT)", &rebuild(&select));
            let migrations = folder.read();
            db.migrate(&migrations).unwrap();
            db.execute_sql("INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', NULL)").unwrap();
            match db.migrator(&migrations).rollback(1) {
                Ok(_) => assert!(lost.is_empty(), "{select}"),
                Err(error) => {
                    let MigrationError::DataLoss { losses, .. } = cause(&error) else { panic!("{error:?}") };
                    let losses: Vec<String> = losses.iter().map(ToString::to_string).collect();
                    assert_eq!(losses, lost, "{select}");
                    assert_eq!(number(db, "SELECT count(*) FROM t"), 3);
                    db.migrator(&migrations).allow_data_loss(true).rollback(1).unwrap();
                }
            }
            db.execute_sql("DROP TABLE t").unwrap();
        }
    }

    /// Computed columns and tables of the file's own hold nothing.
    fn asks_for_nothing_that_is_not_lost(db: &Db) {
        let computed = "GENERATED ALWAYS AS (id + 1)";
        let computed = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!("{computed} VIRTUAL"),
            Dialect::Postgres => format!("{computed} STORED"),
        };
        let migrations = Folder::new()
            .add(
                "1_t",
                &format!("CREATE TABLE t (id INT, more INT {computed})"),
                "CREATE TABLE scratch AS SELECT id FROM t; CREATE TEMP TABLE brief AS SELECT id FROM t;
                 ALTER TABLE t DROP COLUMN more; DROP TABLE scratch; DROP TABLE brief",
            )
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO t (id) VALUES (1)").unwrap();
        db.migrator(&migrations).rollback(1).unwrap();
        assert_eq!(number(db, "SELECT count(*) FROM t"), 1);
    }

    /// Outside a transaction nothing could be taken back, so it stops before the statement.
    fn stops_before_the_statement_outside_a_transaction(db: &Db) {
        let migrations = Folder::new()
            .add_as_it_is("1_t", "CREATE TABLE t (id INT); CREATE TABLE u (id INT)", "DROP TABLE u; DROP TABLE t")
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO t VALUES (1)").unwrap();
        let error = db.migrator(&migrations).rollback(1).unwrap_err();
        let MigrationError::DataLoss { rolled_back, .. } = cause(&error) else { panic!("{error:?}") };
        assert!(!rolled_back, "{error}");
        assert_eq!(tables(db), ["t"]);
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_schema_goes_with_its_tables() {
    test_support::with_postgres(|db| {
        let migrations = Folder::new()
            .add(
                "1_t",
                "CREATE SCHEMA \"S x\"; CREATE TABLE \"S x\".\"T\" (id INT)",
                "DROP SCHEMA \"S x\" CASCADE",
            )
            .read();
        db.migrate(&migrations).unwrap();
        db.execute_sql("INSERT INTO \"S x\".\"T\" VALUES (1)").unwrap();
        let error = db.migrator(&migrations).rollback(1).unwrap_err();
        assert!(error.to_string().contains("it drops 1 row of \"S x\".\"T\""), "{error}");
        db.migrator(&migrations).allow_data_loss(true).rollback(1).unwrap();
    });
}
