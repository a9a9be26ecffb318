//! Databases without replicas.

use mizzle::{Bookmark, ErrorCode, Read};

use super::*;

test_support::on_each_database! {
    fn a_session_is_the_database(db: &Db) {
        db.create_all::<Notes>().unwrap();
        let session = db.session(Read::Any);
        session.insert(Note { id: 1, value: 1 }).unwrap();
        session.transaction(|tx| tx.update(&Note { id: 1, value: 2 })).unwrap();
        let bookmark: Bookmark = session.bookmark().unwrap().to_string().parse().unwrap();
        for read in [Read::Primary, Read::Any, Read::After(bookmark)] {
            let session = db.session(read);
            assert_eq!(session.get::<Note>(1).unwrap().value, 2);
            assert_eq!(session.stream::<Note, _>(notes::table).unwrap().count(), 1);
        }
        assert!(db.servers().is_empty());
        let stored = serde_json::to_string(&bookmark).unwrap();
        assert_eq!(serde_json::from_str::<Bookmark>(&stored).unwrap(), bookmark);
        serde_json::from_str::<Bookmark>("\"garbage\"").unwrap_err();
        let error = "garbage".parse::<Bookmark>().unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError);
    }

    fn a_session_is_refused_inside_a_transaction_of_its_database(db: &Db) {
        let session = db.session(Read::Any);
        let error = db.transaction(|_| session.load::<i64, _>(diesel::select(1.into_sql::<diesel::sql_types::BigInt>())).map(drop));
        assert_eq!(error.unwrap_err().code(), ErrorCode::TransactionError);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn an_sqlite_file_has_no_replicas() {
    let error = Db::builder("sqlite::memory:").replica("sqlite::memory:").connect().unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigError);
    assert!(error.to_string().contains("no replicas"), "{error}");
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[test]
fn a_bookmark_of_another_kind_of_database_reads_everything() {
    let sqlite = test_support::Fresh::sqlite();
    let postgres = test_support::Fresh::postgres();
    for (from, to) in [(&sqlite.db, &postgres.db), (&postgres.db, &sqlite.db)] {
        let bookmark = from.session(Read::Any).bookmark().unwrap();
        to.create_all::<Notes>().unwrap();
        assert_eq!(to.session(Read::After(bookmark)).count(notes::table).unwrap(), 0);
    }
}
