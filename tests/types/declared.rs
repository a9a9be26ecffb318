//! Columns of PostgreSQL types that a struct reads as another: a row is found, changed and deleted by its own value.

#![cfg(feature = "postgres")]

use mizzle::prelude::*;

use test_support::FreshPostgres;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "words")]
pub struct Word {
    #[column(primary_key)]
    pub it: String,
    pub n: i32,
    pub nullable: Option<String>,
}

#[test]
fn a_text_has_the_type_of_its_column() {
    let fresh = FreshPostgres::new();
    {
        let db = Db::connect(&fresh.url).unwrap();
        db.execute_sql(
            "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('so so', 'ab'); \
             CREATE DOMAIN code AS char(5) CHECK (length(value) > 0); CREATE DOMAIN word AS text",
        )
        .unwrap();
    }
    {
        let types = [
            ("text", "so so", None),
            ("varchar(5)", "so so", None),
            ("char(5)", "ab   ", Some("ab")),
            ("char(8)", "so so   ", Some("so so")),
            ("citext", "So So", Some("SO SO")),
            ("name", "so so", None),
            ("mood", "so so", None),
            ("code", "ab   ", Some("ab")),
            ("word", "so so", None),
            ("text COLLATE \"C\"", "so so", None),
        ];
        for (ty, value, other) in types {
            // PostgreSQL keeps the types of parameters with a prepared statement, and the column gets another.
            let db = Db::connect(&fresh.url).unwrap();
            db.execute_sql(&format!(
                "DROP TABLE IF EXISTS words; CREATE TABLE words (it {ty} PRIMARY KEY, n integer NOT NULL, nullable {ty}); \
                 INSERT INTO words VALUES ('{value}', 1, '{value}')"
            ))
            .unwrap();
            let row = db.find::<Word>(value.to_owned()).unwrap().expect(ty);
            assert_eq!(row.it, value, "{ty}");
            let count = |query: Query<'_, Word>| query.count(&db).unwrap();
            for given in [Some(value), other].into_iter().flatten() {
                let both = vec![given.to_owned(), value.to_owned()];
                assert_eq!(count(Word::query().filter(words::it.eq(given))), 1, "{ty}");
                assert_eq!(count(Word::query().filter(words::nullable.eq(given))), 1, "{ty}");
                assert_eq!(count(Word::query().filter(words::it.ne(given))), 0, "{ty}");
                assert_eq!(count(Word::query().filter(words::it.eq_any(&both))), 1, "{ty}");
                assert_eq!(count(Word::query().filter(words::it.ne_all(&both))), 0, "{ty}");
                assert_eq!(count(Word::query().filter(words::it.between(given, given))), 1, "{ty}");
                assert_eq!(count(Word::query().filter(words::it.gt(given))), 0, "{ty}");
                let same = NullSafeDsl::is_not_distinct_from(words::nullable, given);
                assert_eq!(count(Word::query().filter(same)), 1, "{ty}");
                let changes = WordChanges::default().n(2);
                assert_eq!(
                    db.update_by_key::<Word>(given.to_owned(), changes).unwrap().n,
                    2,
                    "{ty}"
                );
            }
            db.update(&Word { n: 3, ..row.clone() }).unwrap();
            let changed = diesel::update(words::table.filter(words::it.eq(value)))
                .set(words::nullable.eq(value));
            assert_eq!(db.execute(changed).unwrap(), 1, "{ty}");
            assert_eq!(db.find::<Word>(value.to_owned()).unwrap().unwrap().n, 3, "{ty}");
            db.delete(&row).unwrap();
            assert_eq!(count(Word::query()), 0, "{ty}");
        }
    }
}
