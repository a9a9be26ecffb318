//! NULL where the program reads a value: an error that names the column.

use diesel::dsl::{max, sql};
use diesel::sql_types::{BigInt, Text};
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(songs = Song))]
pub struct Singer {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
    pub country: Option<String>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Song {
    #[column(primary_key)]
    pub id: i64,
    pub title: String,
    pub album: Option<String>,
    pub seconds: i32,
    #[column(references(Singer))]
    pub singer_id: i64,
}

/// The tables of another program, whose columns can be NULL.
fn with_nulls(db: &Db) {
    for sql in [
        "CREATE TABLE singers (id bigint PRIMARY KEY, name text, country text)",
        "CREATE TABLE songs (id bigint PRIMARY KEY, title text, album text, seconds integer, singer_id bigint)",
        "INSERT INTO singers VALUES (1, 'Ada', NULL), (2, NULL, NULL)",
        "INSERT INTO songs VALUES (10, 'One', NULL, NULL, 1), (11, 'Two', NULL, 20, 2)",
    ] {
        db.execute_sql(sql).unwrap();
    }
}

fn names<T: std::fmt::Debug>(read: mizzle::Result<T>, column: &str) {
    let error = read.unwrap_err();
    assert_eq!(error.code(), mizzle::ErrorCode::ValueError, "{error:?}");
    let advice = "the value is NULL: read it as an `Option`, or exclude NULLs in the SQL";
    assert_eq!(error.to_string(), format!("{column}: {advice}"));
}

on_each_database! {
    fn of_a_row(db: &Db) {
        with_nulls(db);
        names(db.find::<Song>(10), "songs.seconds");
        names(Song::query().all(db), "songs.seconds");
        names(Song::query().order_by(songs::id).first(db), "songs.seconds");
        names(Song::query().stream(db).and_then(|rows| rows.collect::<mizzle::Result<Vec<_>>>()), "songs.seconds");
        names(Song::query().order_by(songs::id).page(db, 1, 5), "songs.seconds");
        names(db.update_by_key::<Song>(10, SongChanges::default().title("Three")), "songs.seconds");
        names(db.find::<Singer>(2), "singers.name");
    }

    fn of_related_rows(db: &Db) {
        with_nulls(db);
        // By a statement of their own, and by a join.
        names(Singer::query().find(1).with(Singer::songs()).all(db), "songs.seconds");
        let second = || Song::query().filter(songs::id.eq(11)).with(Song::singer());
        names(second().all(db), "singers.name");
        names(second().first(db), "singers.name");
    }

    fn of_a_diesel_query(db: &Db) {
        with_nulls(db);
        names(db.load::<i32, _>(songs::table.select(songs::seconds)), "seconds");
        names(db.first::<(i64, Option<String>, i32), _>(
            songs::table.select((songs::id, songs::album, songs::seconds)).order_by(songs::id)), "seconds");
        names(db.load::<Song, _>(songs::table), "seconds");
        names(db.one::<(i64, Singer), _>(
            songs::table.inner_join(singers::table).filter(songs::id.eq(11)).select((songs::id, singers::all_columns))), "name");
        names(db.load::<(Option<i32>, String), _>(
            songs::table.select((max(songs::seconds), sql::<Text>("max(album) AS newest")))), "newest");
        let rows = db.stream::<i32, _>(songs::table.select(songs::seconds));
        names(rows.and_then(|rows| rows.collect::<mizzle::Result<Vec<_>>>()), "seconds");
    }

    fn nulls_of_options_are_none(db: &Db) {
        with_nulls(db);
        let albums: Vec<Option<String>> = db.load(songs::table.select(songs::album)).unwrap();
        assert_eq!(albums, [None, None]);
        // A left join that finds no row.
        let rows: Vec<(i64, Option<Singer>)> = db.load(
            songs::table.left_join(singers::table.on(singers::id.eq(songs::id)))
                .order_by(songs::id).select((songs::id, singers::all_columns.nullable()))).unwrap();
        assert_eq!(rows, [(10, None), (11, None)]);
        assert_eq!(db.load::<i64, _>(diesel::select(sql::<BigInt>("1"))).unwrap(), [1]);
    }
}
