//! Columns whose types are aliases: they do what the type behind the alias does.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Nullable, Text};
use mizzle::prelude::*;
use test_support::on_each_database;

type Id = i64;
type Cents = i64;
type Name = String;
type Price = Decimal;
type Tags = Json<Vec<String>>;
type When = DateTime<Utc>;

#[derive(Enum, Debug, Clone, Copy, PartialEq)]
pub enum Status {
    Open,
    Paid,
}

type State = Status;

#[derive(Newtype, Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code(pub Name);

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "aliased")]
pub struct Order {
    #[column(primary_key, auto)]
    pub id: Id,
    #[column(references(Self))]
    pub replaces: Option<Id>,
    pub total: Cents,
    pub tip: Option<Cents>,
    pub name: Name,
    pub price: Price,
    pub tags: Tags,
    pub at: Option<When>,
    #[column(default = State::Open)]
    pub state: State,
    pub code: Code,
}

mizzle::schema!(pub Orders = [Order]);

fn order(total: Cents, price: &str) -> NewOrder {
    NewOrder::builder()
        .total(total)
        .name("Ada")
        .price(price.parse::<Decimal>().expect("a decimal"))
        .tags(Json(vec!["new".to_owned()]))
        .code(Name::from("c"))
        .build()
}

on_each_database! {
    fn an_alias_is_the_type_behind_it(db: &Db) {
        db.create_all::<Orders>().unwrap();
        let first = db.insert(order(500, "10.00")).unwrap();
        let second = db.insert(NewOrder { replaces: Some(first.id), ..order(700, "9") }).unwrap();
        assert_eq!(db.find::<Order>(first.id).unwrap(), Some(first.clone()));
        assert_eq!(first.state, Status::Open);

        // A decimal is no text on SQLite.
        let by_price = Order::query().order_by(aliased::price).all(db).unwrap();
        assert_eq!(by_price, [second.clone(), first]);
        let more: Vec<i64> =
            db.load(aliased::table.select(aliased::total + 1).order_by(aliased::id)).unwrap();
        assert_eq!(more, [501, 701]);
        let tips: Vec<Option<i64>> = db.load(aliased::table.select(aliased::tip + 1)).unwrap();
        assert_eq!(tips, [None, None]);

        let found = Order::query()
            .filter(aliased::total.gt(600).and(aliased::state.eq(Status::Open)))
            .filter(aliased::name.ilike("a%"))
            .filter(sql::<BigInt>("total").eq(aliased::total))
            .filter(sql::<Text>("name").eq(aliased::name))
            .filter(sql::<Nullable<Status>>("state").eq(aliased::state.nullable()))
            .filter(aliased::code.eq(Code("c".to_owned())))
            .all(db)
            .unwrap();
        assert_eq!(found, std::slice::from_ref(&second));

        let loaded = Order::query().with(Order::replaces()).order_by(aliased::id).all(db).unwrap();
        let replaced: Vec<Option<Id>> =
            loaded.iter().map(|order| order.replaces.as_ref().map(|order| order.id)).collect();
        assert_eq!(replaced, [None, Some(1)]);
        let change = OrderChanges::default().tip(20).state(Status::Paid);
        let paid = db.update_by_key::<Order>(second.id, change).unwrap();
        assert_eq!((paid.tip, paid.state), (Some(20), Status::Paid));
    }
}
