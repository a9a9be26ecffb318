//! Rows whose name contains a text, whatever the case.

macro_rules! search {
    ($name:ident, $table:ident, $row:ident, $column:ident, $variant:ident) => {
        pub mod $name {
            /// The text that repetition `time` looks for: it is in about one name in a hundred.
            fn pattern(time: u64) -> String {
                format!("%{}%", 100 + time * 7 % 900)
            }

            #[cfg(feature = "native")]
            pub mod raw {
                use anyhow::Result;

                use super::pattern;
                use crate::peer::raw::{FromRow, Postgres, Sqlite, $row};

                pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
                    // In SQLite, LIKE ignores case unless told otherwise.
                    let (columns, table, column) =
                        ($row::COLUMNS, $row::TABLE, stringify!($column));
                    let sql = format!("SELECT {columns} FROM {table} WHERE {column} LIKE $1");
                    let mut sum = 0;
                    for time in 0..times {
                        let found =
                            on.query(&sql, [pattern(time)], |row| $row::from_sqlite(row, 0))?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }

                pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
                    let (columns, table, column) =
                        ($row::COLUMNS, $row::TABLE, stringify!($column));
                    let sql = format!("SELECT {columns} FROM {table} WHERE {column} ILIKE $1");
                    let mut sum = 0;
                    for time in 0..times {
                        let found =
                            on.query(&sql, &[&pattern(time)], |row| $row::from_postgres(row, 0))?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "native")]
            pub mod diesel {
                use anyhow::Result;
                use diesel::prelude::*;

                use super::pattern;
                use crate::peer::diesel_orm::{Postgres, Sqlite, $row, $table};

                pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found = $table::table
                            .filter($table::$column.like(pattern(time)))
                            .select($row::as_select())
                            .load(&mut on.connection)?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }

                pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found = $table::table
                            .filter($table::$column.ilike(pattern(time)))
                            .select($row::as_select())
                            .load(&mut on.connection)?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "native")]
            pub mod mizzle {
                use mizzle::prelude::*;

                use super::pattern;
                use crate::peer::mizzle_orm::{$row, $table};

                pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found =
                            $row::query().filter($table::$column.ilike(pattern(time))).all(db)?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "drizzle")]
            pub mod drizzle {
                use anyhow::Result;
                use drizzle::core::expr::like;
                use drizzle::sqlite::prelude::*;

                use super::pattern;
                use crate::peer::drizzle_orm::{Drizzle, $row};

                pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
                    let table = on.tables.$table;
                    let text = table.$column.placeholder("text");
                    let select =
                        on.db.select(()).from(table).r#where(like(table.$column, text)).prepare();
                    let mut sum = 0;
                    for time in 0..times {
                        let found: Vec<$row> =
                            select.all(on.db.conn(), [text.bind(pattern(time))])?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "sqlx")]
            pub mod sqlx {
                use anyhow::Result;
                use sqlx::{PgPool, SqlitePool};

                use super::pattern;
                use crate::peer::sqlx_driver::$row;

                pub async fn sqlite(on: &SqlitePool, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found: Vec<$row> = sqlx::query_as(concat!(
                            "SELECT * FROM ",
                            stringify!($table),
                            " WHERE ",
                            stringify!($column),
                            " LIKE $1"
                        ))
                        .bind(pattern(time))
                        .fetch_all(on)
                        .await?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }

                pub async fn postgres(on: &PgPool, times: u64) -> Result<u64> {
                    let mut sum = 0;
                    for time in 0..times {
                        let found: Vec<$row> = sqlx::query_as(concat!(
                            "SELECT * FROM ",
                            stringify!($table),
                            " WHERE ",
                            stringify!($column),
                            " ILIKE $1"
                        ))
                        .bind(pattern(time))
                        .fetch_all(on)
                        .await?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "sea-orm")]
            pub mod sea_orm {
                use anyhow::Result;
                use sea_orm::sea_query::extension::postgres::PgExpr;
                use sea_orm::sea_query::{Expr, ExprTrait};
                use sea_orm::{DatabaseBackend, DatabaseConnection, EntityTrait, QueryFilter};

                use super::pattern;
                use crate::peer::sea::$table::{Column, Entity};

                pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
                    let is_postgres = on.get_database_backend() == DatabaseBackend::Postgres;
                    let mut sum = 0;
                    for time in 0..times {
                        let column = Expr::col((Entity, Column::$variant));
                        let matches = match is_postgres {
                            true => column.ilike(pattern(time)),
                            false => column.like(pattern(time)),
                        };
                        let found = Entity::find().filter(matches).all(on).await?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }

            #[cfg(feature = "toasty")]
            pub mod toasty {
                use anyhow::Result;
                use toasty::Db;

                use super::pattern;
                use crate::peer::toasty_orm::$row;

                pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
                    let is_postgres = on.capability().native_ilike;
                    let mut sum = 0;
                    for time in 0..times {
                        // `ilike` is only for PostgreSQL; SQLite's `like` ignores case.
                        let column = $row::fields().$column();
                        let matches = match is_postgres {
                            true => column.ilike(pattern(time)),
                            false => column.like(pattern(time)),
                        };
                        let found = $row::filter(matches).exec(on).await?;
                        sum += found.iter().map(|row| row.id as u64).sum::<u64>();
                    }
                    Ok(sum)
                }
            }
        }
    };
}

search!(search_customer, customers, Customer, company_name, CompanyName);
search!(search_product, products, Product, name, Name);
