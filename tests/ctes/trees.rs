//! Tables that refer to themselves.

use std::collections::{BTreeMap, BTreeSet};

use mizzle::prelude::*;
use mizzle::{ErrorCode, TreeNode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "categories")]
pub struct Category {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
    #[column(references(Self), index)]
    pub parent_id: Option<i64>,
}

/// Every row has a parent: roots are their own.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct Post {
    #[column(primary_key)]
    pub id: i32,
    #[column(references(Self))]
    pub thread_id: i32,
}

/// Two references, to a column that isn't the key, and a decimal key, which compares as a number.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct Employee {
    #[column(primary_key)]
    pub number: Decimal,
    #[column(unique, max_length = 20)]
    pub name: String,
    #[column(references(Self, name))]
    pub manager: Option<String>,
    #[column(references(Self))]
    pub deputy_of: Option<Decimal>,
}

/// A key of two columns.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(shop, id), foreign_key(shop, parent_id, references(Self, shop, id)))]
pub struct Part {
    pub shop: String,
    pub id: i64,
    pub parent_id: Option<i64>,
}

mizzle::schema!(pub Trees = [Category, Post, Employee, Part]);

/// Inserts rows, and then lets each refer to its parent.
fn fill(db: &Db, parents: &[(i64, Option<i64>)]) {
    db.execute(diesel::update(categories::table).set(categories::parent_id.eq(None::<i64>)))
        .expect("no references");
    db.execute(diesel::delete(categories::table)).expect("no rows");
    let rows: Vec<Category> = parents
        .iter()
        .map(|(id, parent)| Category { id: *id, name: format!("c{id}"), parent_id: *parent })
        .collect();
    let bare = |row: &Category| NewCategory::builder().id(row.id).name(row.name.clone()).build();
    db.insert_all(rows.iter().map(bare).collect::<Vec<_>>()).expect("the rows");
    db.update_all(rows).expect("the parents");
}

/// Creates a table without foreign keys, so that a parent may not exist.
fn create_unenforced(db: &Db) {
    db.execute_sql(
        "CREATE TABLE categories (id bigint PRIMARY KEY, name text NOT NULL, parent_id bigint)",
    )
    .expect("the table");
}

fn ids(nodes: &[TreeNode<Category>]) -> Vec<(i64, u64)> {
    nodes.iter().map(|node| (node.id, node.depth)).collect()
}

fn is_cycle<T: std::fmt::Debug>(done: mizzle::Result<T>) {
    let error = done.expect_err("a circle");
    assert!(error.is_cycle(), "{error:?}");
    assert_eq!(error.code(), ErrorCode::CycleError);
    assert!(error.to_string().starts_with("the rows of categories are no tree"), "{error}");
}

#[mizzle::test]
fn above_and_below(db: &Db) {
    db.create_all::<Trees>().expect("the tables");
    fill(
        db,
        &[
            (1, None),
            (2, Some(1)),
            (3, Some(1)),
            (4, Some(2)),
            (5, Some(4)),
            (9, None),
            (8, Some(9)),
        ],
    );
    let tree = || Category::tree();
    assert_eq!(
        ids(&tree().all(db).expect("the tree")),
        [(1, 0), (9, 0), (2, 1), (3, 1), (8, 1), (4, 2), (5, 3)]
    );
    let below = |id: i64| ids(&tree().descendants(id).all(db).expect("the rows"));
    assert_eq!(below(1), [(2, 1), (3, 1), (4, 2), (5, 3)]);
    assert_eq!(below(4), [(5, 1)]);
    assert_eq!(below(5), []);
    assert_eq!(below(77), []);
    let above = |id: i64| ids(&tree().ancestors(id).all(db).expect("the rows"));
    assert_eq!(above(5), [(4, 1), (2, 2), (1, 3)]);
    assert_eq!(above(1), []);
    assert_eq!(above(77), []);
    let nodes = db.transaction(|tx| Category::tree().ancestors(8).all(tx)).expect("the rows");
    assert_eq!(nodes[0].row, Category { id: 9, name: "c9".into(), parent_id: None });
}

#[mizzle::test]
fn a_circle_is_an_error(db: &Db) {
    db.create_all::<Trees>().expect("the tables");
    // A tree, a circle of three with a branch, a row that is its own parent, and a circle of two.
    fill(
        db,
        &[
            (1, None),
            (2, Some(1)),
            (3, Some(5)),
            (4, Some(3)),
            (5, Some(4)),
            (6, Some(5)),
            (7, Some(6)),
            (10, Some(10)),
            (11, Some(10)),
            (20, Some(21)),
            (21, Some(20)),
        ],
    );
    is_cycle(Category::tree().all(db));
    for id in [3, 4, 5, 20, 21] {
        is_cycle(Category::tree().descendants(id).all(db));
        is_cycle(Category::tree().ancestors(id).all(db));
    }
    for id in [6, 7] {
        is_cycle(Category::tree().ancestors(id).all(db));
    }
    let below = |id: i64| ids(&Category::tree().descendants(id).all(db).expect("the rows"));
    assert_eq!(below(6), [(7, 1)]);
    assert_eq!(below(1), [(2, 1)]);
    assert_eq!(below(10), [(11, 1)]);
    let above = |id: i64| ids(&Category::tree().ancestors(id).all(db).expect("the rows"));
    assert_eq!(above(11), [(10, 1)]);
    assert_eq!(above(10), []);
    assert_eq!(above(2), [(1, 1)]);
}

#[mizzle::test]
fn a_root_may_be_its_own_parent(db: &Db) {
    db.create_all::<Trees>().expect("the tables");
    for (id, thread_id) in [(5, 5), (1, 1), (2, 5), (3, 2)] {
        db.insert(NewPost::builder().id(id).thread_id(thread_id).build()).expect("a post");
    }
    let all = Post::tree().all(db).expect("the posts");
    let all: Vec<(i32, u64)> = all.iter().map(|node| (node.id, node.depth)).collect();
    assert_eq!(all, [(1, 0), (5, 0), (2, 1), (3, 2)]);
    let above = Post::tree().ancestors(3).all(db).expect("the posts");
    assert_eq!(above.iter().map(|node| node.id).collect::<Vec<_>>(), [2, 5]);
}

#[mizzle::test]
fn a_row_whose_parent_does_not_exist_is_a_root(db: &Db) {
    create_unenforced(db);
    fill(db, &[(1, None), (2, Some(1)), (3, Some(77)), (4, Some(3)), (5, Some(4))]);
    let tree = || Category::tree();
    assert_eq!(ids(&tree().all(db).expect("the tree")), [(1, 0), (3, 0), (2, 1), (4, 1), (5, 2)]);
    assert_eq!(ids(&tree().ancestors(5).all(db).expect("the rows")), [(4, 1), (3, 2)]);
    assert_eq!(ids(&tree().ancestors(3).all(db).expect("the rows")), []);
    assert_eq!(ids(&tree().descendants(3).all(db).expect("the rows")), [(4, 1), (5, 2)]);
    // Rows below one that doesn't exist have nothing in common.
    assert_eq!(ids(&tree().descendants(77).all(db).expect("the rows")), []);
    fill(db, &[(1, Some(2)), (2, Some(1)), (3, Some(77))]);
    is_cycle(tree().all(db));
}

#[mizzle::test]
fn a_reference_is_chosen_by_its_column(db: &Db) {
    db.create_all::<Trees>().expect("the tables");
    let number = |text: &str| -> Decimal { text.parse().expect("a number") };
    for (id, name, manager, deputy_of) in [
        ("10", "ada", None, None),
        ("9", "bob", Some("ada"), Some("10.00")),
        ("100.5", "cid", Some("bob"), Some("10.0")),
    ] {
        db.insert(
            NewEmployee::builder()
                .number(number(id))
                .name(name)
                .maybe_manager(manager.map(str::to_owned))
                .maybe_deputy_of(deputy_of.map(number))
                .build(),
        )
        .expect("an employee");
    }
    let names = |nodes: mizzle::Result<Vec<TreeNode<Employee>>>| -> Vec<String> {
        nodes.expect("the employees").into_iter().map(|node| node.row.name).collect()
    };
    let by_manager = || Employee::tree_by(employees::manager);
    let by_deputy = || Employee::tree_by(employees::deputy_of);
    assert_eq!(names(by_manager().ancestors(number("100.50")).all(db)), ["bob", "ada"]);
    assert_eq!(names(by_manager().descendants(number("10")).all(db)), ["bob", "cid"]);
    assert_eq!(names(by_deputy().ancestors(number("100.5")).all(db)), ["ada"]);
    // In the order of the numbers, not of the texts.
    assert_eq!(names(by_deputy().descendants(number("10.000")).all(db)), ["bob", "cid"]);
    assert_eq!(names(by_deputy().all(db)), ["ada", "bob", "cid"]);
}

#[mizzle::test]
fn a_key_of_several_columns(db: &Db) {
    db.create_all::<Trees>().expect("the tables");
    for (shop, id, parent) in
        [("a", 1, None), ("a", 2, Some(1)), ("b", 1, None), ("b", 2, Some(1)), ("a", 3, Some(2))]
    {
        db.insert(NewPart::builder().shop(shop).id(id).maybe_parent_id(parent).build())
            .expect("a part");
    }
    let keys = |nodes: mizzle::Result<Vec<TreeNode<Part>>>| -> Vec<(String, i64)> {
        nodes.expect("the parts").into_iter().map(|node| (node.row.shop, node.row.id)).collect()
    };
    let key = |shop: &str, id: i64| (shop.to_owned(), id);
    assert_eq!(keys(Part::tree().descendants(key("a", 1)).all(db)), [key("a", 2), key("a", 3)]);
    assert_eq!(keys(Part::tree().ancestors(key("b", 2)).all(db)), [key("b", 1)]);
    assert_eq!(
        keys(Part::tree().all(db)),
        [key("a", 1), key("b", 1), key("a", 2), key("b", 2), key("a", 3)]
    );
    db.execute(
        diesel::update(parts::table.filter(parts::shop.eq("a").and(parts::id.eq(1))))
            .set(parts::parent_id.eq(3)),
    )
    .expect("a circle");
    assert!(Part::tree().ancestors(key("a", 3)).all(db).expect_err("a circle").is_cycle());
    assert!(Part::tree().descendants(key("a", 2)).all(db).expect_err("a circle").is_cycle());
    assert_eq!(keys(Part::tree().ancestors(key("b", 2)).all(db)), [key("b", 1)]);
}

#[mizzle::test]
fn a_walk_in_rust_finds_the_same(db: &Db) {
    create_unenforced(db);
    let cases = std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config { failure_persistence: None, ..Config::with_cases(cases.unwrap_or(40)) };
    // Each row's parent is any row, itself, none, or one that doesn't exist: half of the cases have no circles.
    let parents =
        (any::<bool>(), proptest::collection::vec((0..9_u8, any::<prop::sample::Index>()), 1..14))
            .prop_map(|(forest, rows)| {
                let count = rows.len();
                rows.iter()
                    .enumerate()
                    .map(|(place, (kind, parent))| {
                        let parent = match kind {
                            0 | 1 => None,
                            2 => Some(1_000),
                            3 | 4 if !forest => Some(place),
                            _ if forest && place == 0 => None,
                            _ => Some(parent.index(if forest { place } else { count })),
                        };
                        let id = |place: usize| (place as i64 * 7) % 15 - 3;
                        (id(place), parent.map(id))
                    })
                    .collect::<Vec<_>>()
            });
    TestRunner::new(config)
        .run(&parents, |parents| {
            fill(db, &parents);
            let parents: BTreeMap<i64, Option<i64>> = parents.into_iter().collect();
            same(Category::tree().all(db), whole(&parents));
            for id in parents.keys() {
                same(Category::tree().ancestors(*id).all(db), above(&parents, *id));
                same(Category::tree().descendants(*id).all(db), below(&parents, *id));
            }
            Ok(())
        })
        .expect("the same rows");
}

/// Compares ids with depths, or the error with none.
fn same(found: mizzle::Result<Vec<TreeNode<Category>>>, expected: Option<Vec<(i64, u64)>>) {
    match expected {
        Some(mut expected) => {
            expected.sort_unstable_by_key(|(id, depth)| (*depth, *id));
            assert_eq!(ids(&found.expect("a tree")), expected);
        }
        None => is_cycle(found),
    }
}

fn parent(parents: &BTreeMap<i64, Option<i64>>, id: i64) -> Option<i64> {
    parents[&id].filter(|parent| *parent != id && parents.contains_key(parent))
}

/// Steps upwards until there is no parent, or one comes again.
fn above(parents: &BTreeMap<i64, Option<i64>>, start: i64) -> Option<Vec<(i64, u64)>> {
    let (mut met, mut found) = (BTreeSet::from([start]), Vec::new());
    let mut at = start;
    while let Some(next) = parent(parents, at) {
        if !met.insert(next) {
            return None;
        }
        found.push((next, found.len() as u64 + 1));
        at = next;
    }
    Some(found)
}

/// The rows that step upwards to `start`, unless it does so itself.
fn below(parents: &BTreeMap<i64, Option<i64>>, start: i64) -> Option<Vec<(i64, u64)>> {
    let mut found = Vec::new();
    for id in parents.keys() {
        let (mut at, mut depth, mut met) = (*id, 0, BTreeSet::new());
        while let Some(next) = parent(parents, at).filter(|_| met.insert(at)) {
            depth += 1;
            at = next;
            if at == start {
                if *id == start {
                    return None;
                }
                found.push((*id, depth));
                break;
            }
        }
    }
    Some(found)
}

fn whole(parents: &BTreeMap<i64, Option<i64>>) -> Option<Vec<(i64, u64)>> {
    let depth = |id: &i64| Some((*id, above(parents, *id)?.len() as u64));
    parents.keys().map(depth).collect()
}
