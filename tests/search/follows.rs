//! The index has what the table has, whoever writes the table.

use mizzle::prelude::*;

use super::{Article, article, articles, found, library};

/// Runs a statement of SQL.
fn run(on: &impl Executor, sql: &str) -> mizzle::Result<u64> {
    on.execute(diesel::sql_query(sql))
}

#[mizzle::test]
fn counts_and_keys_are_those_of_the_table(db: &Db) {
    library(db);
    let row = db.insert(article("new", "Kiwi", None)).unwrap();
    assert_eq!(row.id, 4);
    assert_eq!(
        db.execute(diesel::update(articles::table).set(articles::body.eq("kiwi"))).unwrap(),
        4
    );
    assert_eq!(found(db, "kiwi").len(), 4);
    assert_eq!(db.execute(diesel::delete(articles::table.filter(articles::id.gt(1)))).unwrap(), 3);
    assert_eq!(found(db, "kiwi"), ["rust"]);
}

#[mizzle::test]
fn a_savepoint_that_is_rolled_back_takes_its_words(db: &Db) {
    library(db);
    db.transaction(|tx| {
        let inner = tx.transaction(|inner| {
            inner.insert(article("kiwi", "Kiwi", None))?;
            Article::query().filter(articles::slug.eq("java")).delete(inner)?;
            assert_eq!(found(inner, "kiwi"), ["kiwi"]);
            Err::<(), _>(mizzle::Error::application("no"))
        });
        assert!(inner.is_err());
        assert_eq!(found(tx, "kiwi"), [""; 0]);
        assert_eq!(found(tx, "older"), ["java"]);
        Ok(())
    })
    .unwrap();
    // A statement that fails in the middle leaves nothing.
    assert!(db.insert_all([article("fig", "Fig", None), article("rust", "Fig", None)]).is_err());
    assert_eq!(found(db, "fig"), [""; 0]);
}

#[mizzle::test]
fn other_triggers_write_the_table_too(db: &Db) {
    library(db);
    let sql = match db.dialect() {
        mizzle::Dialect::Sqlite | mizzle::Dialect::D1 => {
            "CREATE TRIGGER again AFTER INSERT ON articles WHEN new.slug NOT LIKE '%-copy' BEGIN \
                 INSERT INTO articles (slug, title, body) VALUES (new.slug || '-copy', new.title, new.body); \
                 UPDATE articles SET body = 'fig' WHERE slug = new.slug; END"
        }
        mizzle::Dialect::Postgres => {
            run(db, "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF new.slug NOT LIKE '%-copy' THEN \
                 INSERT INTO articles (slug, title, body) VALUES (new.slug || '-copy', new.title, new.body); \
                 UPDATE articles SET body = 'fig' WHERE slug = new.slug; END IF; RETURN NULL; END $$").unwrap();
            "CREATE TRIGGER again AFTER INSERT ON articles FOR EACH ROW EXECUTE FUNCTION again()"
        }
    };
    run(db, sql).unwrap();
    db.insert(article("kiwi", "Kiwi", Some("lime"))).unwrap();
    assert_eq!(found(db, "kiwi").len(), 2);
    assert_eq!(found(db, "lime"), ["kiwi-copy"]);
    assert_eq!(found(db, "fig"), ["kiwi"]);
}

/// SQLite's ways around triggers.
#[cfg(feature = "sqlite")]
mod on_sqlite_alone {
    use super::*;

    /// Fails unless the index has the same rows and words as a new one.
    fn assert_whole(db: &Db) {
        for command in ["integrity-check", "rebuild", "integrity-check"] {
            run(db, &format!("INSERT INTO articles_fts (articles_fts) VALUES ('{command}')"))
                .unwrap();
        }
        let differs: i64 = sql!(
            "SELECT count(*) FROM articles_fts f JOIN articles a ON a.id = f.rowid WHERE a.title IS NOT f.title OR a.body IS NOT f.body"
        )
        .one(db)
        .unwrap();
        assert_eq!(differs, 0);
    }

    #[test]
    fn a_replaced_row_is_replaced_in_the_index() {
        for recursive in ["OFF", "ON"] {
            test_support::with_sqlite(|db| {
                library(db);
                db.transaction(|tx| {
                    run(tx, &format!("PRAGMA recursive_triggers = {recursive}"))?;
                    // By the key, and by another unique column.
                    run(tx, "INSERT OR REPLACE INTO articles (id, slug, title) VALUES (1, 'rust', 'Kiwi')")?;
                    run(tx, "REPLACE INTO articles (slug, title) VALUES ('java', 'Fig')")?;
                    run(tx, "UPDATE OR REPLACE articles SET id = 3 WHERE slug = 'rust'")?;
                    run(tx, "INSERT OR IGNORE INTO articles (id, slug, title) VALUES (2, 'plum', 'Plum')")
                })
                .unwrap();
                assert_eq!(found(db, "kiwi"), ["rust"]);
                assert_eq!(found(db, "fig"), ["java"]);
                assert_eq!(found(db, "plum"), ["plum"]);
                for gone in ["orm", "older", "nothing"] {
                    assert_eq!(found(db, gone), [""; 0]);
                }
                assert_whole(db);
            });
        }
    }

    #[test]
    fn vacuum_changes_nothing() {
        test_support::with_sqlite(|db| {
            library(db);
            Article::query().filter(articles::slug.eq("rust")).delete(db).unwrap();
            run(db, "VACUUM").unwrap();
            assert_eq!(found(db, "older"), ["java"]);
            assert_whole(db);
        });
    }
}
