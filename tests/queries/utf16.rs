//! SQLite files whose texts are UTF-16, as others make them.
#![cfg(feature = "sqlite")]

use mizzle::prelude::*;

use crate::schema::*;

#[test]
fn texts_are_found_in_a_file_of_utf_16() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let db = Db::connect(&format!("sqlite:{}", folder.path().join("a.db").display()))
            .expect("a database");
        db.execute_sql(&format!("PRAGMA encoding = '{encoding}'")).expect("an empty file");
        seed(&db);
        db.insert(somebody("")).expect("a row");
        let count = |names: Vec<String>| {
            db.count(people::table.filter(people::name.eq_any(names))).expect("the count")
        };
        let others = (0..2_000).map(|number| format!("nobody {number} €"));
        assert_eq!(count(others.clone().chain(["Ada".into(), String::new()]).collect()), 2);
        assert_eq!(count(vec!["Ada".into(), "Dot".into()]), 2);
        let balances: Vec<Decimal> =
            (0..2_000).map(|number| Decimal::from(number) + decimal("0.5")).collect();
        let found = people::table.filter(people::balance.eq_any(balances));
        assert_eq!(db.count(found).expect("the count"), 1);
        assert_eq!(Person::query().filter(people::note.ilike("é%")).count(&db).expect("1"), 1);
        let ada = Person::query().filter(people::name.eq("Ada")).one(&db).expect("the row");
        assert_eq!(ada, club()[0]);
        let total: Option<Decimal> = db
            .one(people::table.select(mizzle::dsl::decimal::sum(people::balance)))
            .expect("the sum");
        assert_eq!(total, Some(decimal("-80.74")));
    }
}
