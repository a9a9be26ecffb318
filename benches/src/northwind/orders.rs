//! Orders with sums over their details, and with the details themselves.

/// The columns of an order in a list: those of the statements here, in their order.
#[derive(Debug)]
#[allow(dead_code, reason = "read, but not shown")]
#[cfg_attr(
    feature = "native",
    derive(::diesel::Queryable, ::drizzle::sqlite::prelude::SQLiteFromRow)
)]
#[cfg_attr(feature = "sqlx", derive(::sqlx::FromRow, ::sea_orm::FromQueryResult))]
pub struct Summary {
    pub id: i64,
    pub shipped_date: Option<chrono::NaiveDate>,
    pub ship_name: String,
    pub ship_city: String,
    pub ship_country: String,
    pub products: i64,
    pub quantity: Option<i64>,
    pub total: Option<f64>,
}

impl Summary {
    fn checksum(&self) -> u64 {
        (self.id + self.products + self.quantity.unwrap_or(0)) as u64
    }
}

/// The statement of those who write SQL, without its last clauses.
#[cfg(feature = "native")]
const SELECT: &str = "SELECT orders.id, shipped_date, ship_name, ship_city, ship_country,
    count(product_id) AS products, sum(quantity) AS quantity, sum(quantity * unit_price) AS total
    FROM orders LEFT JOIN details ON details.order_id = orders.id";

/// A page of 50 orders with counts and sums over their details.
pub mod orders_with_details {
    use crate::data::ORDERS;

    /// The rows before the page of repetition `time`.
    fn offset(time: u64) -> i64 {
        time as i64 % 100 * 50 % ORDERS
    }

    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;

        use super::super::raw::{from_postgres, from_sqlite};
        use super::super::{SELECT, Summary};
        use super::offset;
        use crate::peer::raw::{Postgres, Sqlite};

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let sql =
                format!("{SELECT} GROUP BY orders.id ORDER BY orders.id LIMIT 50 OFFSET $1 + 0");
            let mut sum = 0;
            for time in 0..times {
                let page = on.query(&sql, [offset(time)], from_sqlite)?;
                sum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let sql = format!("{SELECT} GROUP BY orders.id ORDER BY orders.id LIMIT 50 OFFSET $1");
            let mut sum = 0;
            for time in 0..times {
                let page = on.query(&sql, &[&offset(time)], from_postgres)?;
                sum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel {
        use diesel::dsl::{count, sql, sum};
        use diesel::prelude::*;
        use diesel::sql_types::{Double, Nullable};

        use super::super::Summary;
        use super::offset;
        use crate::peer::diesel_orm::{details, orders};

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut checksum = 0;
                for time in 0..times {
                    let page: Vec<Summary> = orders::table
                        .left_join(details::table)
                        .group_by(orders::id)
                        .order_by(orders::id)
                        .limit(50)
                        .offset(offset(time))
                        .select((
                            orders::id,
                            orders::shipped_date,
                            orders::ship_name,
                            orders::ship_city,
                            orders::ship_country,
                            count(details::product_id.nullable()),
                            sum(details::quantity.nullable()),
                            sql::<Nullable<Double>>("sum(quantity * unit_price)"),
                        ))
                        .load(on)?;
                    checksum += page.iter().map(Summary::checksum).sum::<u64>();
                }
                Ok(checksum)
            }
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use diesel::dsl::{count, sql, sum};
        use diesel::sql_types::{Double, Nullable};
        use mizzle::prelude::*;

        use super::super::Summary;
        use super::offset;
        use crate::peer::mizzle_orm::{details, orders};

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut checksum = 0;
            for time in 0..times {
                let page: Vec<Summary> = db.load(
                    orders::table
                        .left_join(details::table)
                        .group_by(orders::id)
                        .order_by(orders::id)
                        .limit(50)
                        .offset(offset(time))
                        .select((
                            orders::id,
                            orders::shipped_date,
                            orders::ship_name,
                            orders::ship_city,
                            orders::ship_country,
                            count(details::product_id.nullable()),
                            sum(details::quantity.nullable()),
                            sql::<Nullable<Double>>("sum(quantity * unit_price)"),
                        )),
                )?;
                checksum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(checksum)
        }
    }

    #[cfg(feature = "native")]
    pub mod drizzle {
        use anyhow::Result;
        use drizzle::core::expr::{alias, count, sum};
        use drizzle::core::{Placeholder, asc};
        use drizzle::sqlite::types::Integer;

        use super::super::Summary;
        use super::offset;
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let (orders, details) = (on.tables.orders, on.tables.details);
            let before = Placeholder::typed::<Integer>("before");
            let select = on
                .db
                .select((
                    orders.id,
                    orders.shipped_date,
                    orders.ship_name,
                    orders.ship_city,
                    orders.ship_country,
                    alias(count(details.product_id), "products"),
                    alias(sum(details.quantity), "quantity"),
                    alias(sum(details.quantity * details.unit_price), "total"),
                ))
                .from(orders)
                .left_join(details)
                .group_by(orders.id)
                .order_by(asc(orders.id))
                .limit(50)
                .offset(before)
                .prepare();
            let mut checksum = 0;
            for time in 0..times {
                let page: Vec<Summary> = select.all(on.db.conn(), [before.bind(offset(time))])?;
                checksum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(checksum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use super::super::Summary;
        use super::offset;

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let page: Vec<Summary> = sqlx::query_as(
                        "SELECT orders.id, shipped_date, ship_name, ship_city, ship_country,
                         count(product_id) AS products, sum(quantity) AS quantity,
                         sum(quantity * unit_price) AS total
                         FROM orders LEFT JOIN details ON details.order_id = orders.id
                         GROUP BY orders.id ORDER BY orders.id LIMIT 50 OFFSET $1",
                    )
                    .bind(offset(time))
                    .fetch_all(on)
                    .await?;
                    sum += page.iter().map(Summary::checksum).sum::<u64>();
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sea_orm {
        use anyhow::Result;
        use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect};

        use super::super::{Summary, summaries};
        use super::offset;
        use crate::peer::sea::orders::Column;

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let query =
                    summaries().order_by_asc(Column::Id).limit(50).offset(offset(time) as u64);
                let page = query.into_model::<Summary>().all(on).await?;
                sum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use super::super::toasty::summary;
        use super::super::{SELECT, Summary};
        use super::offset;

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let sql = format!("{SELECT} GROUP BY orders.id ORDER BY orders.id LIMIT 50 OFFSET $1");
            let mut sum = 0;
            for time in 0..times {
                let rows = toasty::sql::query(&sql).bind(offset(time)).exec(on).await?;
                let page = rows.into_iter().map(summary).collect::<Result<Vec<_>>>()?;
                sum += page.iter().map(Summary::checksum).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

/// An order by its key with counts and sums over its details.
pub mod order_with_details {
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;

        use super::super::SELECT;
        use super::super::raw::{from_postgres, from_sqlite};
        use crate::data::{ORDERS, key_of};
        use crate::peer::raw::{Postgres, Sqlite};

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let sql = format!("{SELECT} WHERE orders.id = $1 GROUP BY orders.id");
            let mut sum = 0;
            for time in 0..times {
                sum += on.query(&sql, [key_of(time, ORDERS)], from_sqlite)?[0].checksum();
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let sql = format!("{SELECT} WHERE orders.id = $1 GROUP BY orders.id");
            let mut sum = 0;
            for time in 0..times {
                sum += on.query(&sql, &[&key_of(time, ORDERS)], from_postgres)?[0].checksum();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel {
        use diesel::dsl::{count, sql, sum};
        use diesel::prelude::*;
        use diesel::sql_types::{Double, Nullable};

        use super::super::Summary;
        use crate::data::{ORDERS, key_of};
        use crate::peer::diesel_orm::{details, orders};

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut checksum = 0;
                for time in 0..times {
                    let order: Summary = orders::table
                        .left_join(details::table)
                        .filter(orders::id.eq(key_of(time, ORDERS)))
                        .group_by(orders::id)
                        .select((
                            orders::id,
                            orders::shipped_date,
                            orders::ship_name,
                            orders::ship_city,
                            orders::ship_country,
                            count(details::product_id.nullable()),
                            sum(details::quantity.nullable()),
                            sql::<Nullable<Double>>("sum(quantity * unit_price)"),
                        ))
                        .get_result(on)?;
                    checksum += order.checksum();
                }
                Ok(checksum)
            }
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use diesel::dsl::{count, sql, sum};
        use diesel::sql_types::{Double, Nullable};
        use mizzle::prelude::*;

        use super::super::Summary;
        use crate::data::{ORDERS, key_of};
        use crate::peer::mizzle_orm::{details, orders};

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut checksum = 0;
            for time in 0..times {
                let order: Summary = db.one(
                    orders::table
                        .left_join(details::table)
                        .filter(orders::id.eq(key_of(time, ORDERS)))
                        .group_by(orders::id)
                        .select((
                            orders::id,
                            orders::shipped_date,
                            orders::ship_name,
                            orders::ship_city,
                            orders::ship_country,
                            count(details::product_id.nullable()),
                            sum(details::quantity.nullable()),
                            sql::<Nullable<Double>>("sum(quantity * unit_price)"),
                        )),
                )?;
                checksum += order.checksum();
            }
            Ok(checksum)
        }
    }

    #[cfg(feature = "native")]
    pub mod drizzle {
        use anyhow::Result;
        use drizzle::core::expr::{alias, count, eq, sum};
        use drizzle::sqlite::prelude::*;

        use super::super::Summary;
        use crate::data::{ORDERS, key_of};
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let (orders, details) = (on.tables.orders, on.tables.details);
            let id = orders.id.placeholder("id");
            let select = on
                .db
                .select((
                    orders.id,
                    orders.shipped_date,
                    orders.ship_name,
                    orders.ship_city,
                    orders.ship_country,
                    alias(count(details.product_id), "products"),
                    alias(sum(details.quantity), "quantity"),
                    alias(sum(details.quantity * details.unit_price), "total"),
                ))
                .from(orders)
                .left_join(details)
                .r#where(eq(orders.id, id))
                .group_by(orders.id)
                .prepare();
            let mut checksum = 0;
            for time in 0..times {
                let found: Summary = select.get(on.db.conn(), [id.bind(key_of(time, ORDERS))])?;
                checksum += found.checksum();
            }
            Ok(checksum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use super::super::Summary;
        use crate::data::{ORDERS, key_of};

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let order: Summary = sqlx::query_as(
                        "SELECT orders.id, shipped_date, ship_name, ship_city, ship_country,
                         count(product_id) AS products, sum(quantity) AS quantity,
                         sum(quantity * unit_price) AS total
                         FROM orders LEFT JOIN details ON details.order_id = orders.id
                         WHERE orders.id = $1 GROUP BY orders.id",
                    )
                    .bind(key_of(time, ORDERS))
                    .fetch_one(on)
                    .await?;
                    sum += order.checksum();
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sea_orm {
        use anyhow::{Context, Result};
        use sea_orm::{ColumnTrait, DatabaseConnection, QueryFilter};

        use super::super::{Summary, summaries};
        use crate::data::{ORDERS, key_of};
        use crate::peer::sea::orders::Column;

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let query = summaries().filter(Column::Id.eq(key_of(time, ORDERS)));
                sum += query.into_model::<Summary>().one(on).await?.context("no row")?.checksum();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod toasty {
        use anyhow::{Context, Result};
        use toasty::Db;

        use super::super::SELECT;
        use super::super::toasty::summary;
        use crate::data::{ORDERS, key_of};

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let sql = format!("{SELECT} WHERE orders.id = $1 GROUP BY orders.id");
            let mut sum = 0;
            for time in 0..times {
                let rows = toasty::sql::query(&sql).bind(key_of(time, ORDERS)).exec(on).await?;
                let row = rows.into_iter().next().context("no row")?;
                sum += summary(row)?.checksum();
            }
            Ok(sum)
        }
    }
}

/// An order by its key with its details and their products.
pub mod order_with_details_and_products {
    /// Two statements: the order, and its details joined with their products.
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;

        use crate::data::{ORDERS, key_of};
        use crate::peer::raw::{Detail, FromRow, Order, Postgres, Product, Sqlite};

        fn of_order() -> String {
            format!("SELECT {} FROM orders WHERE id = $1", Order::COLUMNS)
        }

        fn of_details() -> String {
            let (detail, product) = (Detail::COLUMNS, Product::COLUMNS);
            format!(
                "SELECT {detail}, {product} FROM details JOIN products ON products.id = details.product_id
                 WHERE details.order_id = $1"
            )
        }

        fn checksum(order: &Order, details: &[(Detail, Product)]) -> u64 {
            order.id as u64 + details.iter().map(|(_, product)| product.id as u64).sum::<u64>()
        }

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let (of_order, of_details) = (of_order(), of_details());
            let mut sum = 0;
            for time in 0..times {
                let key = key_of(time, ORDERS);
                let order = on.query(&of_order, [key], |row| Order::from_sqlite(row, 0))?;
                let details = on.query(&of_details, [key], |row| {
                    Ok((Detail::from_sqlite(row, 0)?, Product::from_sqlite(row, Detail::WIDTH)?))
                })?;
                sum += checksum(&order[0], &details);
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let (of_order, of_details) = (of_order(), of_details());
            let mut sum = 0;
            for time in 0..times {
                let key = key_of(time, ORDERS);
                let order = on.query(&of_order, &[&key], |row| Order::from_postgres(row, 0))?;
                let details = on.query(&of_details, &[&key], |row| {
                    (Detail::from_postgres(row, 0), Product::from_postgres(row, Detail::WIDTH))
                })?;
                sum += checksum(&order[0], &details);
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel {
        use diesel::prelude::*;

        use crate::data::{ORDERS, key_of};
        use crate::peer::diesel_orm::{Detail, Order, Product, orders, products};

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let order =
                        orders::table.find(key_of(time, ORDERS)).select(Order::as_select()).first(on)?;
                    let details: Vec<(Detail, Product)> = Detail::belonging_to(&order)
                        .inner_join(products::table)
                        .select((Detail::as_select(), Product::as_select()))
                        .load(on)?;
                    sum += order.id as u64 + details.iter().map(|(_, product)| product.id as u64).sum::<u64>();
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use mizzle::prelude::*;

        use crate::data::{ORDERS, key_of};
        use crate::peer::mizzle_orm::{Detail, Order};

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let order = Order::query()
                    .find(key_of(time, ORDERS))
                    .with(Order::details().with(Detail::product()))
                    .one(db)?;
                let products = order.details.iter().map(|detail| detail.product.id as u64);
                sum += order.id as u64 + products.sum::<u64>();
            }
            Ok(sum)
        }
    }

    /// Two statements, as by hand.
    #[cfg(feature = "native")]
    pub mod drizzle {
        use anyhow::{Context, Result};
        use drizzle::core::expr::eq;
        use drizzle::sqlite::prelude::*;

        use crate::data::{ORDERS, key_of};
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let (orders, details) = (on.tables.orders, on.tables.details);
            let id = orders.id.placeholder("id");
            let query = on.db.query(orders).with(orders.details().with(details.product()));
            let find = query.r#where(eq(orders.id, id)).prepare();
            let mut sum = 0;
            for time in 0..times {
                let found = find.find_first(on.db.conn(), [id.bind(key_of(time, ORDERS))])?;
                let order = found.context("no row")?;
                let products = order.details.iter().map(|detail| detail.product.id as u64);
                sum += order.id as u64 + products.sum::<u64>();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use sqlx::FromRow;

        use crate::data::{ORDERS, key_of};
        use crate::peer::sqlx_driver::{Order, Product};

        /// The columns of the detail have other names, as both tables have an `id` and a price.
        #[derive(FromRow)]
        #[allow(dead_code, reason = "read, but not shown")]
        pub struct Found {
            #[sqlx(flatten)]
            product: Product,
            detail_id: i64,
            detail_unit_price: f64,
            quantity: i32,
            discount: f64,
            order_id: i64,
            product_id: i64,
        }

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let key = key_of(time, ORDERS);
                    let order: Order = sqlx::query_as("SELECT * FROM orders WHERE id = $1")
                        .bind(key)
                        .fetch_one(on)
                        .await?;
                    let details: Vec<Found> = sqlx::query_as(
                        "SELECT products.*, details.id AS detail_id, details.unit_price AS detail_unit_price,
                         quantity, discount, order_id, product_id
                         FROM details JOIN products ON products.id = details.product_id
                         WHERE details.order_id = $1",
                    )
                    .bind(key)
                    .fetch_all(on)
                    .await?;
                    sum += order.id as u64 + details.iter().map(|row| row.product.id as u64).sum::<u64>();
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sea_orm {
        use anyhow::{Context, Result};
        use sea_orm::{DatabaseConnection, EntityTrait, ModelTrait};

        use crate::data::{ORDERS, key_of};
        use crate::peer::sea::{details, orders, products};

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let order = orders::Entity::find_by_id(key_of(time, ORDERS)).one(on).await?;
                let order = order.context("no row")?;
                let details: Vec<(details::Model, Option<products::Model>)> = order
                    .find_related(details::Entity)
                    .find_also_related(products::Entity)
                    .all(on)
                    .await?;
                let products =
                    details.iter().flat_map(|(_, product)| product).map(|row| row.id as u64);
                sum += order.id as u64 + products.sum::<u64>();
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use crate::data::{ORDERS, key_of};
        use crate::peer::toasty_orm::Order;

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let order = Order::filter_by_id(key_of(time, ORDERS) as u64)
                    .include(Order::fields().details())
                    .include(Order::fields().details().product())
                    .get(on)
                    .await?;
                let products = order.details.get().iter().map(|detail| detail.product.get().id);
                sum += order.id + products.sum::<u64>();
            }
            Ok(sum)
        }
    }
}

/// The query of SeaORM for summaries, without its last clauses.
#[cfg(feature = "sqlx")]
fn summaries() -> ::sea_orm::Select<crate::peer::sea::orders::Entity> {
    use ::sea_orm::sea_query::{Expr, ExprTrait};
    use ::sea_orm::{ColumnTrait, EntityTrait, JoinType, QuerySelect, RelationTrait};

    use crate::peer::sea::{details, orders};

    let quantity = || Expr::col((details::Entity, details::Column::Quantity));
    let price = Expr::col((details::Entity, details::Column::UnitPrice));
    orders::Entity::find()
        .select_only()
        .columns([
            orders::Column::Id,
            orders::Column::ShippedDate,
            orders::Column::ShipName,
            orders::Column::ShipCity,
            orders::Column::ShipCountry,
        ])
        .column_as(details::Column::ProductId.count(), "products")
        .column_as(details::Column::Quantity.sum(), "quantity")
        .column_as(quantity().mul(price).sum(), "total")
        .join(JoinType::LeftJoin, orders::Relation::Details.def())
        .group_by(orders::Column::Id)
}

#[cfg(feature = "native")]
mod raw {
    use super::Summary;

    pub fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Summary> {
        Ok(Summary {
            id: row.get(0)?,
            shipped_date: row.get(1)?,
            ship_name: row.get(2)?,
            ship_city: row.get(3)?,
            ship_country: row.get(4)?,
            products: row.get(5)?,
            quantity: row.get(6)?,
            total: row.get(7)?,
        })
    }

    pub fn from_postgres(row: &postgres::Row) -> Summary {
        Summary {
            id: row.get(0),
            shipped_date: row.get(1),
            ship_name: row.get(2),
            ship_city: row.get(3),
            ship_country: row.get(4),
            products: row.get(5),
            quantity: row.get(6),
            total: row.get(7),
        }
    }
}

/// How Toasty's rows of statements in SQL are read, its way to GROUP BY.
#[cfg(feature = "native")]
mod toasty {
    use anyhow::{Result, bail};
    use chrono::NaiveDate;
    use toasty::stmt::Value;

    use super::Summary;

    pub fn summary(row: Value) -> Result<Summary> {
        let Value::Record(row) = row else { bail!("a row is {row:?}") };
        match <[Value; 8]>::try_from(row.fields) {
            Ok(
                [
                    Value::I64(id),
                    shipped_date,
                    Value::String(ship_name),
                    Value::String(ship_city),
                    Value::String(ship_country),
                    Value::I64(products),
                    quantity,
                    total,
                ],
            ) => Ok(Summary {
                id,
                shipped_date: date(shipped_date)?,
                ship_name,
                ship_city,
                ship_country,
                products,
                quantity: match quantity {
                    Value::I64(quantity) => Some(quantity),
                    _ => None,
                },
                total: match total {
                    Value::F64(total) => Some(total),
                    _ => None,
                },
            }),
            other => bail!("a row is {other:?}"),
        }
    }

    /// SQLite has dates as text.
    fn date(value: Value) -> Result<Option<NaiveDate>> {
        Ok(match value {
            Value::Null => None,
            Value::String(text) => Some(text.parse()?),
            Value::Date(date) => {
                NaiveDate::from_yo_opt(date.year().into(), date.day_of_year() as u32)
            }
            other => bail!("a date is {other:?}"),
        })
    }
}
