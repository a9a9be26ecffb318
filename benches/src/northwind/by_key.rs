//! One row by its key.

macro_rules! by_key {
    ($name:ident, $table:ident, $row:ident, $rows:ident) => {
        pub mod $name {
            #[cfg(feature = "native")]
            pub mod raw {
                use anyhow::Result;

                use crate::data;
                use crate::peer::raw::{FromRow, Postgres, $row, Sqlite};

                fn sql() -> String {
                    format!("SELECT {} FROM {} WHERE id = $1", $row::COLUMNS, $row::TABLE)
                }

                pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
                    let sql = sql();
                    let mut sum = 0;
                    for time in 0..times {
                        let key = data::key_of(time, data::$rows);
                        let found = on.query(&sql, [key], |row| $row::from_sqlite(row, 0))?;
                        sum += found[0].id as u64;
                    }
                    Ok(sum)
                }

                pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
                    let sql = sql();
                    let mut sum = 0;
                    for time in 0..times {
                        let key = data::key_of(time, data::$rows);
                        let found = on.query(&sql, &[&key], |row| $row::from_postgres(row, 0))?;
                        sum += found[0].id as u64;
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "native")]
            pub mod diesel {
                use diesel::prelude::*;

                use crate::data;
                use crate::peer::diesel_orm::{$table, $row};

                crate::on_each_diesel_connection! {
                    fn run(on, times) {
                        let mut sum = 0;
                        for time in 0..times {
                            let key = data::key_of(time, data::$rows);
                            let found = $table::table.find(key).select($row::as_select()).first(on)?;
                            sum += found.id as u64;
                        }
                        Ok(sum)
                    }
                }
            }

            #[cfg(feature = "native")]
            pub mod mizzle {
                use mizzle::prelude::*;

                use crate::data;
                use crate::peer::mizzle_orm::$row;

                pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found: $row = db.get(data::key_of(time, data::$rows))?;
                        sum += found.id as u64;
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "drizzle")]
            pub mod drizzle {
                use anyhow::Result;
                use drizzle::core::expr::eq;
                use drizzle::sqlite::prelude::*;

                use crate::data;
                use crate::peer::drizzle_orm::{Drizzle, $row};

                pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
                    let table = on.tables.$table;
                    let id = table.id.placeholder("id");
                    let find = on.db.select(()).from(table).r#where(eq(table.id, id)).prepare();
                    let mut sum = 0;
                    for time in 0..times {
                        let key = data::key_of(time, data::$rows);
                        let found: $row = find.get(on.db.conn(), [id.bind(key)])?;
                        sum += found.id as u64;
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "sqlx")]
            pub mod sqlx {
                use crate::data;
                use crate::peer::sqlx_driver::$row;

                crate::on_each_pool! {
                    async fn run(on, times) {
                        let mut sum = 0;
                        for time in 0..times {
                            let found: $row = sqlx::query_as(concat!(
                                "SELECT * FROM ", stringify!($table), " WHERE id = $1"
                            ))
                            .bind(data::key_of(time, data::$rows))
                            .fetch_one(on)
                            .await?;
                            sum += found.id as u64;
                        }
                        Ok(sum)
                    }
                }
            }

            #[cfg(feature = "sea-orm")]
            pub mod sea_orm {
                use anyhow::{Context, Result};
                use sea_orm::{DatabaseConnection, EntityTrait};

                use crate::data;
                use crate::peer::sea::$table::Entity;

                pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let key = data::key_of(time, data::$rows);
                        sum += Entity::find_by_id(key).one(on).await?.context("no row")?.id as u64;
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "toasty")]
            pub mod toasty {
                use anyhow::Result;
                use toasty::Db;

                use crate::data;
                use crate::peer::toasty_orm::$row;

                pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        sum += $row::get_by_id(on, &(data::key_of(time, data::$rows) as u64)).await?.id as u64;
                    }
                    Ok(sum)
                }
            }
        }
    };
}

by_key!(customer_by_id, customers, Customer, CUSTOMERS);
by_key!(supplier_by_id, suppliers, Supplier, SUPPLIERS);
