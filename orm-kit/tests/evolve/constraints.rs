//! Keys, uniques, checks, foreign keys and indexes.

use orm_core::schema::{Action, ColumnDef, ColumnType, IndexPart, TableDef};

use crate::harness::none;
use crate::on_each_base;
use crate::tables::{posts, users};

fn places() -> TableDef {
    TableDef::new("places")
        .column(ColumnDef::new("land", ColumnType::Text))
        .column(ColumnDef::new("town", ColumnType::Text))
        .column(ColumnDef::new("size", ColumnType::Integer).nullable())
        .primary_key(&["land", "town"])
}

fn visits(parent: &[&str]) -> TableDef {
    TableDef::new("visits")
        .column(ColumnDef::new("id", ColumnType::BigInt).auto())
        .column(ColumnDef::new("land", ColumnType::Text))
        .column(ColumnDef::new("town", ColumnType::Text))
        .primary_key(&["id"])
        .foreign_key(None, parent, "places", parent, Action::Cascade, Action::NoAction)
}

const ROWS: &str =
    "INSERT INTO places VALUES ('fr', 'paris', 2), ('us', 'paris', 1), ('fr', 'lyon', NULL)";
const TOWNS: &str = "SELECT town FROM places ORDER BY land, town";
const FOUND: &[&str] = &["lyon", "paris", "paris"];

on_each_base! {
    fn a_key_is_reordered_widened_and_narrowed(base: &Base) {
        base.create(&[places()]);
        base.sql(ROWS);
        let reordered = places().primary_key(&["town", "land"]);
        base.there_and_back(&[places()], &[reordered], &none());
        let narrow = places().primary_key(&["town"]);
        base.refuses(&[places()], std::slice::from_ref(&narrow), &none(), 2, &["places", "town", "primary key"]);
        base.sql("DELETE FROM places WHERE land = 'us'");
        base.there_and_back(&[places()], &[narrow], &none());
        base.holds(TOWNS, &["lyon", "paris"]);
    }

    fn a_key_that_is_referred_to_changes(base: &Base) {
        let before = [places(), visits(&["land", "town"])];
        base.create(&before);
        base.sql(ROWS);
        base.sql("INSERT INTO visits (land, town) VALUES ('fr', 'paris'), ('us', 'paris')");
        let after = [places().primary_key(&["town", "land"]), visits(&["land", "town"])];
        base.there_and_back(&before, &after, &none());
        base.holds("SELECT land FROM visits ORDER BY id", &["fr", "us"]);
    }

    fn uniques_come_change_and_go(base: &Base) {
        base.create(&[places()]);
        base.sql(ROWS);
        let unique = places().unique(None, &["size"]);
        base.there_and_back(&[places()], std::slice::from_ref(&unique), &none());
        let wider = places().unique(Some("places_size_key"), &["size", "land"]);
        base.evolve(&[places()], std::slice::from_ref(&unique), &none());
        base.there_and_back(std::slice::from_ref(&unique), &[wider], &none());
        let renamed = places().unique(Some("another"), &["size"]);
        base.there_and_back(std::slice::from_ref(&unique), &[renamed], &none());
        base.holds(TOWNS, FOUND);
        let refused = places().unique(None, &["town"]);
        base.evolve(&[unique], &[places()], &none());
        base.refuses(&[places()], &[refused], &none(), 2, &["places", "{rows}", "town", "places_town_key"]);
    }

    /// PostgreSQL leaves them out of CREATE TABLE.
    fn uniques_of_the_columns_of_another_key_are_there(base: &Base) {
        let doubled =
            places().unique(None, &["land", "town"]).unique(None, &["size"]).unique(Some("size again"), &["size"]);
        base.create(&[places()]);
        base.sql(ROWS);
        base.there_and_back(&[places()], std::slice::from_ref(&doubled), &none());
        let created = TableDef { name: "created".into(), uniques: Vec::new(), ..places() };
        let created =
            created.unique(None, &["land", "town"]).unique(None, &["size"]).unique(Some("once more"), &["size"]);
        base.there_and_back(&[places()], &[places(), created], &none());
    }

    fn checks_come_change_and_go(base: &Base) {
        base.create(&[places()]);
        base.sql(ROWS);
        let one = places().check("small", "size < 10");
        let other = places().check("small", "size < 20");
        let renamed = places().check("little", "size < 20");
        base.there_and_back(&[places()], std::slice::from_ref(&one), &none());
        base.evolve(&[places()], std::slice::from_ref(&one), &none());
        base.there_and_back(std::slice::from_ref(&one), std::slice::from_ref(&other), &none());
        base.evolve(std::slice::from_ref(&one), std::slice::from_ref(&other), &none());
        base.there_and_back(std::slice::from_ref(&other), &[renamed], &none());
        let refused = places().check("tiny", "size < 2");
        base.refuses(&[other], &[refused], &none(), 1, &["places", "{rows}", "tiny"]);
        base.holds(TOWNS, FOUND);
    }

    fn a_foreign_key_comes_changes_and_goes(base: &Base) {
        let loose = TableDef { foreign_keys: Vec::new(), ..posts(Action::Cascade) };
        let before = [users(), loose];
        base.create(&before);
        base.sql(
            "INSERT INTO users (email) VALUES ('ada'), ('bob');
             INSERT INTO posts (author_id, title) VALUES (1, 'one'), (2, 'two'), (7, 'orphan'), (8, 'orphan')",
        );
        let after = [users(), posts(Action::Cascade)];
        base.refuses(&before, &after, &none(), 2, &["posts", "{rows}", "author_id", "users", "posts_author_id_fkey"]);
        base.holds("SELECT count(*) FROM posts", &["4"]);
        base.sql("DELETE FROM posts WHERE title = 'orphan'");
        base.there_and_back(&before, &after, &none());
        base.evolve(&before, &after, &none());
        let restricted = [users(), posts(Action::Restrict)];
        base.there_and_back(&after, &restricted, &none());
        base.holds("SELECT title FROM posts ORDER BY id", &["one", "two"]);
        base.sql("DELETE FROM users WHERE id = 1");
        base.holds("SELECT title FROM posts ORDER BY id", &["two"]);
    }

    /// The count is of the values as they will be.
    fn a_foreign_key_of_converted_values_comes(base: &Base) {
        let loose = |ty| {
            let mut table = TableDef { foreign_keys: Vec::new(), ..posts(Action::Cascade) };
            let author = table.columns.iter_mut().find(|column| column.name == "author_id");
            author.expect("a column").ty = ty;
            table
        };
        let before = [users(), loose(ColumnType::Text)];
        base.create(&before);
        base.sql(
            "INSERT INTO users (email) VALUES ('ada'), ('bob');
             INSERT INTO posts (author_id, title) VALUES ('1', 'one'), ('7', 'orphan'), ('8', 'orphan')",
        );
        let after = [users(), posts(Action::Cascade)];
        base.refuses(&before, &after, &none(), 2, &["posts", "{rows}", "author_id", "users", "posts_author_id_fkey"]);
        base.sql("DELETE FROM posts WHERE title = 'orphan'");
        base.there_and_back(&before, &after, &none());
    }

    fn indexes_come_change_and_go(base: &Base) {
        base.create(&[places()]);
        base.sql(ROWS);
        let column = || vec![IndexPart::column("size")];
        let indexes = [
            places().index(None, column(), false, None),
            places().index(None, column(), true, None),
            places().index(None, column(), false, Some("size > 1")),
            places().index(None, vec![IndexPart::column("size").desc(), IndexPart::column("town")], false, None),
            places().index(None, vec![IndexPart::expression("lower(town)").desc()], false, None),
            places().index(Some("mine"), vec![IndexPart::expression("lower(town)").desc()], false, None),
            places(),
        ];
        let mut before = places();
        for after in indexes {
            base.there_and_back(std::slice::from_ref(&before), std::slice::from_ref(&after), &none());
            base.evolve(&[before], std::slice::from_ref(&after), &none());
            before = after;
        }
        base.holds(TOWNS, FOUND);
        let refused = places().index(Some("alone"), vec![IndexPart::expression("lower(town)")], true, None);
        base.refuses(&[places()], &[refused], &none(), 2, &["places", "alone"]);
    }

    fn a_key_and_what_refers_to_it_come_at_once(base: &Base) {
        let before = [users(), TableDef { foreign_keys: Vec::new(), ..posts(Action::Cascade) }];
        base.create(&before);
        let named = TableDef::new("posts")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(ColumnDef::new("author", ColumnType::Text).nullable())
            .primary_key(&["id"])
            .foreign_key(None, &["author"], "users", &["name"], Action::Cascade, Action::Cascade);
        let drops = orm_kit::diff::Hints {
            drops: vec!["posts.title".into()],
            ..orm_kit::diff::Hints::default()
        };
        base.evolve(&before, &[users().unique(None, &["name"]), named], &drops);
    }
}
