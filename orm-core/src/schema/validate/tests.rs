use crate::dialect::Dialect;
use crate::schema::{
    Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef, create_schema, create_table,
};

fn column(name: &str, ty: ColumnType) -> ColumnDef {
    ColumnDef::new(name, ty)
}

fn labels(labels: &[&str], native: Option<&str>) -> ColumnType {
    ColumnType::Enum {
        labels: labels.iter().map(|label| (*label).into()).collect(),
        native: native.map(Into::into),
    }
}

/// A table with the key `id`.
fn table(name: &str) -> TableDef {
    TableDef::new(name).column(column("id", ColumnType::BigInt)).primary_key(&["id"])
}

fn references(table: TableDef, columns: &[&str], target: &str, to: &[&str]) -> TableDef {
    table.foreign_key(None, columns, target, to, Action::NoAction, Action::NoAction)
}

fn error_on(dialect: Dialect, tables: &[TableDef]) -> String {
    create_schema(tables, dialect).unwrap_err().to_string()
}

#[track_caller]
fn assert_error(tables: &[TableDef], message: &str) {
    for dialect in Dialect::ALL {
        assert_eq!(error_on(dialect, tables), message, "{dialect}");
    }
}

#[test]
fn names() {
    assert_error(&[table("")], "a table: the name \"\" is empty");
    assert_error(
        &[table("a\0b")],
        "a table: the name \"a\\0b\" contains NUL, which no database accepts",
    );
    assert_error(
        &[table("users").column(column("", ColumnType::Text))],
        "a column of table \"users\": the name \"\" is empty",
    );
    assert_error(
        &[table("users").check("", "true")],
        "a check of table \"users\": the name \"\" is empty",
    );
    assert_error(
        &[table("users").column(column("mood", labels(&["ok"], Some(""))))],
        "the enum type of table \"users\", column \"mood\": the name \"\" is empty",
    );
}

#[test]
fn tables() {
    assert_error(
        &[TableDef::new("users")],
        "table \"users\" has no columns; give its struct at least one field",
    );
    assert_error(
        &[table("users"), table("posts"), table("users")],
        "two tables are named \"users\"; list each struct once in `schema!`, and give one of them \
         another name by `#[table(name = \"…\")]`",
    );
    assert_error(
        &[table("users").column(column("id", ColumnType::Text))],
        "table \"users\" has two columns named \"id\"; give one of the fields another name by \
         `#[column(name = \"…\")]`",
    );
}

#[test]
fn sqlite_ignores_case_and_postgres_what_is_too_long() {
    let by_case = [table("users"), table("Users")];
    assert!(error_on(Dialect::Sqlite, &by_case).starts_with("two tables are named \"Users\""));
    assert!(create_schema(&by_case, Dialect::Postgres).is_ok());
    let long = "t".repeat(63);
    let by_end = [table(&format!("{long}a")), table(&format!("{long}b"))];
    assert!(error_on(Dialect::Postgres, &by_end).starts_with("two tables are named"));
    assert!(create_schema(&by_end, Dialect::Sqlite).is_ok());
}

#[test]
fn namespaces() {
    let part = || vec![IndexPart::column("id")];
    assert_error(
        &[
            table("a").index(Some("i"), part(), false, None),
            table("b").index(Some("i"), part(), false, None),
        ],
        "an index of table \"b\" has the name \"i\" of an index of table \"a\"; give one of the \
         two another name",
    );
    assert_error(
        &[table("a"), table("b").index(Some("a"), part(), false, None)],
        "an index of table \"b\" has the name \"a\" of table \"a\"; give one of the two another \
         name",
    );
    assert_error(
        &[table("a").check("c", "true").check("c", "false")],
        "a check of table \"a\" has the name \"c\" of a check of table \"a\"; give one of the two \
         another name",
    );
    assert_error(
        &[table("a").column(column("mood", labels(&["ok"], Some("b")))), table("b")],
        "the enum type \"b\" has the name \"b\" of table \"b\"; give one of the two another name",
    );
    // Checks of two tables don't conflict.
    let apart = [table("a").check("c", "true"), table("b").check("c", "true")];
    assert!(create_schema(&apart, Dialect::Postgres).is_ok());
}

#[test]
fn keys_and_indexes() {
    assert_error(
        &[table("users").primary_key(&["uid"])],
        "table \"users\": the primary key names the column \"uid\", which the table doesn't have; \
         its columns are id",
    );
    assert_error(
        &[table("users").unique(None, &["email"])],
        "table \"users\": unique constraint \"users_email_key\" names the column \"email\", which \
         the table doesn't have; its columns are id",
    );
    assert_error(
        &[table("users").index(None, vec![IndexPart::column("email")], false, None)],
        "table \"users\": index \"users_email_idx\" names the column \"email\", which the table \
         doesn't have; its columns are id",
    );
    assert_error(
        &[table("users").unique(Some("u"), &["id", "id"])],
        "table \"users\": unique constraint \"u\" names the column \"id\" twice; name it once",
    );
    assert_error(
        &[table("users").index(Some("i"), vec![], false, None)],
        "table \"users\": index \"i\" has no columns; name at least one",
    );
}

#[test]
fn foreign_keys() {
    let post = || table("posts").column(column("author_id", ColumnType::BigInt));
    assert_error(
        &[references(post(), &["author_id"], "users", &["id"])],
        "table \"posts\": foreign key \"posts_author_id_fkey\" refers to the table \"users\", \
         which isn't in the schema; add its struct to the list in `schema!`, or remove \
         `references(…)` from the column author_id",
    );
    assert_error(
        &[table("users"), references(post(), &["writer_id"], "users", &["id"])],
        "table \"posts\": foreign key \"posts_writer_id_fkey\" names the column \"writer_id\", \
         which the table doesn't have; its columns are id, author_id",
    );
    assert_error(
        &[table("users"), references(post(), &["author_id"], "users", &["uid"])],
        "table \"posts\": foreign key \"posts_author_id_fkey\" refers to the column \"uid\" of \
         \"users\", which doesn't have it; the columns of \"users\" are id",
    );
    assert_error(
        &[table("users"), references(post(), &["id", "author_id"], "users", &["id"])],
        "table \"posts\": foreign key \"posts_id_author_id_fkey\" has 2 columns and refers to 1; \
         name as many of \"users\" as of \"posts\"",
    );
    let users = table("users").column(column("number", ColumnType::Integer));
    let by_number = references(post(), &["author_id"], "users", &["number"]);
    assert_error(
        &[users.clone(), by_number.clone()],
        "table \"posts\": foreign key \"posts_author_id_fkey\" refers to number of \"users\", \
         which may hold the same value in two rows; make it `unique`, or refer to the primary key",
    );
    let part = || vec![IndexPart::column("number")];
    let partial = users.clone().index(None, part(), true, Some("number > 0"));
    assert!(create_schema(&[partial, by_number.clone()], Dialect::Postgres).is_err());
    let unique = users.index(None, part(), true, None);
    assert!(create_schema(&[unique, by_number], Dialect::Postgres).is_ok());
    assert_error(
        &[
            table("users"),
            references(
                table("posts").column(column("author", ColumnType::Text)),
                &["author"],
                "users",
                &["id"],
            ),
        ],
        "table \"posts\": column \"author\" is text and refers to \"id\" of \"users\", which is a \
         64-bit integer; give both fields the same type",
    );
    // A table alone can't know the others.
    let alone = references(post(), &["author_id"], "users", &["id"]);
    assert!(create_table(&alone, Dialect::Postgres).is_ok());
}

#[test]
fn enums() {
    let mood = |of: &[&str]| table("a").column(column("mood", labels(of, Some("mood"))));
    assert_error(
        &[mood(&[])],
        "table \"a\": the enum of column \"mood\" has no labels; give it a variant",
    );
    assert_error(
        &[mood(&["ok", "ok"])],
        "table \"a\": the enum of column \"mood\" has the label \"ok\" twice; give one of the \
         variants another name",
    );
    let other = table("b").column(column("mood", labels(&["ok", "sad"], Some("mood"))));
    assert_error(
        &[mood(&["sad", "ok"]), other],
        "the enum type \"mood\" has the labels 'sad', 'ok' in \"a\".\"mood\" and 'ok', 'sad' in \
         \"b\".\"mood\"; give one of the two enums another type name",
    );
}

#[test]
fn counters() {
    let counted = |column: ColumnDef| TableDef::new("t").column(column.auto()).primary_key(&["id"]);
    assert_error(
        &[counted(column("id", ColumnType::Text))],
        "table \"t\": column \"id\" can't be `auto`: it is text; make the field i64, i32 or i16",
    );
    assert_error(
        &[counted(column("id", ColumnType::BigInt).default(DefaultValue::Integer(1)))],
        "table \"t\": column \"id\" can't be `auto`: it has a default; leave one of the two out",
    );
    let beside = [table("t").column(column("number", ColumnType::BigInt).auto())];
    assert_eq!(
        error_on(Dialect::Sqlite, &beside),
        "table \"t\": column \"number\" can't be `auto`: SQLite counts up only a primary key of \
         one column; make it that, or leave `auto` out"
    );
    assert!(create_schema(&beside, Dialect::Postgres).is_ok());
}

#[test]
fn defaults() {
    let number = DefaultValue::Text("five".into());
    assert_error(
        &[table("t").column(column("n", ColumnType::Integer).default(number))],
        "table \"t\": the default of column \"n\" is \"five\", but the column is a 32-bit \
         integer; write a whole number",
    );
    let both = column("n", ColumnType::Integer).default(DefaultValue::Integer(1)).generated("1");
    assert_error(
        &[table("t").column(both)],
        "table \"t\": the default of column \"n\" contradicts `generated`; leave one of the two \
         out",
    );
}

#[test]
fn full_text_is_of_texts_and_needs_a_number() {
    let table = || {
        TableDef::new("t")
            .column(ColumnDef::new("id", ColumnType::BigInt))
            .column(ColumnDef::new("title", ColumnType::Text))
            .column(ColumnDef::new("Rank", ColumnType::Text))
            .column(ColumnDef::new("lower", ColumnType::Text).generated("lower(title)"))
            .primary_key(&["id"])
    };
    let cases = [
        (table().full_text(&[], "simple"), "has no columns"),
        (table().full_text(&["none"], "simple"), "which the table doesn't have"),
        (table().full_text(&["title", "title"], "simple"), "twice"),
        (table().full_text(&["id"], "simple"), "which is no text"),
        (table().full_text(&["lower"], "simple"), "which is generated"),
        (table().full_text(&["Rank"], "simple"), "FTS5 needs for itself"),
        (table().full_text(&["title"], "klingon"), "simple and english"),
        (table().primary_key(&["title"]).full_text(&["title"], "simple"), "one integer column"),
        (
            table().primary_key(&["id", "title"]).full_text(&["title"], "simple"),
            "one integer column",
        ),
        (
            table()
                .column(ColumnDef::new("t_fts", ColumnType::Text))
                .full_text(&["title"], "simple"),
            "give the table's own one another name",
        ),
    ];
    for (table, problem) in cases {
        for dialect in Dialect::ALL {
            let error = create_table(&table, dialect).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
    let whole = table().full_text(&["title"], "simple");
    let other = TableDef::new("t_fts_data").column(ColumnDef::new("id", ColumnType::BigInt));
    let error = create_schema(&[whole.clone(), other.primary_key(&["id"])], Dialect::Sqlite);
    assert!(error.unwrap_err().to_string().contains("full text index"));
    assert!(create_schema(&[whole], Dialect::Postgres).is_ok());
}
