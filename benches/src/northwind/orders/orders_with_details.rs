//! A page of 50 orders with counts and sums over their details.

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
        let sql = format!("{SELECT} GROUP BY orders.id ORDER BY orders.id LIMIT 50 OFFSET $1 + 0");
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

#[cfg(feature = "drizzle")]
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

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect};

    use super::super::{Summary, summaries};
    use super::offset;
    use crate::peer::sea::orders::Column;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            let query = summaries().order_by_asc(Column::Id).limit(50).offset(offset(time) as u64);
            let page = query.into_model::<Summary>().all(on).await?;
            sum += page.iter().map(Summary::checksum).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
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
