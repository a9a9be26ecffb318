//! 500 rows of 17 columns of every type.

use chrono::{DateTime, NaiveDateTime, Utc};

/// A time of chrono or jiff in seconds.
pub trait Seconds {
    fn seconds(&self) -> i64;
}

impl Seconds for NaiveDateTime {
    fn seconds(&self) -> i64 {
        self.and_utc().timestamp()
    }
}

impl Seconds for DateTime<Utc> {
    fn seconds(&self) -> i64 {
        self.timestamp()
    }
}

#[cfg(feature = "toasty")]
impl Seconds for jiff::civil::DateTime {
    fn seconds(&self) -> i64 {
        jiff::tz::TimeZone::UTC.to_timestamp(*self).map_or(0, |moment| moment.as_second())
    }
}

#[cfg(feature = "toasty")]
impl Seconds for jiff::Timestamp {
    fn seconds(&self) -> i64 {
        self.as_second()
    }
}

/// A number from every row, and a hash of all columns of the last: reading another value results in another sum.
macro_rules! checksum {
    ($rows:expr, $row:ident => $price:expr) => {{
        let of_last = $rows.last().map_or(0, |$row| {
            let text = format!(
                "{} {} {} {} {} {:?} {} {} {} {:?} {:?} {} {} {} {} {} {}",
                $row.id,
                $row.flag,
                $row.small,
                $row.number,
                $row.big,
                $row.maybe,
                $row.single,
                $row.real,
                $row.text,
                $row.note,
                $row.bytes,
                $row.day,
                $crate::workload::wide::Seconds::seconds(&$row.at),
                $crate::workload::wide::Seconds::seconds(&$row.moment),
                $row.token,
                $row.document,
                $price,
            );
            text.bytes().fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
        });
        $rows.iter().map(|row| row.small as u64).sum::<u64>() + u64::from(of_last)
    }};
}

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{Exact, Postgres, Sqlite, Wide};

    const SQL: &str = "SELECT id, flag, small, number, big, maybe, single, real, text, note, bytes, day, at, moment,
        token, document, price FROM wide";

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Wide {
                id: row.get(0)?,
                flag: row.get(1)?,
                small: row.get(2)?,
                number: row.get(3)?,
                big: row.get(4)?,
                maybe: row.get(5)?,
                single: row.get(6)?,
                real: row.get(7)?,
                text: row.get(8)?,
                note: row.get(9)?,
                bytes: row.get(10)?,
                day: row.get(11)?,
                at: row.get(12)?,
                moment: row.get(13)?,
                token: row.get(14)?,
                document: row.get(15)?,
                price: row.get::<_, Exact>(16)?.0,
            })
        };
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(SQL)?;
            let rows = statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let read = |row: &postgres::Row| Wide {
            id: row.get(0),
            flag: row.get(1),
            small: row.get(2),
            number: row.get(3),
            big: row.get(4),
            maybe: row.get(5),
            single: row.get(6),
            real: row.get(7),
            text: row.get(8),
            note: row.get(9),
            bytes: row.get(10),
            day: row.get(11),
            at: row.get(12),
            moment: row.get(13),
            token: row.get(14),
            document: row.get(15),
            price: row.get(16),
        };
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(SQL)?;
            let rows: Vec<Wide> =
                on.cached.client.query(&statement, &[])?.iter().map(read).collect();
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use bigdecimal::BigDecimal;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Postgres, Sqlite, Wide, wide_postgres, wide_sqlite};

    /// diesel has no UUID and no decimal on SQLite, and its Json there is for text in its own format: they are read as
    /// they are stored and converted to what the others read.
    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows: Vec<Wide<Vec<u8>, String, String>> =
                wide_sqlite::wide::table.load(&mut on.connection)?;
            let rows = rows
                .into_iter()
                .map(|row| {
                    Ok(Wide {
                        id: row.id,
                        flag: row.flag,
                        small: row.small,
                        number: row.number,
                        big: row.big,
                        maybe: row.maybe,
                        single: row.single,
                        real: row.real,
                        text: row.text,
                        note: row.note,
                        bytes: row.bytes,
                        day: row.day,
                        at: row.at,
                        moment: row.moment,
                        token: uuid::Uuid::from_slice(&row.token)?,
                        document: serde_json::from_str(&row.document)?,
                        price: row.price.parse()?,
                    })
                })
                .collect::<Result<Vec<Wide<uuid::Uuid, serde_json::Value, BigDecimal>>>>()?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows: Vec<Wide<uuid::Uuid, serde_json::Value, BigDecimal>> =
                wide_postgres::wide::table.load(&mut on.connection)?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use crate::peer::mizzle_orm::Wide;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows = Wide::query().all(db)?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::{Drizzle, SelectWide};

    pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
        let select = on.db.select(()).from(on.tables.wide).prepare();
        let mut sum = 0;
        for _ in 0..times {
            let rows: Vec<SelectWide> = select.all(on.db.conn(), [])?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }
}

#[cfg(feature = "sqlx")]
pub mod sqlx {
    use crate::peer::sqlx_driver::Wide;

    crate::on_each_pool! {
        async fn run(on, times) {
            let mut sum = 0;
            for _ in 0..times {
                let rows: Vec<Wide> = sqlx::query_as("SELECT * FROM wide").fetch_all(on).await?;
                sum += checksum!(rows, row => row.price.0);
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, DbBackend, EntityTrait};

    use crate::peer::sea::{wide_postgres, wide_sqlite};

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            sum += if on.get_database_backend() == DbBackend::Sqlite {
                let rows = wide_sqlite::Entity::find().all(on).await?;
                checksum!(rows, row => row.price)
            } else {
                let rows = wide_postgres::Entity::find().all(on).await?;
                checksum!(rows, row => row.price)
            };
        }
        Ok(sum)
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    use crate::peer::toasty_orm::Wide;

    pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows = Wide::all().exec(on).await?;
            sum += checksum!(rows, row => row.price);
        }
        Ok(sum)
    }
}
