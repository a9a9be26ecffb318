//! An order by its key with counts and sums over its details.

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

#[cfg(feature = "drizzle")]
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

#[cfg(feature = "sea-orm")]
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

#[cfg(feature = "toasty")]
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
