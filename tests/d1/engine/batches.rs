//! Batches on the engine of D1: all or none.

use mizzle::prelude::*;
use mizzle::{Db, batch};
use test_support::{Fresh, is_d1};

#[derive(Table, Debug, Clone, PartialEq)]
struct Account {
    #[column(primary_key)]
    id: i64,
    #[column(unique)]
    name: String,
    balance: i64,
}

mizzle::schema!(Bank = [Account]);

fn bank() -> Option<Fresh> {
    if !is_d1() {
        return None;
    }
    let fresh = Fresh::d1();
    fresh.db.create_all::<Bank>().unwrap();
    fresh.db.insert_all(&[account(1, "a"), account(2, "b")]).unwrap();
    Some(fresh)
}

fn account(id: i64, name: &str) -> Account {
    Account { id, name: name.into(), balance: 0 }
}

fn all(db: &Db) -> Vec<Account> {
    Account::query().order_by(accounts::id.asc()).all(db).unwrap()
}

#[test]
fn a_failing_statement_undoes_the_others() {
    let Some(Fresh { db, .. }) = &bank() else { return };
    let before = all(db);
    let failed =
        db.batch((batch::insert(account(3, "c")), batch::insert(account(4, "a")))).unwrap_err();
    assert!(failed.is_unique_violation(), "{failed:?}");
    assert_eq!(failed.constraint().unwrap().columns, ["name"]);
    assert_eq!(all(db), before);
}

#[test]
fn a_missing_row_undoes_the_others() {
    let Some(Fresh { db, .. }) = &bank() else { return };
    let before = all(db);
    let (there, missing) = (account(1, "x"), account(9, "y"));
    let failed = db.batch((batch::update(&there), batch::update(&missing))).unwrap_err();
    assert!(failed.is_not_found(), "{failed:?}");
    assert_eq!(failed.batch_place(), Some(1));
    assert_eq!(all(db), before);
    db.batch((batch::update(&there), Account::query().batched().all())).unwrap();
    assert_eq!(all(db)[0].name, "x");
}

#[test]
fn many_rows_are_stored_or_none() {
    let Some(Fresh { db, .. }) = &bank() else { return };
    let mut rows: Vec<Account> = (10..500).map(|id| account(id, &format!("name {id}"))).collect();
    assert_eq!(db.insert_all(&rows).unwrap(), 490);
    rows.iter_mut().for_each(|row| row.id += 1000);
    assert!(db.insert_all(&rows).unwrap_err().is_unique_violation());
    assert_eq!(all(db).len(), 492);
    rows.iter_mut().for_each(|row| row.name.push('!'));
    let stored = db.insert_all_returning(&rows).unwrap();
    assert_eq!(stored, rows);
}
