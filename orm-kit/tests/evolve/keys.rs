//! Keys of PostgreSQL: the names of their constraints, and identities.

use orm_kit::diff::{Hints, diff};
use orm_kit::introspect::introspect;

use crate::harness::{Base, none};

/// A key's name follows the table's, as all names of constraints do, unless somebody chose it.
#[test]
fn a_chosen_name_of_a_key_stays() {
    Base::postgres(|base| {
        let long = "a_table_whose_name_goes_on_until_nothing_more_fits_in_a_name_of";
        base.sql(&format!(
            "CREATE TABLE one (id int CONSTRAINT \"my key\" PRIMARY KEY); CREATE TABLE two (id int PRIMARY KEY); \
             CREATE TABLE {long} (id int PRIMARY KEY)"
        ));
        let keys = "SELECT conname FROM pg_constraint WHERE contype = 'p' AND connamespace = 'public'::regnamespace ORDER BY 1";
        base.holds(
            keys,
            &[
                "a_table_whose_name_goes_on_until_nothing_more_fits_in_a_na_pkey",
                "my key",
                "two_pkey",
            ],
        );
        let tables = introspect(&base.db).expect("the schema").tables;
        let hints = Hints {
            tables: [("one", "uno"), ("two", "due"), (long, "tre")]
                .map(|(old, new)| (old.to_owned(), new.to_owned()))
                .into(),
            ..Hints::default()
        };
        let mut renamed = tables.clone();
        for table in &mut renamed {
            let (_, new) = hints.tables.iter().find(|(old, _)| *old == table.name).expect("a name");
            table.name.clone_from(new);
        }
        base.there_and_back(&tables, &renamed, &hints);
        let change = diff(&tables, &renamed, &hints).expect("a change");
        base.apply(&change);
        base.holds(keys, &["due_pkey", "my key", "tre_pkey"]);
    });
}

/// What the server would refuse is refused with what to do.
#[test]
fn an_identity_column_stays_not_null() {
    Base::postgres(|base| {
        base.sql(
            "CREATE TABLE counted (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, s serial)",
        );
        let tables = introspect(&base.db).expect("the schema").tables;
        let with_null = |name: &str| {
            let mut changed = tables.clone();
            let column = changed[0].columns.iter_mut().find(|column| column.name == name);
            column.expect("the column").nullable = true;
            changed
        };
        base.there_and_back(&tables, &with_null("s"), &none());
        base.refuses(
            &tables,
            &with_null("n"),
            &none(),
            1,
            &["is an identity column", "DROP IDENTITY"],
        );
    });
}
