//! Which tables may stand in one query: any two that differ, whatever schemas they are in.

use diesel::dsl::exists;
use diesel::{BoolExpressionMethods, JoinOnDsl};
use mizzle::prelude::*;
use test_support::on_each_database;

macro_rules! tables {
    ($($table:ident),*) => {$(
        #[derive(Table, Debug, Clone, PartialEq)]
        pub struct $table {
            #[column(primary_key)]
            pub id: i64,
            pub name: String,
        }
    )*};
}

tables!(Apple, Plum, Pear, Fig);

/// Two structs that one macro writes with the same name.
macro_rules! berry {
    ($module:ident) => {
        pub mod $module {
            use mizzle::prelude::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "berries")]
            pub struct Berry {
                #[column(primary_key)]
                pub id: i64,
                pub name: String,
            }
        }
    };
}

berry!(sweet);
berry!(sour);

// A table without a struct.
diesel::table! {
    nuts (id) {
        id -> diesel::sql_types::BigInt,
        apple_id -> diesel::sql_types::BigInt,
    }
}

mizzle::allow_diesel_table!(nuts with apples);

mizzle::schema!(pub Fruits = [Apple, Plum, Pear]);
mizzle::schema!(pub Stones = [Plum, Pear, Apple]);
mizzle::schema!(pub Figs = [Fig, sweet::Berry]);

fn seed(db: &Db) {
    db.create_all::<Fruits>().expect("the fruits");
    db.create_all::<Figs>().expect("a table of another schema, and one that is in none");
    for (id, name) in [(1, "a"), (2, "b")] {
        let name = name.to_owned();
        db.insert(NewApple { id, name: name.clone() }).expect("an apple");
        db.insert(NewPlum { id, name: name.clone() }).expect("a plum");
        db.insert(NewPear { id: id + 1, name: name.clone() }).expect("a pear");
        db.insert(NewFig { id, name: name.clone() }).expect("a fig");
        db.insert(sweet::NewBerry { id, name }).expect("a berry");
    }
}

/// Joins each table with each that stands behind it, both ways, and asks for one in a subquery of the other.
macro_rules! pairs {
    ($db:ident: ) => {};
    ($db:ident: $left:path, $($right:path),* $(,)?) => {
        $(pairs!(@ $db: $left => $right);)*
        pairs!($db: $($right,)*);
    };
    ($db:ident: $left:path,) => {};
    (@ $db:ident: $left:path => $right:path) => {{
        use $left as left;
        use $right as right;
        let ids: Vec<i64> = $db.load(left::table.select(left::id)).expect("the ids");
        let mut expected: Vec<i64> = $db.load(right::table.select(right::id)).expect("the ids");
        expected.retain(|id| ids.contains(id));
        expected.sort();
        let there: Vec<i64> = $db
            .load(
                left::table
                    .inner_join(right::table.on(left::id.eq(right::id)))
                    .select(left::id)
                    .order(right::id),
            )
            .expect("the join");
        let back: Vec<i64> = $db
            .load(
                right::table
                    .left_join(left::table.on(left::id.eq(right::id)))
                    .filter(left::id.is_not_null())
                    .select(right::id)
                    .order(right::id),
            )
            .expect("the join the other way");
        let inside: Vec<i64> = $db
            .load(
                left::table
                    .filter(exists(right::table.filter(right::id.eq(left::id))))
                    .select(left::id)
                    .order(left::id),
            )
            .expect("the subquery");
        assert!(!expected.is_empty());
        assert_eq!([&there, &back, &inside], [&expected; 3]);
    }};
}

on_each_database! {
    fn any_two_join(db: &Db) {
        seed(db);
        pairs!(db: apples, plums, pears, figs, sweet::berries);
    }

    fn all_in_one_query(db: &Db) {
        seed(db);
        let names: Vec<(String, String, String)> = db
            .load(
                apples::table
                    .inner_join(plums::table.on(plums::id.eq(apples::id)))
                    .inner_join(pears::table.on(pears::id.eq(apples::id).and(pears::id.ne(0))))
                    .inner_join(figs::table.on(figs::id.eq(apples::id)))
                    .select((apples::name, pears::name, figs::name)),
            )
            .expect("the row");
        assert_eq!(names, [("b".to_owned(), "a".to_owned(), "b".to_owned())]);
    }

    fn an_alias_beside_other_tables(db: &Db) {
        seed(db);
        let others = diesel::alias!(apples as others);
        let rows: Vec<(i64, i64)> = db
            .load(
                plums::table
                    .inner_join(apples::table.on(apples::id.eq(plums::id)))
                    .inner_join(others.on(others.field(apples::id).ne(apples::id)))
                    .select((apples::id, others.field(apples::id)))
                    .order(apples::id),
            )
            .expect("the rows");
        assert_eq!(rows, [(1, 2), (2, 1)]);
    }

    /// It compiles, and the database says what is wrong: the two are one table there.
    fn structs_with_one_name(db: &Db) {
        seed(db);
        let joined = sweet::berries::table
            .inner_join(sour::berries::table.on(sour::berries::id.eq(sweet::berries::id)))
            .select(sour::berries::id);
        let error = db.load::<i64, _>(joined).expect_err("one table twice");
        assert!(error.to_string().contains("berries"), "{error}");
    }

    fn a_table_of_diesels(db: &Db) {
        seed(db);
        db.execute_sql("CREATE TABLE nuts (id BIGINT PRIMARY KEY, apple_id BIGINT NOT NULL)")
            .expect("the table");
        db.execute(
            diesel::insert_into(nuts::table).values((nuts::id.eq(7), nuts::apple_id.eq(2))),
        )
        .expect("a nut");
        let names: Vec<(i64, String)> = db
            .load(
                nuts::table
                    .inner_join(apples::table.on(apples::id.eq(nuts::apple_id)))
                    .select((nuts::id, apples::name)),
            )
            .expect("the row");
        assert_eq!(names, [(7, "b".to_owned())]);
    }
}
