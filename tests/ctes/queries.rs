//! WITH before a query of a table: everything that the query does begins with it.

#![allow(dead_code, reason = "the columns of a named query, whose rows nobody reads")]

use diesel::dsl::{count_star, exists};
use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode, value};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(tickets = Ticket))]
struct Venue {
    #[column(primary_key)]
    id: i64,
    name: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
struct Ticket {
    #[column(primary_key)]
    id: i64,
    #[column(references(Venue))]
    venue_id: i64,
    price: i32,
    #[column(default = false)]
    sold: bool,
    #[column(version)]
    version: i64,
}

mizzle::schema!(Shows = [Venue, Ticket]);

#[derive(Cte, Debug)]
struct Sale {
    venue_id: i64,
    tickets: i64,
}

#[derive(Cte, Debug)]
struct Busy {
    venue_id: i64,
}

#[derive(Cte, Debug)]
struct Step {
    n: i64,
}

/// Venue 1 has one ticket, venue 2 two, and so on. Tickets are numbered through and cost ten times their number.
fn fill(db: &Db) {
    db.create_all::<Shows>().expect("the tables");
    let venues = (1..=4).map(|id| NewVenue { id, name: format!("hall {id}") });
    db.insert_all(venues.collect::<Vec<_>>()).expect("the venues");
    let owners = (1..=4).flat_map(|venue| std::iter::repeat_n(venue, venue as usize));
    let tickets = owners.zip(1..).map(|(venue_id, id)| {
        NewTicket::builder().id(id).venue_id(venue_id).price(id as i32 * 10).build()
    });
    db.insert_all(tickets.collect::<Vec<_>>()).expect("the tickets");
}

/// The number of tickets of each venue.
macro_rules! sales {
    () => {
        Sale::with(
            tickets::table.group_by(tickets::venue_id).select((tickets::venue_id, count_star())),
        )
    };
}

/// The venues with at least this many tickets.
fn busy<'q>(least: i64) -> Query<'q, Venue> {
    let of_venue =
        sales::table.filter(sales::venue_id.eq(venues::id)).filter(sales::tickets.ge(least));
    sales!().then(Venue::query()).filter(exists(of_venue)).order_by(venues::id)
}

/// The tickets of these venues.
fn tickets_of<'q>(least: i64) -> Query<'q, Ticket> {
    let busy = Busy::with(sales::table.filter(sales::tickets.ge(least)).select(sales::venue_id));
    sales!()
        .with(busy)
        .then(
            Ticket::query().filter(tickets::venue_id.eq_any(busys::table.select(busys::venue_id))),
        )
        .order_by(tickets::id)
}

fn ids(rows: &[Venue]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

#[mizzle::test]
fn every_read_begins_with_it(db: &Db) {
    fill(db);
    assert_eq!(ids(&busy(3).all(db).expect("the venues")), [3, 4]);
    assert_eq!(busy(2).first(db).expect("a venue").map(|venue| venue.id), Some(2));
    assert_eq!(busy(4).one(db).expect("a venue").id, 4);
    assert_eq!(busy(2).count(db).expect("a number"), 3);
    assert_eq!(busy(2).limit(2).count(db).expect("a number"), 2);
    assert_eq!(busy(1).distinct().offset(1).count(db).expect("a number"), 3);
    assert!(busy(4).exists(db).expect("a venue"));
    assert!(!busy(5).exists(db).expect("no venue"));
    assert_eq!(busy(2).find(3).one(db).expect("a venue").id, 3);
    assert_eq!(ids(&busy(1).for_update().limit(2).all(db).expect("the venues")), [1, 2]);
    let page = busy(2).page(db, 2, 2).expect("a page");
    assert_eq!((ids(&page.items), page.total), (vec![4], 3));
    let streamed: mizzle::Result<Vec<Venue>> = busy(2).stream(db).expect("a stream").collect();
    assert_eq!(ids(&streamed.expect("the venues")), [2, 3, 4]);
    assert_eq!(ids(&busy(2).clone().all(db).expect("the venues")), [2, 3, 4]);
    assert!(busy(2).to_sql(db.dialect()).expect("the text").starts_with("WITH \"__cte_sales\"("));
    assert!(format!("{:?}", busy(2)).contains("WITH"));
}

#[mizzle::test]
fn pages_by_keyset_begin_with_it(db: &Db) {
    fill(db);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let keyset = busy(2).keyset(venues::name.desc());
        let keyset = match after {
            Some(cursor) => keyset.after(cursor),
            None => keyset,
        };
        let page = keyset.page(db, 2).expect("a page");
        seen.extend(ids(&page.items));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [4, 3, 2]);
}

#[mizzle::test]
fn relations_load_with_it(db: &Db) {
    fill(db);
    let venues: Vec<WithTickets<Venue>> =
        busy(3).with(Venue::tickets().order_by(tickets::id)).all(db).expect("the venues");
    let numbers: Vec<_> = venues.iter().map(|row| (row.id, row.tickets.len())).collect();
    assert_eq!(numbers, [(3, 3), (4, 4)]);
    let streamed: mizzle::Result<Vec<_>> =
        busy(3).with(Venue::tickets()).stream(db).expect("a stream").collect();
    assert_eq!(streamed.expect("the venues").len(), 2);
    // To one row, for few rows and for many.
    let query = || tickets_of(4).with(Ticket::venue().filter(venues::name.ne("none")));
    let names = |rows: Vec<WithVenue<Ticket>>| -> Vec<String> {
        rows.into_iter().map(|row| row.venue.name.clone()).collect()
    };
    assert_eq!(names(query().all(db).expect("the tickets")), ["hall 4"; 4]);
    assert_eq!(names(query().limit(3).all(db).expect("the tickets")), ["hall 4"; 3]);
    assert_eq!(query().page(db, 1, 3).expect("a page").total, 4);
}

#[mizzle::test]
fn writes_begin_with_it(db: &Db) {
    fill(db);
    let sold = || TicketChanges::default().sold(true);
    assert_eq!(tickets_of(3).update(db, sold()).expect("tickets"), 7);
    assert_eq!(tickets_of(3).update(db, TicketChanges::default()).expect("tickets"), 7);
    let first = tickets_of(3).limit(1).update_returning(db, sold()).expect("a ticket");
    assert_eq!(first.iter().map(|row| (row.id, row.version)).collect::<Vec<_>>(), [(4, 3)]);
    let mut gone = tickets_of(4).delete_returning(db).expect("tickets");
    gone.sort_by_key(|row| row.id);
    assert_eq!(gone.iter().map(|row| row.id).collect::<Vec<_>>(), [7, 8, 9, 10]);
    // The newest of those that are left, by the number that is left.
    assert_eq!(tickets_of(2).order_by(tickets::id.desc()).limit(2).delete(db).expect("tickets"), 2);
    let left: Vec<i64> =
        db.load(tickets::table.order(tickets::id).select(tickets::id)).expect("the ids");
    assert_eq!(left, [1, 2, 3, 4]);
}

#[mizzle::test]
fn writes_use_its_names_as_tables(db: &Db) {
    fill(db);
    let with_sales = || {
        sales!().then(Ticket::query()).using(sales::table, sales::venue_id.eq(tickets::venue_id))
    };
    let priced = with_sales().set(tickets::price, tickets::price + 1);
    assert_eq!(priced.update(db).expect("tickets"), 10);
    let few = || {
        sales!()
            .then(Ticket::query().order_by(tickets::id).limit(2))
            .using(sales::table, sales::venue_id.eq(tickets::venue_id).and(sales::tickets.gt(3)))
    };
    let rows = few().set(tickets::price, 0).update_returning(db).expect("tickets");
    let mut rows: Vec<_> = rows.iter().map(|row| (row.id, row.price, row.version)).collect();
    rows.sort_unstable();
    assert_eq!(rows, [(7, 0, 3), (8, 0, 3)]);
    assert_eq!(few().delete(db).expect("tickets"), 2);
    assert_eq!(with_sales().delete(db).expect("tickets"), 8);
}

#[mizzle::test]
fn a_part_of_another_query_has_it(db: &Db) {
    fill(db);
    let names: Vec<String> = db.load(busy(3).select(venues::name)).expect("the names");
    assert_eq!(names, ["hall 3", "hall 4"]);
    let first: Option<String> = db.first(busy(3).select(venues::name)).expect("a name");
    assert_eq!(first.as_deref(), Some("hall 3"));
    assert_eq!(db.count(busy(3).select(venues::name)).expect("a number"), 2);
    let inside = Ticket::query().filter(tickets::venue_id.eq_any(busy(4).select(venues::id)));
    assert_eq!(inside.count(db).expect("a number"), 4);
    let term = Busy::with(busy(4).select(venues::id)).then(busys::table);
    assert_eq!(db.load::<Busy, _>(term).expect("a venue")[0].venue_id, 4);
}

#[mizzle::test]
fn several_and_recursive_ones_stack(db: &Db) {
    fill(db);
    let steps = Step::recursive(
        diesel::select(value(2_i64)),
        steps::table.filter(steps::n.lt(4)).select(steps::n + 1),
    );
    // The outer one is written first, so the inner one may read it.
    let inner = Busy::with(steps::table.filter(steps::n.ne(3)).select(steps::n));
    let query = Venue::query().filter(venues::id.eq_any(busys::table.select(busys::venue_id)));
    let query = steps.then(inner.then(query)).order_by(venues::id.desc());
    assert_eq!(ids(&query.all(db).expect("the venues")), [4, 2]);
    assert_eq!(ids(&query.clone().limit(1).all(db).expect("a venue")), [4]);
    let changed = VenueChanges::default().name("x");
    assert_eq!(query.limit(1).update(db, changed).expect("a venue"), 1);
}

#[mizzle::test]
fn values_stay_in_their_order(db: &Db) {
    fill(db);
    // The same statement, with values in the term, the filters and the range.
    let found = |price: i32, least: i64, name: &str, skipped: u64| {
        let dear = Sale::with(
            tickets::table
                .filter(tickets::price.gt(price))
                .group_by(tickets::venue_id)
                .select((tickets::venue_id, count_star())),
        );
        let of_venue =
            sales::table.filter(sales::venue_id.eq(venues::id)).filter(sales::tickets.ge(least));
        let query = dear.then(Venue::query().filter(venues::name.ne(name)));
        let query = query.filter(exists(of_venue)).order_by(venues::id);
        ids(&query.limit(9).offset(skipped).all(db).expect("the venues"))
    };
    assert_eq!(found(0, 2, "hall 3", 0), [2, 4]);
    assert_eq!(found(50, 1, "none", 0), [3, 4]);
    assert_eq!(found(50, 1, "none", 1), [4]);
}

#[mizzle::test]
fn a_term_that_writes_runs_once(db: &Db) {
    fill(db);
    let query = || {
        let gone = diesel::delete(tickets::table.filter(tickets::venue_id.eq(3)));
        let gone = Busy::with(gone.returning(tickets::venue_id));
        gone.then(Venue::query()).filter(venues::id.eq_any(busys::table.select(busys::venue_id)))
    };
    let error = query().page(db, 1, 10).expect_err("its rows are counted as well");
    assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
    let found = query().limit(5).all(db);
    let left = Ticket::query().filter(tickets::venue_id.eq(3)).count(db).expect("a number");
    match db.dialect() {
        Dialect::Postgres => {
            assert_eq!((ids(&found.expect("a venue")), left), (vec![3], 0));
            assert!(error.to_string().contains("DELETE"), "{error}");
        }
        Dialect::Sqlite | Dialect::D1 => {
            assert_eq!((found.expect_err("it writes").code(), left), (ErrorCode::QueryError, 3));
        }
    }
}
