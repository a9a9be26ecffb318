//! 500 rows of 16 columns of every type.

#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;

    use crate::peer::raw::{Postgres, Sqlite, Wide};

    const SQL: &str = "SELECT id, flag, small, number, big, maybe, single, real, text, note, bytes, day, at, moment,
        token, document FROM wide";

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
            })
        };
        let mut sum = 0;
        for _ in 0..times {
            let mut statement = on.connection.prepare_cached(SQL)?;
            let rows = statement.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
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
        };
        let mut sum = 0;
        for _ in 0..times {
            let statement = on.cached.prepare(SQL)?;
            let rows: Vec<Wide> =
                on.cached.client.query(&statement, &[])?.iter().map(read).collect();
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;
    use diesel::prelude::*;

    use crate::peer::diesel_orm::{Postgres, Sqlite, Wide, wide_postgres, wide_sqlite};

    /// diesel has no UUID on SQLite, and its Json there is for text of its own format: both are read as they are
    /// stored and turned into what the others read.
    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows: Vec<Wide<Vec<u8>, String>> =
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
                    })
                })
                .collect::<Result<Vec<Wide<uuid::Uuid, serde_json::Value>>>>()?;
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows: Vec<Wide<uuid::Uuid, serde_json::Value>> =
                wide_postgres::wide::table.load(&mut on.connection)?;
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
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
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
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
                sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
            }
            Ok(sum)
        }
    }
}

#[cfg(feature = "sqlx")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::{DatabaseConnection, EntityTrait};

    use crate::peer::sea::wide;

    pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..times {
            let rows = wide::Entity::find().all(on).await?;
            sum += rows.iter().map(|row| row.small as u64).sum::<u64>();
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    pub async fn run(_: &mut Db, _: u64) -> Result<u64> {
        crate::unsupported("the code for its own types of times is not written")
    }
}
