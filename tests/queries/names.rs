//! Names that need quotes, and columns that the database computes.

use mizzle::prelude::*;
use test_support::on_each_database;

/// A key word for a table, and columns that are no identifiers.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "order",
    unique(from, group_by),
    index(r#type.desc()),
    check(select_is_positive = "\"select\" > 0")
)]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: i64,
    pub r#type: String,
    #[column(name = "select")]
    pub from: i32,
    #[column(name = "Group By")]
    pub group_by: i32,
    #[column(name = "with \"quotes\" and 'more'", default = 3)]
    pub quoted: i32,
    #[column(name = "größe")]
    pub size: Option<i32>,
}

/// A name that is no identifier.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "Order-Lines", module = order_lines)]
pub struct OrderLine {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(name = "order", references(Order, on_delete = cascade))]
    pub order_id: i64,
    pub width: i32,
    pub height: i32,
    #[column(generated = "width * height")]
    pub area: i32,
    #[column(generated = "'#' || width")]
    pub label: Option<String>,
}

mizzle::schema!(pub Shop = [Order, OrderLine]);

fn new(kind: &str, from: i32) -> NewOrder {
    NewOrder::builder().r#type(kind).from(from).group_by(1).build()
}

fn stored(id: i64, kind: &str, from: i32) -> Order {
    Order { id, r#type: kind.into(), from, group_by: 1, quoted: 3, size: None }
}

on_each_database! {
    fn quoted(db: &Db) {
        db.create_all::<Shop>().expect("the tables");
        assert_eq!(db.insert(new("a", 1)).expect("a row"), stored(1, "a", 1));
        let back = db.insert_all_returning(vec![new("b", 2), new("c", 3)]).expect("the rows");
        assert_eq!(back, [stored(2, "b", 2), stored(3, "c", 3)]);
        let found = Order::query()
            .filter(order::from.gt(1).and(order::quoted.eq(3)).and(order::size.is_null()))
            .order_by((order::r#type.desc(), order::group_by))
            .all(db)
            .expect("the rows");
        assert_eq!(found, [stored(3, "c", 3), stored(2, "b", 2)]);
        let changes = OrderChanges::default().size(7).quoted(8).r#type("z");
        let changed = db.update_by_key::<Order>(1, changes).expect("the change");
        assert_eq!(changed, Order { size: Some(7), quoted: 8, ..stored(1, "z", 1) });
        let upserted = db.upsert_on((order::from, order::group_by), new("y", 1)).expect("a row");
        // `size` is NULL in the new row.
        assert_eq!(upserted, Order { quoted: 8, ..stored(1, "y", 1) });
        db.update(&Order { from: 5, ..upserted }).expect("the update");
        let pairs: Vec<(i32, Option<i32>)> = db
            .load(
                diesel::update(order::table.filter(order::from.ge(3)))
                    .set(order::size.eq(order::from.nullable() + 1))
                    .returning((order::from, order::size)),
            )
            .expect("the rows");
        assert_eq!(pairs.len(), 2);
        assert!(pairs.iter().all(|(from, size)| *size == Some(from + 1)));
        let error = db.insert(new("a", 0)).expect_err("the check");
        let constraint = error.constraint().expect("a constraint");
        assert_eq!(constraint.name.as_deref(), Some("select_is_positive"));
        assert_eq!(Order::query().count(db).expect("the count"), 3);
    }

    fn generated(db: &Db) {
        db.create_all::<Shop>().expect("the tables");
        db.insert(new("a", 1)).expect("a row");
        let line = db
            .insert(NewOrderLine::builder().order_id(1).width(2).height(3).build())
            .expect("a row");
        let expected = OrderLine {
            id: 1,
            order_id: 1,
            width: 2,
            height: 3,
            area: 6,
            label: Some("#2".into()),
        };
        assert_eq!(line, expected);
        // What the program holds of a generated column is never written.
        let line = OrderLine { height: 5, area: 0, label: None, ..line };
        db.update(&line).expect("the update");
        let expected = OrderLine { height: 5, area: 10, ..expected };
        assert_eq!(db.get::<OrderLine>(1).expect("the row"), expected);
        assert_eq!(db.update_returning(&line).expect("the update"), expected);
        let changed =
            db.update_by_key::<OrderLine>(1, OrderLineChanges::default().width(10)).expect("the change");
        assert_eq!((changed.area, changed.label.as_deref()), (50, Some("#10")));
        let copy = db.insert(OrderLine { id: 9, ..changed.clone() }).expect("a row");
        assert_eq!(copy, OrderLine { id: 9, ..changed.clone() });
        let upserted = db.upsert(OrderLine { width: 1, ..copy }).expect("the upsert");
        assert_eq!((upserted.id, upserted.area), (9, 5));
        let large: Vec<i64> = db
            .load(order_lines::table.filter(order_lines::area.gt(9)).select(order_lines::id))
            .expect("the ids");
        assert_eq!(large, [1]);
    }

    fn joined(db: &Db) {
        db.create_all::<Shop>().expect("the tables");
        db.insert(new("a", 1)).expect("a row");
        db.insert(NewOrderLine::builder().order_id(1).width(2).height(3).build()).expect("a row");
        let rows: Vec<(String, i32)> = db
            .load(
                order::table
                    .inner_join(order_lines::table)
                    .select((order::r#type, order_lines::area)),
            )
            .expect("the rows");
        assert_eq!(rows, [("a".into(), 6)]);
        assert!(db.delete_by_key::<Order>(1).expect("the delete"));
        assert_eq!(OrderLine::query().count(db).expect("the count"), 0);
    }
}
