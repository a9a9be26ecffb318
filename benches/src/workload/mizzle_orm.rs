//! mizzle, as its README writes it.

use mizzle::prelude::*;

use super::{ROWS, Workload, key};
use crate::table::{Author, NewPerson, People, Person, Post, fill_blog, new_person, people};

pub fn run(workload: Workload, times: u64) -> u64 {
    try_run(workload, times).expect("the workload runs")
}

fn try_run(workload: Workload, times: u64) -> mizzle::Result<u64> {
    let db = Db::connect("sqlite::memory:")?;
    db.create_all::<People>()?;
    for number in 1..=ROWS {
        db.insert_all([new_person(number)])?;
    }
    let mut sum = 0;
    match workload {
        Workload::Find => {
            for time in 0..times {
                let found: Person = db.get(key(time))?;
                sum += found.age as u64;
            }
        }
        Workload::Filter => {
            for time in 0..times {
                let email = format!("person{}@example.com", key(time));
                let found = Person::query().filter(people::email.eq(&email)).all(&db)?;
                sum += found.len() as u64;
            }
        }
        Workload::Page => {
            for _ in 0..times {
                let found = Person::query()
                    .filter(people::active.eq(true))
                    .order_by(people::id)
                    .limit(20)
                    .all(&db)?;
                sum += found.len() as u64;
            }
        }
        Workload::Load => {
            for _ in 0..times {
                sum += Person::query().all(&db)?.len() as u64;
            }
        }
        Workload::Insert => {
            for time in 0..times {
                sum += db.insert(new_person(ROWS + 1 + time as i64))?.age as u64;
            }
        }
        Workload::Insert100 => {
            for time in 0..times {
                let rows: Vec<NewPerson> =
                    (0..100).map(|number| new_person(ROWS + 1 + time as i64 * 100 + number)).collect();
                sum += db.insert_all(&rows)? as u64;
            }
        }
        Workload::Relations => {
            db.execute_sql(&fill_blog())?;
            for _ in 0..times {
                let authors = Author::query().with(Author::posts().with(Post::comments())).all(&db)?;
                sum += authors.iter().flat_map(|author| &author.posts).map(|post| post.comments.len() as u64).sum::<u64>();
            }
        }
        Workload::Update => {
            let mut row: Person = db.get(5000)?;
            for time in 0..times {
                row.age = (time % 100) as i32;
                db.update(&row)?;
                sum += 1;
            }
        }
    }
    Ok(sum)
}
