//! Related rows with random filters, orders and ranges, compared with a list of rows.

use mizzle::prelude::*;

use crate::expression::{Expr, Type};
use crate::model::sure;
use crate::schema::*;
use crate::sql::boolean;
use test_support::random::Random;

/// How many statements it ran.
pub fn check(db: &Db, things: &[Thing], random: &mut Random) -> usize {
    let depth = random.below(3);
    let condition = Expr::random(Type::Bool, depth, random);
    let Some(mut kept) = sure(&condition, things) else { return 0 };
    kept.sort_by_key(|thing| std::cmp::Reverse(thing.id));
    let of = |holder: i64| -> Vec<i64> {
        let related = kept.iter().filter(|thing| thing.holder_id == Some(holder));
        related.map(|thing| thing.id).collect()
    };
    let limit = random.chance(50).then(|| random.below(3));
    let offset = random.chance(30).then(|| random.below(3));
    let mut related = Holder::things().filter(boolean(&condition)).order_by(things::id.desc());
    if let Some(limit) = limit {
        related = related.limit(limit as u64);
    }
    if let Some(offset) = offset {
        related = related.offset(offset as u64);
    }
    let holders: Vec<WithThings<Holder>> =
        Holder::query().with(related).order_by(holders::id).all(db).expect("the holders");
    assert_eq!(holders.len(), HOLDERS as usize);
    for holder in &holders {
        let found: Vec<i64> = holder.things.iter().map(|thing| thing.id).collect();
        let expected = of(holder.id).into_iter().skip(offset.unwrap_or(0));
        let expected: Vec<i64> = expected.take(limit.unwrap_or(usize::MAX)).collect();
        assert_eq!(found, expected, "{limit:?} {offset:?} {condition:#?}");
    }
    let plain = Holder::query().order_by(holders::id).all(db).expect("the holders");
    let counts = Holder::things().filter(boolean(&condition)).counts(db, &plain).expect("counts");
    let expected: Vec<u64> = plain.iter().map(|holder| of(holder.id).len() as u64).collect();
    assert_eq!(counts, expected, "{condition:#?}");
    let has = |exists: bool| {
        let related = Holder::things().filter(boolean(&condition));
        let query = Holder::query().order_by(holders::id);
        let query = if exists {
            query.filter(related.exists())
        } else {
            query.filter(related.not_exists())
        };
        let ids: Vec<i64> =
            query.all(db).expect("the holders").into_iter().map(|holder| holder.id).collect();
        ids
    };
    for exists in [true, false] {
        let expected: Vec<i64> = plain
            .iter()
            .map(|holder| holder.id)
            .filter(|&id| of(id).is_empty() != exists)
            .collect();
        assert_eq!(has(exists), expected, "{exists} {condition:#?}");
    }
    6
}
