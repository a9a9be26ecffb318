//! A prepared statement that is found by its type is the statement that was asked for.
//!
//! Debug builds compare the text of each such statement with that of the query, here and in all other tests.

use diesel::QueryResult;
use diesel::dsl::{insert_into, sql};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use mizzle::backend::Any;
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "settings")]
pub struct Setting {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(default = 5)]
    pub n: i32,
    #[column(default = 6)]
    pub m: i32,
    #[column(default = "none")]
    pub label: String,
}

mizzle::schema!(pub Settings = [Setting]);

fn new(n: Option<i32>, m: Option<i32>, label: Option<&str>) -> NewSetting {
    NewSetting { id: None, n, m, label: label.map(Into::into) }
}

/// The values of all rows, in their order.
fn stored(db: &Db) -> Vec<(i32, i32, String)> {
    db.load(settings::table.order(settings::id).select((settings::n, settings::m, settings::label)))
        .expect("the rows")
}

fn expected(rows: &[(i32, i32, &str)]) -> Vec<(i32, i32, String)> {
    rows.iter().map(|(n, m, label)| (*n, *m, (*label).into())).collect()
}

/// Orders by its value, which its type doesn't show, and claims that it does.
#[derive(Debug, Clone, Copy, QueryId)]
struct OrderOf {
    column: &'static str,
    descending: bool,
}

impl diesel::Expression for OrderOf {
    type SqlType = diesel::expression::expression_types::NotSelectable;
}

impl<QS> diesel::AppearsOnTable<QS> for OrderOf {}
impl<QS> diesel::SelectableExpression<QS> for OrderOf {}
impl<G> diesel::expression::ValidGrouping<G> for OrderOf {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

impl QueryFragment<Any> for OrderOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_identifier(self.column)?;
        out.push_sql(if self.descending { " DESC" } else { " ASC" });
        Ok(())
    }
}

/// Selects a number that is a part of its text.
#[derive(Debug, Clone, Copy, QueryId)]
struct Written(i64);

impl diesel::query_builder::Query for Written {
    type SqlType = BigInt;
}

impl QueryFragment<Any> for Written {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("SELECT CAST(");
        out.push_sql(&self.0.to_string());
        out.push_sql(" AS bigint)");
        Ok(())
    }
}

on_each_database! {
    fn arrays_of_rows_that_leave_out_different_columns(db: &Db) {
        db.create_all::<Settings>().expect("the table");
        let rows = [
            new(Some(1), None, None),
            new(None, Some(2), None),
            new(None, None, Some("x")),
            new(None, None, None),
            new(Some(3), Some(4), Some("y")),
        ];
        let wanted = expected(&[(1, 6, "none"), (5, 2, "none"), (5, 6, "x"), (5, 6, "none"), (3, 4, "y")]);
        for row in rows.clone() {
            assert_eq!(db.execute(insert_into(settings::table).values([row])).expect("a row"), 1);
        }
        assert_eq!(stored(db), wanted);
        for row in &rows {
            let stored: Setting =
                db.one(insert_into(settings::table).values(std::slice::from_ref(row))).expect("a row");
            assert!(stored.id > 5);
        }
        assert_eq!(stored(db)[5..], wanted);
        for row in rows.clone() {
            db.execute(insert_into(settings::table).values(Box::new([row]))).expect("a row");
        }
        assert_eq!(stored(db)[10..], wanted);
        db.execute(insert_into(settings::table).values(rows.clone())).expect("the rows");
        assert_eq!(stored(db)[15..], wanted);
        let mut turned = rows;
        turned.reverse();
        db.execute(insert_into(settings::table).values(&turned)).expect("the rows");
        let mut wanted = wanted;
        wanted.reverse();
        assert_eq!(stored(db)[20..], wanted);
    }

    fn arrays_of_tuples(db: &Db) {
        db.create_all::<Settings>().expect("the table");
        let tuples = |n: Option<i32>, m: Option<i32>| {
            [((n.map(|n| settings::n.eq(n)), settings::label.eq("t")), m.map(|m| settings::m.eq(m)))]
        };
        for (n, m) in [(Some(1), None), (None, Some(2)), (None, None), (Some(3), Some(4))] {
            db.execute(insert_into(settings::table).values(tuples(n, m))).expect("a row");
        }
        let wanted = [(1, 6, "t"), (5, 2, "t"), (5, 6, "t"), (3, 4, "t")];
        assert_eq!(stored(db), expected(&wanted));
    }

    fn arrays_of_expressions_whose_text_varies(db: &Db) {
        db.create_all::<Settings>().expect("the table");
        db.insert(new(Some(8), Some(9), None)).expect("a row");
        for wide in [true, false, true] {
            let boxed = if wide {
                settings::table.select(settings::n).filter(settings::id.eq(1)).into_boxed()
            } else {
                settings::table.select(settings::m).filter(settings::n.eq(8)).limit(1).into_boxed()
            };
            let value = boxed.single_value().assume_not_null();
            db.execute(insert_into(settings::table).values([settings::n.eq(value)])).expect("a row");
        }
        for text in ["'a'", "'b'"] {
            db.execute(insert_into(settings::table).values([settings::label.eq(sql::<Text>(text))]))
                .expect("a row");
        }
        let wanted =
            [(8, 9, "none"), (8, 6, "none"), (9, 6, "none"), (8, 6, "none"), (5, 6, "a"), (5, 6, "b")];
        assert_eq!(stored(db), expected(&wanted));
    }

    fn upserts_of_arrays(db: &Db) {
        db.create_all::<Settings>().expect("the table");
        for (n, m) in [(Some(1), None), (None, Some(2)), (Some(3), None), (None, None)] {
            let change = (n.map(|n| settings::n.eq(n)), m.map(|m| settings::m.eq(m)));
            db.execute(
                insert_into(settings::table)
                    .values([(settings::id.eq(1), settings::label.eq("u"))])
                    .on_conflict(settings::id)
                    .do_update()
                    .set(change),
            )
            .expect("a row");
        }
        assert_eq!(stored(db), expected(&[(3, 2, "u")]));
    }

    fn parts_of_the_programs_own(db: &Db) {
        db.create_all::<Settings>().expect("the table");
        for (n, m) in [(1, 3), (2, 2), (3, 1)] {
            db.insert(new(Some(n), Some(m), None)).expect("a row");
        }
        for (column, descending, wanted) in [
            ("n", false, [1, 2, 3]),
            ("n", true, [3, 2, 1]),
            ("m", false, [3, 2, 1]),
            ("m", true, [1, 2, 3]),
            ("n", false, [1, 2, 3]),
        ] {
            let query = settings::table.select(settings::n).order(OrderOf { column, descending });
            assert_eq!(db.load::<i32, _>(query).expect("the rows"), wanted, "{column} {descending}");
        }
        for number in [1, 2, 1, 30] {
            assert_eq!(db.one::<i64, _>(Written(number)).expect("the number"), number);
        }
    }
}
