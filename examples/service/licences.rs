//! Licences and where they are kept: a repository on the connection manager's database.

use std::time::Duration;

use mizzle::manager::{ConnectionManager, Repository};
use mizzle::prelude::*;

/// A licence to use something, for a time.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "licences", index(expires_at))]
pub struct Licence {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub key: String,
    pub holder: String,
    #[column(default = true)]
    pub active: bool,
    pub expires_at: DateTime<Utc>,
    #[column(default = now)]
    pub created_at: DateTime<Utc>,
}

mizzle::schema!(pub Licences = [Licence]);

// Conditions that compose: each takes a query and narrows it.

/// Licences that may be used, whether or not their time is over.
pub fn active(query: Query<'_, Licence>) -> Query<'_, Licence> {
    query.filter(licences::active.eq(true))
}

/// Licences of one holder.
pub fn held_by<'q>(query: Query<'q, Licence>, holder: &'q str) -> Query<'q, Licence> {
    query.filter(licences::holder.eq(holder))
}

/// Licences whose time ends from `start` on, and before `end`.
pub fn expiring(
    query: Query<'_, Licence>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Query<'_, Licence> {
    query.filter(licences::expires_at.ge(start)).filter(licences::expires_at.lt(end))
}

/// Keeps licences.
#[derive(Clone)]
pub struct LicenceRepository {
    base: Repository,
}

impl LicenceRepository {
    /// On the database of a manager, which may be initialized later.
    pub fn new(manager: &ConnectionManager) -> Self {
        Self { base: Repository::new(manager) }
    }

    /// On a database, for tests.
    #[allow(dead_code, reason = "for tests/service.rs")]
    pub fn with_db(db: Db) -> Self {
        Self { base: Repository::with_db(db) }
    }

    /// Grants a licence. A key that is taken is a unique violation.
    pub fn create(
        &self,
        key: &str,
        holder: &str,
        expires_at: DateTime<Utc>,
    ) -> mizzle::Result<Licence> {
        let new = NewLicence::builder().key(key).holder(holder).expires_at(expires_at).build();
        self.base.db()?.insert(new)
    }

    pub fn find_by_id(&self, id: i64) -> mizzle::Result<Option<Licence>> {
        self.base.db()?.find(id)
    }

    pub fn find_by_key(&self, key: &str) -> mizzle::Result<Option<Licence>> {
        Licence::query().filter(licences::key.eq(key)).first(&self.base.db()?)
    }

    /// Those that may be used, the first to expire first.
    pub fn find_active(&self) -> mizzle::Result<Vec<Licence>> {
        active(Licence::query()).order_by(licences::expires_at).all(&self.base.db()?)
    }

    /// Those of a holder that may be used.
    pub fn find_active_of(&self, holder: &str) -> mizzle::Result<Vec<Licence>> {
        held_by(active(Licence::query()), holder).order_by(licences::key).all(&self.base.db()?)
    }

    /// Those in use whose time ends within `time` from now.
    pub fn find_expiring_within(&self, time: Duration) -> mizzle::Result<Vec<Licence>> {
        let now = mizzle::now();
        let query = expiring(active(Licence::query()), now, now + time);
        query.order_by(licences::expires_at).all(&self.base.db()?)
    }

    /// Writes all of a licence.
    pub fn update(&self, licence: &Licence) -> mizzle::Result<Licence> {
        self.base.db()?.update_returning(licence)
    }

    /// Extends all licences of a holder, or none.
    pub fn extend_all_of(&self, holder: &str, time: Duration) -> mizzle::Result<usize> {
        self.base.db()?.transaction(|tx| {
            let found = held_by(active(Licence::query()), holder).for_update().all(tx)?;
            for licence in &found {
                tx.update(&Licence { expires_at: licence.expires_at + time, ..licence.clone() })?;
            }
            Ok(found.len())
        })
    }

    /// Deletes a licence. Returns whether there was one.
    pub fn delete(&self, id: i64) -> mizzle::Result<bool> {
        self.base.db()?.delete_by_key::<Licence>(id)
    }
}
