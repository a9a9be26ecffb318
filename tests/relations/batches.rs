//! Queries with relations in a batch: each sees what the items before it have left, with the related rows of that moment,
//! and all of it is done or nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;

use mizzle::prelude::*;
use mizzle::{ErrorCode, batch};
use test_support::on_each_database;
use test_support::random::Random;

use crate::log::Log;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "firms", has_many(staff = Person))]
pub struct Firm {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "people", has_many(tasks = Task))]
pub struct Person {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Firm, on_delete = cascade))]
    pub firm_id: i64,
    pub name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "tasks")]
pub struct Task {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Person, on_delete = cascade))]
    pub person_id: i64,
}

mizzle::schema!(Work = [Firm, Person, Task]);

/// The rows of the tables.
#[derive(Debug, Clone, Default)]
struct Model {
    firms: Vec<i64>,
    people: BTreeMap<i64, (i64, String)>,
    tasks: BTreeMap<i64, i64>,
}

/// A firm with its people, and these with their tasks.
type Tree = (i64, Vec<(i64, String, Vec<i64>)>);

impl Model {
    fn tasks(&self, person: i64) -> Vec<i64> {
        self.tasks.iter().filter(|(_, of)| **of == person).map(|(id, _)| *id).collect()
    }

    fn trees(&self, most: i64) -> Vec<Tree> {
        let staff = |firm: i64| {
            let people = self.people.iter().filter(|(_, (of, _))| *of == firm);
            people.map(|(id, (_, name))| (*id, name.clone(), self.tasks(*id))).collect()
        };
        let firms = self.firms.iter().filter(|firm| **firm <= most);
        firms.map(|firm| (*firm, staff(*firm))).collect()
    }

    /// The first people by their ids, each with the firm and the tasks.
    fn people(&self, limit: usize) -> Vec<(i64, i64, Vec<i64>)> {
        let people = self.people.iter().take(limit);
        people.map(|(id, (firm, _))| (*id, *firm, self.tasks(*id))).collect()
    }
}

/// A statement that writes.
#[derive(Debug, Clone)]
enum Write {
    Hire(i64, i64),
    Fire(i64),
    Rename(i64, i64),
    Assign(i64, i64),
    /// Not a write to these tables: it runs whatever a query before it lacks.
    Count,
}

impl Write {
    fn random(random: &mut Random) -> Self {
        let id = |random: &mut Random, most| random.below(most) as i64;
        match random.below(7) {
            0 | 1 => Self::Hire(id(random, 60), id(random, 41)),
            2 => Self::Fire(id(random, 60)),
            3 => Self::Rename(id(random, 60), id(random, 9)),
            4 | 5 => Self::Assign(id(random, 400), id(random, 60)),
            _ => Self::Count,
        }
    }

    /// Returns the number of rows, or none if it fails.
    fn apply(&self, to: &mut Model) -> Option<u64> {
        match *self {
            Self::Hire(id, firm) => {
                let fits = !to.people.contains_key(&id) && to.firms.contains(&firm);
                fits.then(|| drop(to.people.insert(id, (firm, String::new())))).map(|()| 1)
            }
            Self::Fire(id) => {
                to.tasks.retain(|_, person| *person != id);
                Some(to.people.remove(&id).map_or(0, |_| 1))
            }
            Self::Rename(id, name) => Some(to.people.get_mut(&id).map_or(0, |(_, had)| {
                *had = name.to_string();
                1
            })),
            Self::Assign(id, person) => {
                let fits = !to.tasks.contains_key(&id) && to.people.contains_key(&person);
                fits.then(|| to.tasks.insert(id, person)).map(|_| 1)
            }
            Self::Count => Some(to.people.len() as u64),
        }
    }

    fn item(&self) -> batch::Item<'static, u64> {
        match *self {
            Self::Hire(id, firm_id) => {
                batch::insert_all(vec![NewPerson { id, firm_id, name: String::new() }])
            }
            Self::Fire(id) => Person::query().filter(people::id.eq(id)).batched().delete(),
            Self::Rename(id, name) => batch::execute(
                diesel::update(people::table.find(id)).set(people::name.eq(name.to_string())),
            ),
            Self::Assign(id, person_id) => batch::insert_all(vec![NewTask { id, person_id }]),
            Self::Count => Person::query().with(Person::firm()).batched().count(),
        }
    }
}

/// 40 firms, more than a join is used for, and people in some of them.
fn filled(db: &Db) -> Model {
    db.create_all::<Work>().unwrap();
    let firms: Vec<i64> = (1..=40).collect();
    db.insert_all(firms.iter().map(|&id| NewFirm { id }).collect::<Vec<_>>()).unwrap();
    let mut model = Model { firms, ..Model::default() };
    for id in 0..20 {
        Write::Hire(id, 1 + id % 7).apply(&mut model).unwrap();
        Write::Assign(id, id / 2).apply(&mut model).unwrap();
    }
    let person = |(id, (firm_id, _)): (&i64, &(i64, String))| NewPerson {
        id: *id,
        firm_id: *firm_id,
        name: String::new(),
    };
    db.insert_all(model.people.iter().map(person).collect::<Vec<_>>()).unwrap();
    let tasks = model.tasks.iter().map(|(&id, &person_id)| NewTask { id, person_id });
    db.insert_all(tasks.collect::<Vec<_>>()).unwrap();
    model
}

fn firms(most: i64) -> batch::Item<'static, Vec<WithStaff<Firm, WithTasks<Person>>>> {
    let staff = Firm::staff().order_by(people::id).with(Person::tasks().order_by(tasks::id));
    Firm::query().filter(firms::id.le(most)).order_by(firms::id).with(staff).batched().all()
}

fn tree(firm: &WithStaff<Firm, WithTasks<Person>>) -> Tree {
    let ids = |tasks: &[Task]| tasks.iter().map(|task| task.id).collect();
    let staff = firm.staff.iter();
    (firm.id, staff.map(|person| (person.id, person.name.clone(), ids(&person.tasks))).collect())
}

type Employee = WithTasks<WithFirm<Person>>;

fn people(limit: u64) -> batch::Item<'static, Vec<Employee>> {
    let query = Person::query().order_by(people::id).limit(limit);
    query.with(Person::firm()).with(Person::tasks().order_by(tasks::id)).batched().all()
}

fn employee(person: &Employee) -> (i64, i64, Vec<i64>) {
    (person.id, person.firm.id, person.tasks.iter().map(|task| task.id).collect())
}

on_each_database! {
    fn random_batches(db: &Db) {
        let mut known = filled(db);
        let seed = std::env::var("MIZZLE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(20_261_127);
        let cases = std::env::var("MIZZLE_TEST_CASES").map_or(120, |cases| cases.parse().unwrap());
        eprintln!("MIZZLE_TEST_SEED={seed}");
        let mut random = Random::new(seed);
        let (mut done, mut failed) = (0, 0);
        for case in 0..cases {
            let [one, two, three] = [(); 3].map(|()| Write::random(&mut random));
            let most = random.below(42) as i64;
            // With a limit of few rows the firms are joined.
            let limit = *random.pick(&[0, 1, 5, 32, 50]);
            let sought = random.below(60) as i64;
            let writes = format!("case {case}: {one:?} {two:?} {three:?} {most} {limit} {sought}");
            let mut after = known.clone();
            let expected = (|| {
                let first = one.apply(&mut after).ok_or(0_usize)?;
                let firms = after.trees(most);
                let second = two.apply(&mut after).ok_or(2_usize)?;
                let people = after.people(limit);
                let third = three.apply(&mut after).ok_or(4_usize)?;
                let found = after.people.get(&sought).map(|(firm, _)| (sought, *firm, after.tasks(sought)));
                Ok((first, firms, second, people, third, found.ok_or(5_usize)?))
            })();
            let items = (
                one.item(),
                firms(most),
                two.item(),
                people(limit as u64),
                three.item(),
                Person::query()
                    .find(sought)
                    .with(Person::firm())
                    .with(Person::tasks().order_by(tasks::id))
                    .batched()
                    .one(),
            );
            let result = if random.chance(30) {
                db.transaction(|tx| {
                    let result = tx.batch(items);
                    // The transaction can go on.
                    let now = if result.is_ok() { &after } else { &known };
                    assert_eq!(tx.count(people::table)?, now.people.len() as u64, "{writes}");
                    Ok(result)
                })
                .unwrap()
            } else {
                db.batch(items)
            };
            match (result, expected) {
                (Ok((first, firms, second, people, third, one)), Ok(expected)) => {
                    let trees: Vec<_> = firms.iter().map(tree).collect();
                    let people: Vec<_> = people.iter().map(employee).collect();
                    let found = (first, trees, second, people, third, employee(&one));
                    assert_eq!(found, expected, "{writes}");
                    known = after;
                    done += 1;
                }
                (Err(error), Err(place)) => {
                    assert_eq!(error.batch_place(), Some(place), "{writes}: {error:?}");
                    failed += 1;
                }
                (result, expected) => panic!("{writes}: {expected:?} {result:?}"),
            }
            let (all,) = db.batch((firms(99),)).unwrap();
            assert_eq!(all.iter().map(tree).collect::<Vec<_>>(), known.trees(99), "{writes}");
        }
        eprintln!("{done} done, {failed} failed");
        assert!(done > cases / 10 && failed > cases / 10, "{done} done, {failed} failed");
    }

    fn a_vec_of_queries_shares_its_levels(db: &Db) {
        let known = filled(db);
        let queries = || (0..50).map(firms).collect::<Vec<_>>();
        let found = db.batch(queries()).unwrap();
        for (most, found) in (0..).zip(&found) {
            assert_eq!(found.iter().map(tree).collect::<Vec<_>>(), known.trees(most));
        }
        assert_eq!(db.transaction(|tx| tx.batch(queries())).unwrap(), found);
        assert_eq!(db.session(mizzle::Read::Any).batch(queries()).unwrap(), found);
        assert_eq!(db.batch(Vec::from([firms(0)])).unwrap(), [Vec::new()]);
    }

    /// A row that is left out of the query's own rows, because what it must have is filtered out, is no row.
    fn required_rows_and_those_that_are_missing(db: &Db) {
        filled(db);
        let fails = |item: batch::Item<'_, WithFirm<Person>>| {
            let error = db.batch((Write::Hire(59, 40).item(), item)).unwrap_err();
            assert_eq!(error.batch_place(), Some(1), "{error:?}");
            assert_eq!(db.find::<Person>(59).unwrap(), None);
            error.code()
        };
        let one = || Person::query().with(Person::firm().filter(firms::id.gt(40)));
        assert_eq!(fails(one().batched().one()), ErrorCode::NotFound);
        assert_eq!(fails(one().find(1).batched().one()), ErrorCode::NotFound);
        assert_eq!(fails(Person::query().with(Person::firm()).batched().one()), ErrorCode::QueryError);
        let with_tasks = || Person::query().order_by(people::id).with(Person::tasks().required());
        let (first, none, exists, count) = db
            .batch((
                with_tasks().batched().first(),
                Person::query().find(-1).with(Person::tasks()).batched().first(),
                with_tasks().batched().exists(),
                with_tasks().batched().count(),
            ))
            .unwrap();
        assert_eq!((first.unwrap().tasks.len(), none, exists, count), (2, None, true, 10));
    }

    fn a_level_that_fails_is_the_query_that_it_belongs_to(db: &Db) {
        filled(db);
        db.execute_sql("ALTER TABLE tasks RENAME COLUMN person_id TO whose").unwrap();
        let nothing = || batch::count(firms::table);
        for _ in 0..2 {
            let error = db.batch((Write::Hire(59, 40).item(), nothing(), firms(9), nothing())).unwrap_err();
            assert_eq!((error.code(), error.batch_place()), (ErrorCode::SchemaError, Some(2)), "{error:?}");
            assert!(error.sql().unwrap().contains("person_id"), "{error:?}");
            assert_eq!(db.find::<Person>(59).unwrap(), None);
            let inner = db.transaction(|tx| {
                tx.batch((Write::Hire(59, 40).item(), firms(9))).unwrap_err();
                tx.count(people::table)
            });
            assert_eq!(inner.unwrap(), 20);
        }
    }

    /// They are logged like those of a query alone.
    fn the_statements_of_levels_are_logged(db: &Db) {
        filled(db);
        let (_, events) = Log::of(|| db.batch((firms(99), people(50))).unwrap());
        let statements: Vec<_> = events
            .iter()
            .filter(|event| event.target == "mizzle::query")
            .filter_map(|event| event.field("sql"))
            .collect();
        let of = |table: &str| {
            let from = format!("FROM \"{table}\"");
            statements.iter().filter(|sql| sql.contains(&from)).count()
        };
        // Those of the firms, and of the people, are also loaded as related rows.
        assert_eq!((of("firms"), of("people"), of("tasks")), (2, 2, 2), "{statements:#?}");
    }
}
