//! Taking migrations back.

use mizzle::migration::{Direction, MigrationError, MigrationState};

use crate::folder::{Folder, cause, states, tables};
use crate::on_each_database;

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
}
