//! Pages of a table, in the order of the key: page after page.

macro_rules! page {
    ($name:ident, $row:ident, $size:literal, $rows:ident) => {
        pub mod $name {
            /// The rows before the page of repetition `time`.
            fn offset(time: u64) -> i64 {
                time as i64 % ($crate::data::$rows / $size) * $size
            }

            #[cfg(feature = "native")]
            pub mod raw {
                use anyhow::Result;

                use super::offset;
                use crate::peer::raw::{FromRow, Postgres, $row, Sqlite};

                fn sql() -> String {
                    let (columns, table) = ($row::COLUMNS, $row::TABLE);
                    // SQLite prepares a statement again for each parameter of a plain LIMIT.
                    format!("SELECT {columns} FROM {table} ORDER BY id LIMIT $1 + 0 OFFSET $2 + 0")
                }

                pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
                    let sql = sql();
                    let mut sum = 0;
                    for time in 0..times {
                        let page =
                            on.query(&sql, [$size, offset(time)], |row| $row::from_sqlite(row, 0))?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }

                pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
                    let sql = sql().replace(" + 0", "");
                    let mut sum = 0;
                    for time in 0..times {
                        let page = on
                            .query(&sql, &[&($size as i64), &offset(time)], |row| $row::from_postgres(row, 0))?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "native")]
            pub mod diesel {
                use diesel::prelude::*;

                use super::offset;
                use crate::peer::diesel_orm::{$name, $row};

                crate::on_each_diesel_connection! {
                    fn run(on, times) {
                        let mut sum = 0;
                        for time in 0..times {
                            let page = $name::table
                                .order_by($name::id)
                                .limit($size)
                                .offset(offset(time))
                                .select($row::as_select())
                                .load(on)?;
                            sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                        }
                        Ok(sum)
                    }
                }
            }

            #[cfg(feature = "native")]
            pub mod mizzle {
                use mizzle::prelude::*;

                use super::offset;
                use crate::peer::mizzle_orm::{$name, $row};

                pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let page =
                            $row::query().order_by($name::id).limit($size).offset(offset(time) as u64).all(db)?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "drizzle")]
            pub mod drizzle {
                use anyhow::Result;
                use drizzle::core::{Placeholder, asc};
                use drizzle::sqlite::types::Integer;

                use super::offset;
                use crate::peer::drizzle_orm::{Drizzle, $row};

                pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
                    let table = on.tables.$name;
                    let before = Placeholder::typed::<Integer>("before");
                    let query = on.db.select(()).from(table).order_by(asc(table.id));
                    let select = query.limit($size).offset(before).prepare();
                    let mut sum = 0;
                    for time in 0..times {
                        let page: Vec<$row> = select.all(on.db.conn(), [before.bind(offset(time))])?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "sqlx")]
            pub mod sqlx {
                use super::offset;
                use crate::peer::sqlx_driver::$row;

                crate::on_each_pool! {
                    async fn run(on, times) {
                        let mut sum = 0;
                        for time in 0..times {
                            let page: Vec<$row> = sqlx::query_as(concat!(
                                "SELECT * FROM ", stringify!($name), " ORDER BY id LIMIT $1 OFFSET $2"
                            ))
                            .bind($size as i64)
                            .bind(offset(time))
                            .fetch_all(on)
                            .await?;
                            sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                        }
                        Ok(sum)
                    }
                }
            }

            #[cfg(feature = "sea-orm")]
            pub mod sea_orm {
                use anyhow::Result;
                use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder, QuerySelect};

                use super::offset;
                use crate::peer::sea::$name::{Column, Entity};

                pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let query = Entity::find().order_by_asc(Column::Id);
                        let page = query.limit($size).offset(offset(time) as u64).all(on).await?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "toasty")]
            pub mod toasty {
                use anyhow::Result;
                use toasty::Db;

                use super::offset;
                use crate::peer::toasty_orm::$row;

                pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let page = $row::all()
                            .order_by($row::fields().id().asc())
                            .limit($size)
                            .offset(offset(time) as usize)
                            .exec(on)
                            .await?;
                        sum += page.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }
        }
    };
}

page!(customers, Customer, 50, CUSTOMERS);
page!(employees, Employee, 20, EMPLOYEES);
page!(suppliers, Supplier, 50, SUPPLIERS);
page!(products, Product, 50, PRODUCTS);
