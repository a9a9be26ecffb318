//! Profiles of users, which several devices change.

use mizzle::prelude::*;

use crate::error::Result;
use crate::schema::User;

/// Writes what a device has changed in the profile that it has read.
///
/// # Errors
/// `STALE_ROW` if another device has written since: read the profile again, and ask.
pub fn save(on: &impl Executor, profile: &User) -> Result<User> {
    Ok(on.update_returning(profile)?)
}

/// Makes a change to the profile as it is now, whatever other devices do meanwhile.
pub fn change(db: &Db, user_id: i64, change: impl Fn(&mut User)) -> Result<User> {
    db.try_retry_stale(3, |tx| {
        let mut profile = tx.get::<User>(user_id)?;
        change(&mut profile);
        Ok(tx.update_returning(&profile)?)
    })
}
