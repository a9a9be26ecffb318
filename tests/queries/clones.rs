//! A query is a value: a clone is narrowed without the other.

use mizzle::prelude::*;

use crate::on_each_database;

/// A thing of a kind.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(parts = ClonePart))]
pub struct CloneThing {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}

/// A part of one.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct ClonePart {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(CloneThing, as = thing))]
    pub thing_id: i64,
}

mizzle::schema!(pub CloneThings = [CloneThing, ClonePart]);

on_each_database! {
    fn are_narrowed_apart(db: &Db) {
        db.create_all::<CloneThings>().unwrap();
        let things: Vec<_> =
            (1..=6).map(|id| CloneThing { id, name: format!("n{}", id % 2) }).collect();
        db.insert_all(things).unwrap();
        let parts: Vec<_> = (1..=6).map(|id| ClonePart { id, thing_id: id }).collect();
        db.insert_all(parts).unwrap();
        let name = String::from("n1");
        let base = CloneThing::query().filter(clone_things::name.eq(&name)).order_by(clone_things::id.desc());
        let narrowed = base.clone().filter(clone_things::id.lt(4)).limit(1);
        let ids = |query: &Query<'_, CloneThing>| -> Vec<i64> {
            query.all(db).unwrap().into_iter().map(|row| row.id).collect()
        };
        assert_eq!(ids(&base), [5, 3, 1]);
        assert_eq!(ids(&narrowed), [3]);
        assert_eq!(base.clone().count(db).unwrap(), 3);
        let parts = CloneThing::parts().filter(clone_parts::id.gt(2));
        let with = base.clone().with(parts.clone());
        let sums = |rows: Vec<WithParts<CloneThing>>| -> Vec<usize> {
            rows.iter().map(|row| row.parts.len()).collect()
        };
        assert_eq!(sums(with.clone().all(db).unwrap()), [1, 1, 0]);
        assert_eq!(sums(with.limit(2).all(db).unwrap()), [1, 1]);
        assert_eq!(base.filter(parts.exists()).count(db).unwrap(), 2);
    }
}

/// Both preludes at once.
mod beside_diesel {
    #[allow(unused_imports, reason = "what both have is one of them")]
    use diesel::prelude::*;
    #[allow(unused_imports, reason = "what both have is one of them")]
    use mizzle::prelude::*;

    use super::{CloneThing, clone_things};

    #[test]
    fn ilike_is_one() {
        let query = CloneThing::query()
            .filter(clone_things::name.ilike("N1"))
            .filter(clone_things::name.not_ilike("x%"))
            .filter(clone_things::id.eq(1));
        assert!(query.to_sql(mizzle::Dialect::Postgres).unwrap().contains("ILIKE"));
    }
}
