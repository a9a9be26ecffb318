//! Texts between double quotes, which the SQL of other programs' SQLite databases has.

use diesel::sql_types::{BigInt, Text};
use mizzle::ErrorCode;
use mizzle::prelude::*;

use test_support::with_sqlite;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "items")]
pub struct Item {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(default = "new")]
    pub state: String,
}

mizzle::schema!(pub Items = [Item]);

/// The same table, with a column that the database doesn't have.
mod misspelt {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone, PartialEq)]
    #[table(name = "items")]
    pub struct Item {
        #[column(primary_key, auto)]
        pub id: i64,
        pub nmae: String,
    }
}

const OTHERS: &str = r#"
    CREATE TABLE log (text TEXT DEFAULT "nothing", CHECK (text <> "never"));
    CREATE TRIGGER logged AFTER INSERT ON items WHEN new.name <> "silent"
    BEGIN
        INSERT INTO log VALUES ("inserted " || new.name);
        UPDATE items SET state = "seen" WHERE id = new.id;
    END;
    CREATE TRIGGER kept BEFORE DELETE ON items WHEN old.name = "kept"
    BEGIN SELECT RAISE(ABORT, "it is kept"); END;
    CREATE VIEW seen AS SELECT id, name || " was seen" AS words FROM items WHERE state = "seen";
    CREATE INDEX log_inserted ON log (text) WHERE text > "inserted";
"#;

#[derive(diesel::QueryableByName, Debug, PartialEq)]
struct Seen {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    words: String,
}

#[test]
fn triggers_views_and_checks_keep_their_texts() {
    with_sqlite(|db| {
        db.create_all::<Items>().expect("the table");
        db.execute_sql(OTHERS).expect("the schema");
        for _ in 0..2 {
            let new = |name: &str| NewItem::builder().name(name).build();
            db.insert(new("a")).expect("a row");
            db.insert_all([new("silent"), new("b")]).expect("rows");
            db.execute_sql(
                r#"INSERT INTO "items" ("name") VALUES ('c'); -- "d"
                ; SELECT 1"#,
            )
            .expect("text");
        }
        let seen: Vec<Seen> = db
            .load(diesel::sql_query(r#"SELECT "id", "words" FROM "seen" ORDER BY "id""#))
            .expect("the view");
        assert_eq!(seen.len(), 6);
        assert_eq!(seen[0], Seen { id: 1, words: "a was seen".into() });
        let logged: i64 = db
            .one(diesel::dsl::sql::<BigInt>(
                r#"SELECT count(*) FROM "log" WHERE "text" LIKE 'inserted %'"#,
            ))
            .expect("the count");
        assert_eq!(logged, 6);
        let kept = db.insert(NewItem::builder().name("kept").build()).expect("a row");
        let error = db.delete(&kept).expect_err("it is kept");
        assert!(error.to_string().contains("it is kept"), "{error}");
    });
}

#[test]
fn a_misspelt_column_is_no_text() {
    with_sqlite(|db| {
        db.create_all::<Items>().expect("the table");
        db.execute_sql(OTHERS).expect("the schema");
        db.insert(NewItem::builder().name("a").build()).expect("a row");
        for error in [
            db.find::<misspelt::Item>(1).expect_err("no such column"),
            misspelt::Item::query().all(db).expect_err("no such column"),
            db.load::<misspelt::Item, _>(misspelt::items::table).expect_err("no such column"),
            db.execute(diesel::sql_query(r#"UPDATE "items" SET "name" = "nmae""#))
                .expect_err("no such column"),
            db.execute_sql(r#"SELECT 1; /* "x" */ UPDATE items SET name = "nmae""#)
                .expect_err("no such column"),
            db.execute(diesel::sql_query(r#"SELECT "nmae" FROM seen"#))
                .expect_err("no such column"),
        ] {
            assert_eq!(error.code(), ErrorCode::SchemaError, "{error:?}");
            assert!(error.to_string().contains("nmae"), "{error}");
        }
        assert_eq!(db.get::<Item>(1).expect("the row").name, "a");
    });
}

/// The names of a result's columns are those of the statement.
#[test]
fn odd_names() {
    with_sqlite(|db| {
        db.execute_sql(
            r#"CREATE TABLE "a `b` ""c""" ("select" TEXT, "x""y" TEXT, [z`z] TEXT);
               INSERT INTO "a `b` ""c""" ("select", "x""y", "z`z") VALUES ('1', '2', '3');"#,
        )
        .expect("the table");
        #[derive(diesel::QueryableByName)]
        struct Odd {
            #[diesel(sql_type = Text)]
            select: String,
            #[diesel(sql_type = Text, column_name = "x\"y")]
            quoted: String,
            #[diesel(sql_type = Text, column_name = "z`z")]
            ticked: String,
        }
        let rows: Vec<Odd> = db
            .load(diesel::sql_query(r#"SELECT "select", "x""y", "z`z" FROM "a `b` ""c""""#))
            .expect("the row");
        assert_eq!([&rows[0].select, &rows[0].quoted, &rows[0].ticked], ["1", "2", "3"]);
    });
}
