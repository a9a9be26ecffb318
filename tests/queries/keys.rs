//! Primary keys of several columns, of text and of newtypes.

use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Newtype, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BookId(pub i64);

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Book {
    #[column(primary_key, auto)]
    pub id: BookId,
    pub title: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(primary_key(shelf, place))]
pub struct Slot {
    pub place: i32,
    pub shelf: String,
    #[column(references(Book))]
    pub book_id: Option<BookId>,
    #[column(default = false)]
    pub dusty: bool,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Setting {
    #[column(primary_key)]
    pub key: String,
    pub value: Json<Vec<i32>>,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "tokens")]
pub struct Token {
    #[column(primary_key, default_fn = Uuid::new_v4)]
    pub id: Uuid,
    pub owner: String,
}

mizzle::schema!(pub Library = [Slot, Book, Setting, Token]);

fn slot(shelf: &str, place: i32) -> Slot {
    Slot { place, shelf: shelf.into(), book_id: None, dusty: false }
}

on_each_database! {
    fn of_several_columns(db: &Db) {
        db.create_all::<Library>().expect("the tables");
        let new = |shelf: &str, place| NewSlot::builder().shelf(shelf).place(place).build();
        assert_eq!(db.insert(new("a", 1)).expect("a row"), slot("a", 1));
        db.insert_all([new("a", 2), new("b", 1)]).expect("the rows");
        // The key's columns come in the key's order, not in the struct's.
        let key = || (String::from("b"), 1);
        assert_eq!(db.find::<Slot>(key()).expect("a row"), Some(slot("b", 1)));
        assert_eq!(db.get::<Slot>(("a".to_owned(), 2)).expect("a row"), slot("a", 2));
        assert_eq!(db.find::<Slot>(("b".to_owned(), 2)).expect("no row"), None);
        assert!(db.get::<Slot>(("b".to_owned(), 2)).expect_err("no row").is_not_found());

        let dusty = Slot { dusty: true, ..slot("b", 1) };
        db.update(&dusty).expect("the update");
        assert_eq!(db.update_returning(&dusty).expect("the update"), dusty);
        assert_eq!(db.get::<Slot>(key()).expect("a row"), dusty);
        let changed =
            db.update_by_key::<Slot>(key(), SlotChanges::default().dusty(false)).expect("the change");
        assert_eq!(changed, slot("b", 1));
        let upserted = db.upsert(Slot { dusty: true, ..slot("a", 1) }).expect("the update");
        assert_eq!(upserted, Slot { dusty: true, ..slot("a", 1) });
        let error = db.insert(new("a", 1)).expect_err("the key is taken");
        assert_eq!(error.constraint().expect("a constraint").columns, ["shelf", "place"]);

        assert!(db.delete_by_key::<Slot>(("a".to_owned(), 2)).expect("the delete"));
        db.delete(&slot("b", 1)).expect("the delete");
        assert_eq!(Slot::query().all(db).expect("the rest"), [upserted]);
        let found: Slot = db.one(slots::table.find(("a", 1))).expect("a row");
        assert!(found.dusty);
    }

    fn of_text(db: &Db) {
        db.create_all::<Library>().expect("the tables");
        let setting = Setting { key: "sizes".into(), value: Json(vec![1, 2]) };
        assert_eq!(db.insert(setting.clone()).expect("a row"), setting);
        assert_eq!(db.find::<Setting>("sizes").expect("a row"), Some(setting.clone()));
        assert_eq!(
            db.find::<Setting>(String::from("sizes")).expect("a row"),
            Some(setting.clone())
        );
        assert_eq!(db.find::<Setting>("Sizes").expect("no row"), None);
        let changes = SettingChanges::default().value(Json(vec![]));
        let changed = db.update_by_key::<Setting>("sizes", changes).expect("the change");
        assert_eq!(changed, Setting { value: Json(vec![]), ..setting });
        assert!(db.delete_by_key::<Setting>("sizes").expect("the delete"));
        assert!(!db.delete_by_key::<Setting>("sizes").expect("nothing"));
        assert!(db.get::<Setting>("sizes").expect_err("no row").is_not_found());
    }

    fn of_a_newtype(db: &Db) {
        db.create_all::<Library>().expect("the tables");
        let book = db.insert(NewBook::builder().title("Emma").build()).expect("a row");
        assert_eq!(book, Book { id: BookId(1), title: "Emma".into() });
        assert_eq!(db.find::<Book>(BookId(1)).expect("a row"), Some(book.clone()));
        assert_eq!(db.find::<Book>(1).expect("a row"), Some(book.clone()));
        let slot = Slot { book_id: Some(book.id), ..slot("a", 1) };
        db.insert(slot.clone()).expect("a row");
        let joined: Vec<(Slot, Book)> =
            db.load(slots::table.inner_join(books::table)).expect("the rows");
        assert_eq!(joined, [(slot.clone(), book.clone())]);
        let found = Slot::query().filter(slots::book_id.eq(book.id)).one(db).expect("a row");
        assert_eq!(found, slot);
        let ids = vec![BookId(1), BookId(2)];
        assert_eq!(db.count(books::table.filter(books::id.eq_any(ids))).expect("one"), 1);
    }

    fn made_by_the_program(db: &Db) {
        db.create_all::<Library>().expect("the tables");
        let new = |owner: &str| NewToken::builder().owner(owner).build();
        let token = db.insert(new("Ada")).expect("a row");
        assert_eq!(db.get::<Token>(token.id).expect("a row"), token);
        let made = db.insert_all_returning(vec![new("bob"), new("Cid")]).expect("the rows");
        assert_eq!(made.iter().map(|token| &*token.owner).collect::<Vec<_>>(), ["bob", "Cid"]);
        assert_ne!(made[0].id, made[1].id);
        let given = NewToken { id: Uuid::nil(), ..new("Dot") };
        assert_eq!(db.insert(given).expect("a row").id, Uuid::nil());
    }
}
