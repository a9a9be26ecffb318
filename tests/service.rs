//! The repository of `examples/service`.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[allow(missing_docs, dead_code, reason = "an example's, of which not all is tested here")]
#[path = "../examples/service/licences.rs"]
mod licences;
use std::time::Duration;
use test_support::{each_url, on_each_database};

use licences::{Licence, LicenceRepository, Licences};
use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::prelude::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn keys(found: &[Licence]) -> Vec<&str> {
    found.iter().map(|licence| licence.key.as_str()).collect()
}

on_each_database! {
    fn keeps_licences(db: &Db) {
        db.create_all::<Licences>().unwrap();
        let repository = LicenceRepository::with_db(db.clone());
        let now = mizzle::now();
        let one = repository.create("one", "Ada", now + DAY).unwrap();
        let two = repository.create("two", "Ada", now + 5 * DAY).unwrap();
        let past = repository.create("past", "Bob", now - DAY).unwrap();
        assert!(one.active && one.created_at <= mizzle::now());
        assert_eq!(repository.find_by_id(one.id).unwrap().as_ref(), Some(&one));
        assert_eq!(repository.find_by_id(-1).unwrap(), None);
        assert_eq!(repository.find_by_key("two").unwrap().as_ref(), Some(&two));
        assert!(repository.create("one", "Eve", now).unwrap_err().is_unique_violation());
        assert_eq!(keys(&repository.find_active().unwrap()), ["past", "one", "two"]);
        assert_eq!(keys(&repository.find_expiring_within(2 * DAY).unwrap()), ["one"]);
        assert_eq!(keys(&repository.find_expiring_within(6 * DAY).unwrap()), ["one", "two"]);

        repository.update(&Licence { active: false, ..one.clone() }).unwrap();
        assert_eq!(keys(&repository.find_expiring_within(6 * DAY).unwrap()), ["two"]);
        assert_eq!(repository.extend_all_of("Ada", 3 * DAY).unwrap(), 1);
        assert_eq!(repository.find_by_id(two.id).unwrap().unwrap().expires_at, two.expires_at + 3 * DAY);
        assert_eq!(keys(&repository.find_active_of("Ada").unwrap()), ["two"]);
        assert!(repository.delete(past.id).unwrap());
        assert!(!repository.delete(past.id).unwrap());
        assert!(repository.update(&past).unwrap_err().is_not_found());
    }
}

/// A repository on a manager follows it: an error before, the database after, an error again at the end.
#[test]
fn follows_its_manager() {
    each_url!(|url| {
        let manager = ConnectionManager::with_config(ManagerConfig::new(Db::builder(url)));
        let repository = LicenceRepository::new(&manager);
        assert!(repository.find_active().unwrap_err().to_string().contains("not initialized"));
        manager.initialize().unwrap().create_all::<Licences>().unwrap();
        assert!(repository.find_active().unwrap().is_empty());
        manager.reconnect().unwrap();
        assert!(repository.find_active().unwrap().is_empty());
        manager.disconnect();
        assert!(repository.find_active().unwrap_err().to_string().contains("disconnected"));
    });
}
