//! An order by its key with its details and their products.

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
#[cfg(feature = "drizzle")]
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

#[cfg(feature = "sea-orm")]
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
            let products = details.iter().flat_map(|(_, product)| product).map(|row| row.id as u64);
            sum += order.id as u64 + products.sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
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
