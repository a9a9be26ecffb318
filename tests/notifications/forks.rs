//! Processes that fork while they listen.

use std::sync::Mutex;
use std::time::Duration;

use mizzle::prelude::*;
use test_support::fork::in_child;
use test_support::on_each_database;

use super::next;

on_each_database! {
    fn the_listener_is_the_parents(db: &Db) {
        let listener = Mutex::new(Some(db.listen("c").unwrap()));
        let said = in_child(|| {
            // Of the child's copy.
            let mut listener = listener.lock().unwrap().take().unwrap();
            let heard = (listener.next_within(Duration::from_secs(60)), listener.next());
            let is_closed = listener.is_closed();
            // Must not end the parent's.
            drop(listener);
            let refused = (db.listen("c").is_err(), db.notify("c", "child").is_err());
            format!("{heard:?} {is_closed} {refused:?}")
        });
        assert_eq!(said, "(None, None) true (true, true)");
        let mut listener = listener.into_inner().unwrap().unwrap();
        db.notify("c", "parent").unwrap();
        assert_eq!(next(&mut listener).1, "parent");
    }
}
