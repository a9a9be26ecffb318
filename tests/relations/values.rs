//! Values of each type are the same in a related row as in a row on its own; and keys of each type find theirs.

use mizzle::prelude::*;
use serde_json::json;
use test_support::on_each_database;

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
struct ShelfId(i64);

#[derive(Newtype, Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
struct Isbn(String);

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
enum Binding {
    Hard,
    #[db(name = "paper back")]
    Paper,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Notes {
    stars: u8,
    words: Vec<String>,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "shelves", has_many(books = Book), has_one(label = Label))]
struct Shelf {
    #[column(primary_key)]
    id: ShelfId,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "books", many_to_many(readers = Reader, through = Loan))]
struct Book {
    #[column(primary_key)]
    isbn: Isbn,
    #[column(references(Shelf))]
    shelf_id: ShelfId,
    large: i64,
    small: i16,
    ratio: f64,
    price: Decimal,
    printed: NaiveDate,
    opened: NaiveTime,
    sold: NaiveDateTime,
    stored: DateTime<Utc>,
    cover: Vec<u8>,
    tag: Uuid,
    binding: Binding,
    any: serde_json::Value,
    notes: Option<Json<Notes>>,
    missing: Option<i64>,
    lent: bool,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "labels")]
struct Label {
    #[column(primary_key, references(Shelf))]
    shelf_id: ShelfId,
    binding: Option<Binding>,
}

#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "readers", many_to_many(books = Book, through = Loan))]
struct Reader {
    #[column(primary_key)]
    card: Uuid,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "loans", primary_key(book, card))]
struct Loan {
    #[column(references(Book))]
    book: Isbn,
    #[column(references(Reader))]
    card: Uuid,
}

mizzle::schema!(Library = [Shelf, Book, Label, Reader, Loan]);

const LARGE: i64 = 9_007_199_254_740_993;

fn book(isbn: &str, shelf: ShelfId) -> Book {
    let day = NaiveDate::from_ymd_opt(1999, 12, 31).expect("a day");
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).expect("a time");
    Book {
        isbn: Isbn(isbn.into()),
        shelf_id: shelf,
        large: i64::MAX,
        small: i16::MIN,
        ratio: 0.1 + 0.2,
        price: "12345678901234567890.120".parse().expect("a number"),
        printed: day,
        opened: time,
        sold: day.and_time(time),
        stored: day.and_time(time).and_utc(),
        cover: vec![0, 255, 39, 0],
        tag: Uuid::from_u128(u128::MAX - 1),
        binding: Binding::Paper,
        any: json!({"a": [1, null, "ü\""], "large": LARGE}),
        notes: Some(Json(Notes { stars: 5, words: vec![String::new(), "ä'".into()] })),
        missing: None,
        lent: true,
    }
}

fn library(db: &Db) -> Vec<Book> {
    db.create_all::<Library>().expect("the tables");
    let shelves = [LARGE, LARGE + 1, i64::MIN, -1].map(|id| Shelf { id: ShelfId(id) });
    db.execute(diesel::insert_into(shelves::table).values(&shelves[..])).expect("the shelves");
    let books = vec![
        book("1", ShelfId(LARGE)),
        Book { missing: Some(LARGE), notes: None, ..book("2 'ß\u{1F600}", ShelfId(LARGE + 1)) },
        Book { large: LARGE, binding: Binding::Hard, ..book("", ShelfId(i64::MIN)) },
    ];
    db.execute(diesel::insert_into(books::table).values(&books[..])).expect("the books");
    let label = Label { shelf_id: ShelfId(-1), binding: Some(Binding::Hard) };
    db.execute(diesel::insert_into(labels::table).values(&label)).expect("the label");
    books
}

/// A type that only PostgreSQL has.
#[derive(Native, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[db(native = "macaddr")]
struct Mac([u8; 6]);

impl mizzle::NativeValue for Mac {
    fn to_text(&self) -> std::borrow::Cow<'_, str> {
        self.0.map(|byte| format!("{byte:02x}")).join(":").into()
    }

    fn from_text(text: &str) -> Option<Self> {
        let bytes = text.split(':').map(|digits| u8::from_str_radix(digits, 16).ok());
        Self::from_binary(&bytes.collect::<Option<Vec<u8>>>()?)
    }

    fn from_binary(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A UUID or a time or … as a key: a parent and a child for each type.
macro_rules! keys {
    ($($module:ident: $type:ty = [$first:expr, $second:expr];)*) => {
        $(mod $module {
            use mizzle::prelude::*;
            #[allow(unused_imports)]
            use super::*;

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "parents", has_many(children = Child), has_many(twins = Twin))]
            struct Parent {
                #[column(primary_key)]
                id: $type,
            }

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "children")]
            struct Child {
                #[column(primary_key, auto)]
                id: i64,
                #[column(references(Parent))]
                parent_id: Option<$type>,
            }

            /// Refers by a key of two columns of the type.
            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "twins", primary_key(a, b), has_many(notes = Note))]
            struct Twin {
                #[column(references(Parent))]
                a: $type,
                b: $type,
            }

            #[derive(Table, Debug, Clone, PartialEq)]
            #[table(name = "notes", foreign_key(a, b, references(Twin, as = twin)))]
            struct Note {
                #[column(primary_key, auto)]
                id: i64,
                a: Option<$type>,
                b: Option<$type>,
            }

            mizzle::schema!(Keys = [Parent, Child, Twin, Note]);

            on_each_database! {
                fn finds_its_rows(db: &Db) {
                    let [a, b]: [$type; 2] = [$first, $second];
                    db.create_all::<Keys>().expect("the tables");
                    for id in [&a, &b] {
                        db.insert(NewParent::builder().id(id.clone()).build()).expect("a parent");
                    }
                    for id in [Some(&a), None, Some(&b), Some(&a)] {
                        let child = NewChild::builder().maybe_parent_id(id.cloned()).build();
                        db.insert(child).expect("a child");
                    }
                    let parents = Parent::query().with(Parent::children().with(Child::parent()));
                    for parent in parents.all(db).expect("the parents") {
                        assert_eq!(parent.children.len(), if parent.id == a { 2 } else { 1 });
                        for child in &parent.children {
                            assert_eq!(child.parent.as_ref(), Some(&*parent));
                        }
                    }
                    for (first, second) in [(&a, &b), (&b, &a)] {
                        let twin = NewTwin::builder().a(first.clone()).b(second.clone()).build();
                        db.insert(twin).expect("a twin");
                    }
                    for (first, second) in [(&a, Some(&b)), (&b, None)] {
                        let note =
                            NewNote::builder().a(first.clone()).maybe_b(second.cloned()).build();
                        db.insert(note).expect("a note");
                    }
                    let notes =
                        Note::query().order_by(notes::id).with(Note::twin()).all(db).expect("notes");
                    let twin = notes[0].twin.as_ref().expect("a twin");
                    assert_eq!((&twin.a, &twin.b), (&a, &b));
                    assert_eq!(notes[1].twin, None);
                    let twins = Twin::query().with(Twin::notes()).all(db).expect("the twins");
                    for twin in &twins {
                        assert_eq!(twin.notes.len(), usize::from(twin.a == a));
                    }
                    assert_eq!(Twin::notes().counts(db, &twins).expect("counts").iter().sum::<u64>(), 1);
                    some_columns(db, &a, &b).expect("some columns");
                }
            }

            /// The keys find the rows, though they aren't selected.
            fn some_columns(db: &Db, a: &$type, b: &$type) -> mizzle::Result<()> {
                for limit in [2, 100] {
                    let children = Parent::children().order_by(children::id);
                    let rows: Vec<WithChildren<i64, WithParent<(i64, Option<bool>), Parent>>> = Parent::query()
                        .limit(limit)
                        .with(
                            children
                                .select((children::id, children::parent_id.eq(a)))
                                .with(Child::parent()),
                        )
                        .select(Parent::children().count())
                        .all(db)?;
                    assert_eq!(rows.iter().map(|row| **row).sum::<i64>(), 3);
                    for row in &rows {
                        assert_eq!(row.children.len() as i64, **row);
                        for child in &row.children {
                            let parent = if child.1 == Some(true) { a } else { b };
                            assert_eq!(child.parent.as_ref().map(|parent| &parent.id), Some(parent));
                        }
                    }
                    let rows: Vec<WithTwin<i64, WithNotes<$type, i64>>> = Note::query()
                        .limit(limit)
                        .order_by(notes::id)
                        .with(Note::twin().with(Twin::notes().select(notes::id)).select(twins::b))
                        .select(notes::id)
                        .all(db)?;
                    let twin = rows[0].twin.as_ref().expect("a twin");
                    assert_eq!((&**twin, &twin.notes), (b, &vec![*rows[0]]));
                    assert_eq!(rows[1].twin, None);
                }
                let mut cursor = None;
                let mut found = Vec::new();
                loop {
                    let pages = Child::query()
                        .with(Child::parent())
                        .select(children::id)
                        .keyset((children::parent_id.desc(), children::id));
                    let pages = match cursor {
                        Some(cursor) => pages.after(cursor),
                        None => pages,
                    };
                    let page: mizzle::KeysetPage<WithParent<i64>> = pages.page(db, 1)?;
                    found.extend(page.items.iter().map(|row| (**row, row.parent.is_some())));
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                found.sort_unstable();
                let has_parent: Vec<bool> = found.iter().map(|(_, has_parent)| *has_parent).collect();
                assert_eq!(has_parent, [true, false, true, true]);
                Ok(())
            }
        })*
    };
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, day).expect("a day")
}

fn time(micro: u32) -> NaiveTime {
    NaiveTime::from_hms_micro_opt(1, 2, 3, micro).expect("a time")
}

keys! {
    by_bool: bool = [false, true];
    by_i16: i16 = [i16::MIN, i16::MAX];
    by_i32: i32 = [i32::MIN, -1];
    by_i64: i64 = [super::LARGE, super::LARGE + 1];
    by_text: String = [String::new(), "b'\"\\ü".to_owned()];
    by_bytes: Vec<u8> = [Vec::new(), vec![0, 1, 255]];
    by_uuid: Uuid = [Uuid::nil(), Uuid::max()];
    by_date: NaiveDate = [super::day(1), super::day(29)];
    by_time: NaiveTime = [super::time(0), super::time(1)];
    by_timestamp: NaiveDateTime = [super::day(1).and_time(super::time(0)), super::day(2).and_time(super::time(5))];
    by_moment: DateTime<Utc> = [super::day(1).and_time(super::time(0)).and_utc(), super::day(1).and_time(super::time(5)).and_utc()];
    by_decimal: Decimal = ["1.5".parse().expect("a number"), "-20".parse().expect("a number")];
    by_enum: Binding = [Binding::Hard, Binding::Paper];
    by_newtype: ShelfId = [ShelfId(0), ShelfId(super::LARGE)];
    by_inet: Inet = ["10.0.0.1".parse().expect("an address"), "2001:db8::/32".parse().expect("an address")];
    by_cidr: Cidr = ["10.0.0.0/8".parse().expect("a network"), "10.0.0.0/9".parse().expect("a network")];
    by_interval: Interval = [Interval::new(1, -2, 3), Interval::new(0, 0, 1)];
    by_native: Mac = [Mac([8, 0, 0x2b, 1, 2, 3]), Mac([0; 6])];
    by_text_newtype: Isbn = [Isbn("x".into()), Isbn("y".into())];
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "related", has_many(costs = Cost))]
struct Price {
    #[column(primary_key)]
    amount: Decimal,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "ranked")]
struct Cost {
    #[column(primary_key)]
    place: i64,
    #[column(references(Price))]
    price: Decimal,
}

mizzle::schema!(Prices = [Price, Cost]);

on_each_database! {
    // The tables are called as the relations' statements call theirs.
    fn numbers_are_equal_keys_however_they_are_written(db: &Db) {
        db.create_all::<Prices>().expect("the tables");
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        db.insert(NewPrice::builder().amount(number("1.5")).build()).expect("a price");
        db.insert(NewPrice::builder().amount(number("20")).build()).expect("a price");
        for (place, price) in [(1, "1.50"), (2, "2e1"), (3, "20.0")] {
            let cost = NewCost::builder().place(place).price(number(price)).build();
            db.insert(cost).expect("a cost");
        }
        let prices = Price::query().order_by(related::amount).with(Price::costs()).all(db);
        let counts: Vec<usize> =
            prices.expect("the prices").iter().map(|price| price.costs.len()).collect();
        assert_eq!(counts, [1, 2]);
        let costs = Cost::query().with(Cost::price()).all(db).expect("the costs");
        assert!(costs.iter().all(|cost| cost.price.amount == number("1.5") || cost.place > 1));
        let all = Price::query().all(db).expect("the prices");
        assert_eq!(Price::costs().counts(db, &all).expect("the counts").iter().sum::<u64>(), 3);
        let with = Price::query().filter(Price::costs().filter(ranked::place.gt(2)).exists());
        assert_eq!(with.one(db).expect("a price").amount, number("20"));
        let first = Price::costs().order_by(ranked::place).limit(1).load_for(db, all);
        assert!(first.expect("the costs").iter().all(|price| price.costs.len() == 1));
    }

    fn values_are_the_same_nested_and_flat(db: &Db) {
        let books = library(db);
        let shelves = Shelf::query()
            .order_by(shelves::id)
            .with(Shelf::books().with(Book::shelf()))
            .with(Shelf::label())
            .all(db)
            .expect("the shelves");
        let flat = Book::query().order_by(books::shelf_id).all(db).expect("the books");
        let nested: Vec<&Book> =
            shelves.iter().flat_map(|shelf| &shelf.books).map(|book| &**book).collect();
        assert_eq!(nested, flat.iter().collect::<Vec<_>>());
        assert_eq!(flat, [2, 0, 1].map(|place: usize| books[place].clone()));
        assert!(shelves.iter().flat_map(|shelf| &shelf.books).all(|book| book.shelf.id == book.shelf_id));
        assert_eq!(shelves[1].label.as_ref().and_then(|label| label.binding), Some(Binding::Hard));
        // By a statement for limited rows, by a table between, and by a parent.
        let limited = Shelf::books().limit(1).load_for(db, vec![Shelf { id: ShelfId(LARGE) }]);
        assert_eq!(limited.expect("a shelf")[0].books, books[..1]);
        let reader = db.insert(NewReader::builder().card(Uuid::max()).build()).expect("a reader");
        assert_eq!(Reader::books().link(db, &reader, &books).expect("the loans"), 3);
        let reader = Reader::query().with(Reader::books().order_by(books::isbn)).one(db).expect("it");
        assert_eq!(reader.books, [2, 0, 1].map(|place: usize| books[place].clone()));
    }

    fn json_is_the_same_nested_and_flat(db: &Db) {
        library(db);
        let shelf = Shelf::query()
            .find(ShelfId(LARGE + 1))
            .with(Shelf::books().with(Book::readers()))
            .with(Shelf::label())
            .one(db)
            .expect("the shelf");
        let mut flat = serde_json::to_value(Book::query().find(Isbn("2 'ß\u{1F600}".into())).one(db).expect("a book"))
            .expect("JSON");
        assert_eq!(flat["missing"], json!(LARGE));
        flat["readers"] = json!([]);
        assert_eq!(
            serde_json::to_value(&shelf).expect("JSON"),
            json!({"id": LARGE + 1, "books": [flat], "label": null})
        );
        // As text, too: no digit is lost on the way through a nested object.
        let text = serde_json::to_string(&shelf).expect("JSON");
        assert!(text.contains("\"missing\":9007199254740993"), "{text}");
    }

    fn rows_are_related_within_a_transaction_that_is_rolled_back(db: &Db) {
        library(db);
        let result: mizzle::Result<()> = db.transaction(|tx| {
            Shelf::books().replace(tx, &Shelf { id: ShelfId(LARGE) }, vec![])?;
            assert_eq!(Shelf::books().counts(tx, &[Shelf { id: ShelfId(LARGE) }])?, [0]);
            tx.get::<Shelf>(ShelfId(12)).map(drop)
        });
        assert!(result.expect_err("there is no such shelf").is_not_found());
        assert_eq!(Shelf::books().counts(db, &[Shelf { id: ShelfId(LARGE) }]).expect("one"), [1]);
    }
}
