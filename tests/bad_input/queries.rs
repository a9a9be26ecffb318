//! Queries and values that are not as they should be: the right answer, or a typed error.

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
struct Sample {
    #[column(primary_key)]
    id: i64,
    name: String,
    marks: Vec<Option<i32>>,
}

/// What a migration would create of it is replaced by other SQL.
#[derive(View, Debug, Clone, PartialEq)]
#[view(sql = "SELECT id, length(name) AS letters FROM samples")]
struct Length {
    id: i64,
    letters: i32,
}

mizzle::schema!(Lab = [Sample, Length]);

fn fill(db: &Db) {
    db.create_all::<Lab>().unwrap();
    let marks = [vec![], vec![None], vec![None, None], vec![Some(1), None]];
    let rows = marks.into_iter().zip(1..);
    let rows = rows.map(|(marks, id)| NewSample { id, name: "x".repeat(id as usize), marks });
    db.insert_all(rows.collect::<Vec<_>>()).unwrap();
}

/// The ids of the rows with this condition.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(
            samples::table.filter($condition).order_by(samples::id).select(samples::id),
        )
        .unwrap()
    };
}

on_each_database! {
    /// One parameter, or a message that says what is too much; never a part of the list.
    fn a_list_of_a_million_values(db: &Db) {
        fill(db);
        let ids: Vec<i64> = (2..1_000_002).collect();
        let (first, last) = (&ids[..1], *ids.last().unwrap());
        db.insert(NewSample { id: last, name: "last".into(), marks: Vec::new() }).unwrap();
        let found = |ids: &[i64]| -> (u64, i64, u64, i64) {
            let query = Sample::query().filter(samples::id.eq_any(ids));
            let others = Sample::query().filter(samples::id.ne_all(ids));
            (
                query.count(db).unwrap(),
                sql!("SELECT count(*) FROM samples WHERE id IN ({..ids})").one(db).unwrap(),
                others.count(db).unwrap(),
                sql!("SELECT count(*) FROM samples WHERE id NOT IN ({..ids})").one(db).unwrap(),
            )
        };
        assert_eq!(found(&ids), (4, 4, 1, 1));
        assert_eq!(found(first), (1, 1, 4, 4));
        let names: Vec<String> = (0..1_000_000).map(|number| format!("name {number}")).collect();
        let named = Sample::query().filter(samples::name.eq_any(&names));
        assert!(!named.exists(db).unwrap());
        assert_eq!(Sample::query().filter(samples::id.eq_any(&ids)).delete(db).unwrap(), 4);
    }

    fn a_fragment_used_twice(db: &Db) {
        fill(db);
        let (least, names) = (2_i64, vec!["xxx".to_owned(), "x".to_owned()]);
        let fragment = sql!("(id >= {least} OR name IN ({..names}))");
        let both: Vec<i64> =
            sql!("SELECT id FROM samples WHERE {&fragment} AND NOT ({&fragment} AND id > {3_i64}) ORDER BY id")
                .all(db)
                .unwrap();
        assert_eq!(both, [1, 2, 3]);
        // In a subquery as well, and then as a condition of two queries.
        let inner: i64 =
            sql!("SELECT count(*) FROM (SELECT id, name FROM samples WHERE {&fragment}) s WHERE {&fragment} AND id < {4_i64}")
                .one(db)
                .unwrap();
        assert_eq!(inner, 3);
        let twice = Sample::query().filter(fragment).or_filter(samples::id.lt(0));
        assert_eq!(twice.clone().filter(fragment).count(db).unwrap(), 4);
        assert_eq!(twice.filter(samples::id.gt(3)).or_filter(fragment).count(db).unwrap(), 4);
    }

    fn a_view_whose_sql_does_not_fit_its_struct(db: &Db) {
        fill(db);
        assert_eq!(Length::query().order_by(lengths::id).first(db).unwrap().unwrap().letters, 1);
        let becomes = |columns: &str| {
            db.execute_sql("DROP VIEW lengths").unwrap();
            db.execute_sql(&format!("CREATE VIEW lengths AS SELECT {columns} FROM samples")).unwrap();
            (Length::query().all(db).map(|_| ()).unwrap_err(), Length::query().count(db))
        };
        // The database doesn't know what the struct says of it: another type, NULL, and a missing column.
        let (error, count) = becomes("id, name AS letters");
        assert_eq!((error.code(), count.unwrap()), (ErrorCode::ValueError, 4), "{error}");
        assert!(error.to_string().contains("letters") && !error.to_string().contains("xx"), "{error}");
        let (error, _) = becomes("id, CAST(NULL AS integer) AS letters");
        assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
        assert!(error.to_string().contains("letters"), "{error}");
        let (error, count) = becomes("id");
        assert_eq!(error.code(), ErrorCode::SchemaError, "{error}");
        assert_eq!(count.unwrap(), 4);
        // More columns, and in another order, are no matter.
        db.execute_sql("DROP VIEW lengths").unwrap();
        db.execute_sql("CREATE VIEW lengths AS SELECT name, 7 AS letters, id FROM samples").unwrap();
        assert!(Length::query().all(db).unwrap().iter().all(|row| row.letters == 7));
    }

    fn an_array_of_nulls(db: &Db) {
        fill(db);
        let stored = Sample::query().order_by(samples::id).all(db).unwrap();
        assert_eq!(stored[2].marks, [None, None]);
        let (none, one) = (vec![None::<i32>], vec![Some(1)]);
        // PostgreSQL's rules: equal arrays have NULLs at the same places, and NULL is no element that others contain.
        assert_eq!(ids!(db, samples::marks.eq(&none)), [2]);
        assert_eq!(ids!(db, samples::marks.contains(&none)), [0_i64; 0]);
        assert_eq!(ids!(db, samples::marks.overlaps(&none)), [0_i64; 0]);
        assert_eq!(ids!(db, samples::marks.contains(&one)), [4]);
        assert_eq!(ids!(db, samples::marks.overlaps(vec![None, Some(1)])), [4]);
        assert_eq!(ids!(db, samples::marks.is_contained_by(&one)), [1]);
        let back: Vec<Vec<Option<i32>>> =
            sql!("SELECT marks FROM samples WHERE marks = {&none}").all(db).unwrap();
        assert_eq!(back, [none]);
        let error = sql!("SELECT marks FROM samples WHERE id = {3_i64}").one::<Vec<i32>>(db).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
        assert!(error.to_string().contains("NULL"), "{error}");
        // Of another row it is one.
        let plain: Vec<i32> = sql!("SELECT marks FROM samples WHERE id = {1_i64}").one(db).unwrap();
        assert_eq!(plain, [0; 0]);
    }

    fn a_statement_that_one_database_lacks_names_it(db: &Db) {
        fill(db);
        let both = samples::table.select(samples::id).except_all(samples::table.select(samples::id));
        let found = db.load::<i64, _>(both);
        match db.dialect() {
            Dialect::Postgres => assert_eq!(found.unwrap(), [0_i64; 0]),
            Dialect::Sqlite | Dialect::D1 => {
                let error = found.unwrap_err();
                assert_eq!(error.code(), ErrorCode::QueryError);
                assert!(error.to_string().contains("SQLite"), "{error}");
            }
        }
    }
}
