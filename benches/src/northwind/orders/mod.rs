//! Orders with sums over their details, and with the details themselves.

pub mod order_with_details;
pub mod order_with_details_and_products;
pub mod orders_with_details;

/// The columns of an order in a list: those of the statements here, in their order.
#[derive(Debug)]
#[allow(dead_code, reason = "read, but not shown")]
#[cfg_attr(feature = "native", derive(::diesel::Queryable))]
#[cfg_attr(feature = "drizzle", derive(::drizzle::sqlite::prelude::SQLiteFromRow))]
#[cfg_attr(feature = "sqlx", derive(::sqlx::FromRow))]
#[cfg_attr(feature = "sea-orm", derive(::sea_orm::FromQueryResult))]
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
#[cfg(feature = "toasty")]
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
