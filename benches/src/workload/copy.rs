//! 10,000 rows of an iterator, all or none: by COPY on PostgreSQL if the peer has it.

/// The number of rows.
pub const ROWS: i64 = 10_000;

/// On SQLite a prepared statement, run for each row in a transaction.
#[cfg(feature = "native")]
pub mod raw {
    use anyhow::Result;
    use postgres::binary_copy::BinaryCopyInWriter;
    use postgres::types::Type;
    use rusqlite::params;

    use super::ROWS;
    use crate::data::{Values, batch, person};
    use crate::peer::raw::{Postgres, Sqlite};

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        let sql = "INSERT INTO people (name, email, nickname, age, balance, active)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let mut sum = 0;
        for time in 0..times {
            let transaction = on.connection.transaction()?;
            let mut statement = transaction.prepare_cached(sql)?;
            for Values { name, email, nickname, age, balance, active } in
                batch(time, ROWS).map(person)
            {
                sum +=
                    statement.execute(params![name, email, nickname, age, balance, active])? as u64;
            }
            drop(statement);
            transaction.commit()?;
        }
        Ok(sum)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        let types = [Type::TEXT, Type::TEXT, Type::TEXT, Type::INT4, Type::FLOAT8, Type::BOOL];
        let mut sum = 0;
        for time in 0..times {
            let writer = on.cached.client.copy_in(
                "COPY people (name, email, nickname, age, balance, active) FROM STDIN (FORMAT binary)",
            )?;
            let mut writer = BinaryCopyInWriter::new(writer, &types);
            for Values { name, email, nickname, age, balance, active } in
                batch(time, ROWS).map(person)
            {
                writer.write(&[&name, &email, &nickname, &age, &balance, &active])?;
            }
            sum += writer.finish()?;
        }
        Ok(sum)
    }
}

/// It has COPY on PostgreSQL; on SQLite, statements of up to 1,000 rows are its way.
#[cfg(feature = "native")]
pub mod diesel {
    use anyhow::Result;

    use super::ROWS;
    use crate::data::batch;
    use crate::peer::diesel_orm::{Postgres, Sqlite, TunedPerson, people, tuned_person};
    use crate::workload::insert::many;

    pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
        many::diesel::sqlite(on, ROWS, times)
    }

    pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
        use diesel::ExecuteCopyFromDsl;
        let mut sum = 0;
        for time in 0..times {
            let new: Vec<TunedPerson> = batch(time, ROWS).map(tuned_person).collect();
            sum += diesel::copy_from(people::table)
                .from_insertable(new.as_slice())
                .execute(&mut on.connection)? as u64;
        }
        Ok(sum)
    }
}

#[cfg(feature = "native")]
pub mod mizzle {
    use mizzle::prelude::*;

    use super::ROWS;
    use crate::data::batch;
    use crate::peer::mizzle_orm::new_person;

    pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
        let mut sum = 0;
        for time in 0..times {
            sum += db.copy_in(batch(time, ROWS).map(new_person))?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "drizzle")]
pub mod drizzle {
    use anyhow::Result;

    use crate::peer::drizzle_orm::Drizzle;

    pub fn run(_: &mut Drizzle, _: u64) -> Result<u64> {
        crate::unsupported("see insert-10000")
    }
}

/// It leaves the text of the rows to the program.
#[cfg(feature = "sqlx")]
pub mod sqlx {
    use anyhow::Result;
    use sqlx::{PgPool, SqlitePool};

    use super::ROWS;
    use crate::data::{Values, batch, person};

    pub async fn sqlite(_: &SqlitePool, _: u64) -> Result<u64> {
        crate::unsupported("see insert-10000")
    }

    pub async fn postgres(on: &PgPool, times: u64) -> Result<u64> {
        use std::fmt::Write;
        let sql = "COPY people (name, email, nickname, age, balance, active) FROM STDIN";
        let mut sum = 0;
        for time in 0..times {
            let mut connection = on.acquire().await?;
            let mut copy = connection.copy_in_raw(sql).await?;
            let mut text = String::new();
            for Values { name, email, nickname, age, balance, active } in
                batch(time, ROWS).map(person)
            {
                // None of these texts has characters to escape.
                let nickname = nickname.as_deref().unwrap_or("\\N");
                writeln!(text, "{name}\t{email}\t{nickname}\t{age}\t{balance}\t{active}")?;
                if text.len() > 1 << 16 {
                    copy.send(text.as_bytes()).await?;
                    text.clear();
                }
            }
            copy.send(text.as_bytes()).await?;
            sum += copy.finish().await?;
        }
        Ok(sum)
    }
}

#[cfg(feature = "sea-orm")]
pub mod sea_orm {
    use anyhow::Result;
    use sea_orm::DatabaseConnection;

    pub async fn run(_: &DatabaseConnection, _: u64) -> Result<u64> {
        crate::unsupported("see insert-10000")
    }
}

#[cfg(feature = "toasty")]
pub mod toasty {
    use anyhow::Result;
    use toasty::Db;

    pub async fn run(_: &mut Db, _: u64) -> Result<u64> {
        crate::unsupported("see insert-10000")
    }
}
