//! PostgreSQL types that only the program knows, texts on SQLite.

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};

use crate::harness::none;
use crate::on_each_base;

fn cards(ty: ColumnType) -> TableDef {
    TableDef::new("cards")
        .column(ColumnDef::new("id", ColumnType::BigInt))
        .column(ColumnDef::new("address", ty).nullable())
        .primary_key(&["id"])
        .index(None, vec![IndexPart::column("address")], false, None)
}

fn macaddr() -> ColumnType {
    ColumnType::Other("macaddr".into())
}

on_each_base! {
    fn columns_come_change_and_go(base: &Base) {
        let one = std::slice::from_ref;
        let before = cards(macaddr());
        base.create(one(&before));
        base.sql("INSERT INTO cards (id, address) VALUES (1, '08:00:2b:01:02:03'), (2, NULL)");
        const READ: &str = "SELECT address FROM cards WHERE id = 1";
        let read = base.either(READ, "SELECT address::text FROM cards WHERE id = 1");

        let mut more = before.clone().column(ColumnDef {
            default: Some(DefaultValue::Text("08:00:2b:ff:ff:ff".into())),
            ..ColumnDef::new("other", macaddr())
        });
        more = more.column(ColumnDef::new("all", macaddr().array()).nullable()).unique(None, &["address"]);
        base.there_and_back(one(&before), one(&more), &none());
        base.evolve(one(&before), one(&more), &none());
        base.holds(base.either("SELECT other FROM cards WHERE id = 2", "SELECT other::text FROM cards WHERE id = 2"), &["08:00:2b:ff:ff:ff"]);
        base.evolve(one(&more), one(&before), &none());

        let text = cards(ColumnType::Text);
        base.there_and_back(one(&before), one(&text), &none());
        base.holds(read, &["08:00:2b:01:02:03"]);
        base.evolve(one(&before), one(&text), &none());
        base.sql("UPDATE cards SET address = 'no address' WHERE id = 1");
        let change = orm_kit::diff::diff(one(&text), one(&before), &none()).expect("a diff");
        let script = orm_kit::render::render(&change, base.dialect()).expect("a valid schema");
        // PostgreSQL alone reads the text.
        let ran = base.run(&script);
        assert_eq!(ran.is_ok(), base.dialect() == Dialect::Sqlite, "{ran:?}");
        base.holds(READ, &["no address"]);
    }

    fn a_length_takes_no_digit_unseen(base: &Base) {
        let one = std::slice::from_ref;
        let read = base.either("SELECT address FROM cards", "SELECT address::text FROM cards");
        // PostgreSQL's own cast fills up and cuts off.
        for (name, narrow, wide, fits, lost) in [
            ("bit", "bit(3)", "bit(4)", None, "101"),
            ("bit", "bit(4)", "bit(3)", None, "1010"),
            ("varbit", "bit varying(6)", "bit varying(4)", Some("1010"), "10101"),
            ("bpchar", "character(4)", "character(2)", Some("ab"), "abcd"),
        ] {
            let declared = |sql: &str| {
                let mut table = cards(ColumnType::Other(name.into()));
                table.columns[1].db_type.set(Dialect::Postgres, Some(sql.into()));
                table
            };
            let (before, after) = (declared(narrow), declared(wide));
            base.create(one(&before));
            base.sql(&format!("INSERT INTO cards (id, address) VALUES (1, '{lost}'), (2, NULL)"));
            if base.dialect() == Dialect::Postgres {
                base.refuses(one(&before), one(&after), &none(), 1, &["cards", "address", "{rows}"]);
                base.sql(&format!("UPDATE cards SET address = {}", fits.map_or("NULL".to_owned(), |fits| format!("'{fits}'"))));
            }
            // SQLite has texts.
            base.there_and_back(one(&before), one(&after), &none());
            let kept = base.either(lost, fits.unwrap_or("NULL"));
            let kept = base.texts(read).iter().any(|value| value.as_deref().unwrap_or("NULL").trim_end() == kept);
            assert!(kept, "{name}: {:?}", base.texts(read));
            base.evolve(one(&before), &[], &none());
        }
    }
}
