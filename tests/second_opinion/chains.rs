//! Random chains of a query's clauses, after a WITH and before each call that runs them, compared with a naive model.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use diesel::dsl::{count_star, exists, not};
use mizzle::Condition;
use mizzle::prelude::*;
use mizzle::relation::Attach;
use test_support::random::Random;

use crate::ways::Undone;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(pets = Pet))]
pub struct Owner {
    #[column(primary_key)]
    id: i64,
    town: Option<String>,
    age: i32,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Pet {
    #[column(primary_key)]
    id: i64,
    #[column(references(Owner))]
    owner_id: Option<i64>,
    kind: i32,
    weight: Option<i32>,
}

mizzle::schema!(pub Farm = [Owner, Pet]);

/// How many pets of some kinds an owner has. Who has none isn't there.
#[derive(Cte, Debug)]
#[allow(dead_code, reason = "its rows are only compared")]
struct Herd {
    owner_id: i64,
    pets: i64,
}

/// The rows of both tables.
pub struct World {
    owners: Vec<Owner>,
    pets: Vec<Pet>,
    /// The kinds that herds count are below this.
    kinds: i32,
}

const TOWNS: [Option<&str>; 4] = [None, Some("Aa"), Some("Bb"), Some("b")];

impl World {
    pub fn random(random: &mut Random) -> Self {
        let owner = |id, random: &mut Random| Owner {
            id,
            town: random.pick(&TOWNS).map(str::to_owned),
            age: random.below(5) as i32,
        };
        let owners: Vec<Owner> = (1..=random.below(5) as i64).map(|id| owner(id, random)).collect();
        let pet = |id, random: &mut Random| Pet {
            id,
            owner_id: random
                .maybe(|random| random.below(owners.len()) as i64 + 1)
                .filter(|_| !owners.is_empty()),
            kind: random.below(4) as i32,
            weight: random.maybe(|random| random.below(4) as i32),
        };
        let pets = (1..=random.below(14) as i64).map(|id| pet(id, random)).collect();
        Self { owners, pets, kinds: random.below(5) as i32 }
    }

    pub fn store(&self, db: &Db) {
        Pet::query().delete(db).expect("no pets");
        Owner::query().delete(db).expect("no owners");
        let owners = self.owners.iter().cloned().map(|owner| {
            NewOwner::builder().id(owner.id).maybe_town(owner.town).age(owner.age).build()
        });
        db.insert_all(owners.collect::<Vec<_>>()).expect("the owners");
        let pets = self.pets.iter().map(|pet| {
            let new = NewPet::builder().id(pet.id).maybe_owner_id(pet.owner_id);
            new.kind(pet.kind).maybe_weight(pet.weight).build()
        });
        db.insert_all(pets.collect::<Vec<_>>()).expect("the pets");
    }

    fn owner(&self, pet: &Pet) -> Option<&Owner> {
        self.owners.iter().find(|owner| Some(owner.id) == pet.owner_id)
    }

    /// The number of an owner's pets that its herd counts.
    fn herd(&self, owner: i64) -> i64 {
        let of = self.pets.iter().filter(|pet| pet.owner_id == Some(owner));
        of.filter(|pet| pet.kind < self.kinds).count() as i64
    }
}

/// A condition on a pet.
#[derive(Debug)]
enum Test {
    Kind(i32),
    Lighter(i32),
    Weightless,
    OwnerIn(Vec<i64>),
    OwnerAged(i32),
    OwnerNotAged(i32),
    OwnerFrom(Option<&'static str>),
    Herd(i64),
    ByHand(i32, i32),
    Either(i32, i32),
}

impl Test {
    fn random(random: &mut Random) -> Self {
        let number = random.below(5) as i32;
        match random.below(10) {
            0 => Self::Kind(number),
            1 => Self::Lighter(number),
            2 => Self::Weightless,
            3 => Self::OwnerIn((0..random.below(4)).map(|_| random.below(6) as i64).collect()),
            4 => Self::OwnerAged(number),
            5 => Self::OwnerNotAged(number),
            6 => Self::OwnerFrom(*random.pick(&TOWNS)),
            7 => Self::ByHand(number, random.below(4) as i32),
            8 => Self::Either(number, random.below(4) as i32),
            _ => Self::Herd(number.into()),
        }
    }

    fn holds(&self, pet: &Pet, world: &World) -> Option<bool> {
        let lighter = |than: i32| pet.weight.map(|weight| weight < than);
        let among = |ids: &BTreeSet<i64>| match pet.owner_id {
            _ if ids.is_empty() => Some(false),
            owner => owner.map(|owner| ids.contains(&owner)),
        };
        let aged = |least: i32| -> BTreeSet<i64> {
            let of_age = world.owners.iter().filter(|owner| owner.age >= least);
            of_age.map(|owner| owner.id).collect()
        };
        match self {
            Self::Kind(kind) => Some(pet.kind == *kind),
            Self::Lighter(than) => lighter(*than),
            Self::Weightless => Some(pet.weight.is_none()),
            Self::OwnerIn(ids) => among(&ids.iter().copied().collect()),
            Self::OwnerAged(least) => among(&aged(*least)),
            Self::OwnerNotAged(least) => among(&aged(*least)).map(|is| !is),
            Self::OwnerFrom(town) => {
                Some(world.owner(pet).is_some_and(|owner| owner.town.as_deref() == *town))
            }
            Self::Herd(least) => Some(
                pet.owner_id
                    .is_some_and(|owner| world.herd(owner) > 0 && world.herd(owner) >= *least),
            ),
            Self::ByHand(kind, than) | Self::Either(kind, than) => {
                either(Some(pet.kind == *kind), lighter(*than))
            }
        }
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    either(a.map(|a| !a), b.map(|b| !b)).map(|is| !is)
}

/// A filter: its condition, whether the opposite is meant, and whether it widens the filters before it.
#[derive(Debug)]
struct Step {
    test: Test,
    is_negated: bool,
    widens: bool,
}

#[derive(Debug, Clone, Copy)]
enum By {
    Kind,
    KindDown,
    WeightFirst,
    WeightDownLast,
}

/// A query, apart from what runs it.
#[derive(Debug)]
pub struct Chain {
    /// Whether a WITH is before the query: it follows the first clauses, or it is inside of the conditions.
    has_with: bool,
    steps: Vec<Step>,
    orders: Vec<By>,
    is_distinct: bool,
    limit: Option<u64>,
    offset: Option<u64>,
    number: i32,
}

macro_rules! herds {
    ($world:expr) => {
        Herd::with(
            owners::table
                .inner_join(pets::table)
                .filter(pets::kind.lt($world.kinds))
                .group_by(owners::id)
                .select((owners::id, count_star())),
        )
    };
}

fn add<'q>(
    query: Query<'q, Pet>,
    step: &Step,
    condition: impl Condition<Pet> + 'q,
) -> Query<'q, Pet> {
    if step.widens { query.or_filter(condition) } else { query.filter(condition) }
}

impl Chain {
    pub fn random(random: &mut Random) -> Self {
        let step = |random: &mut Random| Step {
            test: Test::random(random),
            is_negated: random.chance(25),
            widens: random.chance(40),
        };
        let orders = [By::Kind, By::KindDown, By::WeightFirst, By::WeightDownLast];
        Self {
            has_with: random.chance(60),
            steps: (0..random.below(5)).map(|_| step(random)).collect(),
            orders: (0..random.below(3)).map(|_| *random.pick(&orders)).collect(),
            is_distinct: random.chance(20),
            limit: random.chance(40).then(|| random.below(6) as u64),
            offset: random.chance(30).then(|| random.below(4) as u64),
            number: random.below(5) as i32,
        }
    }

    fn keeps(&self, pet: &Pet, world: &World) -> Option<bool> {
        let mut kept = None;
        for step in &self.steps {
            let holds = step.test.holds(pet, world);
            let holds = if step.is_negated { holds.map(|is| !is) } else { holds };
            kept = Some(match kept {
                None => holds,
                Some(before) if step.widens => either(before, holds),
                Some(before) => both(before, holds),
            });
        }
        kept.unwrap_or(Some(true))
    }

    fn compare(&self, a: &Pet, b: &Pet) -> Ordering {
        let by = |by: &By| match by {
            By::Kind => a.kind.cmp(&b.kind),
            By::KindDown => b.kind.cmp(&a.kind),
            By::WeightFirst => a.weight.cmp(&b.weight),
            By::WeightDownLast => b.weight.cmp(&a.weight),
        };
        self.orders.iter().map(by).find(|order| order.is_ne()).unwrap_or(a.id.cmp(&b.id))
    }

    /// The rows that the query keeps, in its order, of those for which `also` is true.
    fn kept<'w>(&self, world: &'w World, also: impl Fn(&Pet) -> bool) -> Vec<&'w Pet> {
        let mut kept: Vec<&Pet> = world
            .pets
            .iter()
            .filter(|pet| self.keeps(pet, world) == Some(true) && also(pet))
            .collect();
        kept.sort_by(|a, b| self.compare(a, b));
        kept
    }

    fn in_range<T>(&self, rows: Vec<T>) -> Vec<T> {
        let rows = rows.into_iter().skip(self.offset.unwrap_or(0) as usize);
        rows.take(self.limit.unwrap_or(u64::MAX) as usize).collect()
    }

    fn has_range(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// The query without its order and its range.
    fn filtered<'w>(&'w self, world: &'w World) -> Query<'w, Pet> {
        let mut query = Pet::query();
        for step in &self.steps {
            macro_rules! add {
                ($condition:expr) => {
                    if step.is_negated {
                        add(query, step, not($condition))
                    } else {
                        add(query, step, $condition)
                    }
                };
            }
            let aged = |least: i32| Owner::query().filter(owners::age.ge(least)).select(owners::id);
            query = match &step.test {
                Test::Kind(kind) => add!(pets::kind.eq(*kind)),
                Test::Lighter(than) => add!(pets::weight.lt(*than)),
                Test::Weightless => add!(pets::weight.is_null()),
                Test::OwnerIn(ids) => add!(pets::owner_id.eq_any(ids)),
                Test::OwnerAged(least) => add!(pets::owner_id.eq_any(aged(*least))),
                Test::OwnerNotAged(least) => add!(pets::owner_id.ne_all(aged(*least))),
                Test::OwnerFrom(Some(town)) => {
                    add!(Pet::owner().filter(owners::town.eq(*town)).exists())
                }
                Test::OwnerFrom(None) => {
                    add!(Pet::owner().filter(owners::town.is_null()).exists())
                }
                Test::Either(kind, than) => {
                    add!(pets::kind.eq(*kind).nullable().or(pets::weight.lt(*than)))
                }
                Test::ByHand(kind, than) => {
                    add!(sql!("pets.kind = {*kind} OR pets.weight < {*than}"))
                }
                Test::Herd(least) => {
                    let of_owner = herds::table
                        .filter(herds::owner_id.nullable().eq(pets::owner_id))
                        .filter(herds::pets.ge(*least));
                    if self.has_with {
                        add!(exists(of_owner))
                    } else {
                        add!(herds!(world).exists(of_owner))
                    }
                }
            };
        }
        if self.has_with { herds!(world).then(query) } else { query }
    }

    fn ranged<'w>(&self, mut query: Query<'w, Pet>) -> Query<'w, Pet> {
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        if let Some(offset) = self.offset {
            query = query.offset(offset);
        }
        query
    }

    fn query<'w>(&'w self, world: &'w World) -> Query<'w, Pet> {
        let mut query = self.filtered(world);
        for by in &self.orders {
            query = match by {
                By::Kind => query.then_order_by(pets::kind),
                By::KindDown => query.then_order_by(pets::kind.desc()),
                By::WeightFirst => query.then_order_by(pets::weight.asc().nulls_first()),
                By::WeightDownLast => query.then_order_by(pets::weight.desc().nulls_last()),
            };
        }
        query = self.ranged(query.then_order_by(pets::id));
        if self.is_distinct { query.distinct() } else { query }
    }

    /// How many statements it ran.
    pub fn check(&self, db: &Db, world: &World) -> usize {
        self.read(db, world);
        self.read_related(db, world);
        self.read_parts(db, world);
        self.write(db, world);
        self.write_using(db, world);
        20
    }

    fn read(&self, db: &Db, world: &World) {
        let all = self.kept(world, |_| true);
        let expected: Vec<Pet> = self.in_range(all.clone()).into_iter().cloned().collect();
        let query = || self.query(world);
        assert_eq!(query().all(db).expect("the rows"), expected, "{self:#?}");
        assert_eq!(query().first(db).expect("a row").as_ref(), expected.first(), "{self:#?}");
        assert_eq!(query().count(db).expect("a count"), expected.len() as u64, "{self:#?}");
        assert_eq!(query().exists(db).expect("whether"), !expected.is_empty(), "{self:#?}");
        let one = query().one(db);
        assert_eq!(one.is_ok(), expected.len() == 1, "{self:#?}");
        let streamed: mizzle::Result<Vec<Pet>> = query().stream(db).expect("a stream").collect();
        assert_eq!(streamed.expect("the rows"), expected, "{self:#?}");
        if self.has_range() {
            return;
        }
        let page = query().page(db, 2, 3).expect("a page");
        let items: Vec<&Pet> = page.items.iter().collect();
        assert_eq!(items, all.iter().copied().skip(3).take(3).collect::<Vec<_>>(), "{self:#?}");
        assert_eq!(page.total, all.len() as u64, "{self:#?}");
        let mut by_keyset = Vec::new();
        let keyset = || self.filtered(world).keyset((pets::weight.desc().nulls_last(), pets::kind));
        let mut page = keyset().page(db, 2).expect("a page");
        loop {
            by_keyset.append(&mut page.items);
            let Some(next) = page.next else { break };
            page = keyset().after(next).page(db, 2).expect("a page");
        }
        let mut sorted = all;
        sorted.sort_by_key(|pet| (std::cmp::Reverse(pet.weight), pet.kind, pet.id));
        assert_eq!(by_keyset.iter().collect::<Vec<_>>(), sorted, "{self:#?}");
    }

    fn read_related(&self, db: &Db, world: &World) {
        let check = |found: Vec<WithOwner<Pet>>, expected: Vec<&Pet>, least: i32| {
            assert_eq!(
                found.iter().map(|row| row.id).collect::<Vec<_>>(),
                ids(&expected),
                "{self:#?}"
            );
            for (row, pet) in found.iter().zip(expected) {
                let owner = world.owner(pet).filter(|owner| owner.age >= least);
                assert_eq!(row.owner.as_ref(), owner, "{self:#?}");
            }
        };
        let older = || Pet::owner().filter(owners::age.ge(self.number));
        let all = self.in_range(self.kept(world, |_| true));
        check(rows(db, self.query(world).with(Pet::owner())), all.clone(), 0);
        check(rows(db, self.query(world).with(older())), all, self.number);
        let is_owned = |pet: &Pet| world.owner(pet).is_some_and(|owner| owner.age >= self.number);
        let owned = self.in_range(self.kept(world, is_owned));
        let query = || self.query(world).with(older().required());
        assert_eq!(query().count(db).expect("a count"), owned.len() as u64, "{self:#?}");
        check(rows(db, query()), owned, self.number);
    }

    fn read_parts(&self, db: &Db, world: &World) {
        let kept = self.in_range(self.kept(world, |_| true));
        let selected: Vec<(i64, Option<i32>)> = if self.is_distinct {
            db.load(self.query(world).select((pets::id, pets::weight, pets::kind))).map(
                |rows: Vec<(i64, Option<i32>, i32)>| {
                    rows.into_iter().map(|row| (row.0, row.1)).collect()
                },
            )
        } else {
            db.load(self.query(world).select((pets::id, pets::weight)))
        }
        .expect("the rows");
        let expected: Vec<_> = kept.iter().map(|pet| (pet.id, pet.weight)).collect();
        assert_eq!(selected, expected, "{self:#?}");
        // Equal values once, then the range.
        let kinds = self.filtered(world).distinct().order_by(pets::kind);
        let kinds = self.ranged(kinds).select(pets::kind);
        let found: Vec<i32> = db.load(kinds.clone()).expect("the kinds");
        let distinct: BTreeSet<i32> =
            self.kept(world, |_| true).iter().map(|pet| pet.kind).collect();
        assert_eq!(found, self.in_range(distinct.into_iter().collect()), "{self:#?}");
        assert_eq!(db.count(kinds).expect("a count"), found.len() as u64, "{self:#?}");
        // As a part of another query.
        let owners = Owner::query().filter(self.query(world).has_row()).count(db).expect("a count");
        assert_eq!(
            owners,
            if kept.is_empty() { 0 } else { world.owners.len() as u64 },
            "{self:#?}"
        );
        // With `distinct`, only what is selected can be sorted by.
        if !self.is_distinct {
            let first = kept.first().map(|pet| pet.id);
            let value = || self.query(world).select(pets::id).single_value();
            let selected: Option<i64> = db.one(diesel::select(value())).expect("a value");
            assert_eq!(selected, first, "{self:#?}");
            let later = Pet::query().filter(pets::id.nullable().gt(value()));
            let expected =
                world.pets.iter().filter(|pet| first.is_some_and(|first| pet.id > first));
            assert_eq!(later.count(db).expect("a count"), expected.count() as u64, "{self:#?}");
        }
        let ids_of = if self.is_distinct { self.filtered(world) } else { self.query(world) };
        let kept = if self.is_distinct { self.kept(world, |_| true) } else { kept };
        let owners = Owner::query().filter(owners::id.eq_any(ids_of.select(pets::owner_id)));
        let mut found: Vec<i64> =
            owners.all(db).expect("the owners").into_iter().map(|owner| owner.id).collect();
        found.sort_unstable();
        let expected: BTreeSet<i64> = kept.iter().filter_map(|pet| pet.owner_id).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{self:#?}");
    }

    /// Runs a write, and compares the table with what it should be. Nothing stays.
    fn check_write(
        &self,
        db: &Db,
        expected: (usize, &[Pet]),
        write: impl FnOnce(&mizzle::Tx<'_>) -> mizzle::Result<u64>,
    ) {
        let undone: Result<(), Undone> = db.try_transaction(|tx| {
            let written = write(tx).unwrap_or_else(|error| panic!("{error:?}\n{self:#?}"));
            let left = Pet::query().order_by(pets::id).all(tx)?;
            assert_eq!((written, &*left), (expected.0 as u64, expected.1), "{self:#?}");
            Err(Undone::Here(Ok(written)))
        });
        assert!(matches!(undone, Err(Undone::Here(_))), "{self:#?}");
    }

    fn write(&self, db: &Db, world: &World) {
        let kept = ids(&self.in_range(self.kept(world, |_| true)));
        let left: Vec<Pet> =
            world.pets.iter().filter(|pet| !kept.contains(&pet.id)).cloned().collect();
        self.check_write(db, (kept.len(), &left), |tx| self.query(world).delete(tx));
        let mut changed = world.pets.clone();
        let touched = changed.iter_mut().filter(|pet| kept.contains(&pet.id));
        touched.for_each(|pet| pet.kind = 77);
        self.check_write(db, (kept.len(), &changed), |tx| {
            self.query(world).update(tx, PetChanges::default().kind(77))
        });
    }

    fn write_using(&self, db: &Db, world: &World) {
        let matches = |pet: &Pet| world.owner(pet).is_some_and(|owner| owner.age >= self.number);
        let kept = ids(&self.in_range(self.kept(world, matches)));
        let using = || {
            let on = owners::id.nullable().eq(pets::owner_id).and(owners::age.ge(self.number));
            self.query(world).using(owners::table, on)
        };
        let left: Vec<Pet> =
            world.pets.iter().filter(|pet| !kept.contains(&pet.id)).cloned().collect();
        self.check_write(db, (kept.len(), &left), |tx| using().delete(tx));
        let mut changed = world.pets.clone();
        for pet in changed.iter_mut().filter(|pet| kept.contains(&pet.id)) {
            pet.kind += 10 * world.owner(pet).map_or(0, |owner| owner.age);
        }
        self.check_write(db, (kept.len(), &changed), |tx| {
            using().set(pets::kind, pets::kind + owners::age * 10).update(tx)
        });
    }
}

/// The rows, read in any of the ways that attach related rows.
fn rows<L: Attach<Pet> + Clone>(db: &Db, query: Query<'_, Pet, L>) -> Vec<L::Out>
where
    L::Out: PartialEq + std::fmt::Debug,
{
    let all = query.clone().all(db).expect("the rows");
    let streamed: mizzle::Result<Vec<L::Out>> = query.stream(db).expect("a stream").collect();
    assert_eq!(streamed.expect("the rows"), all);
    all
}

fn ids(pets: &[&Pet]) -> Vec<i64> {
    pets.iter().map(|pet| pet.id).collect()
}
