//! A real schema with real rows: the music store of `shared/data`, through ten changes and back.

use std::path::PathBuf;

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use orm_kit::diff::{Hints, diff};
use orm_kit::introspect::introspect;

use crate::harness::{Base, column, none, table};
use crate::on_each_base;

/// The statements that create and fill the store; `None` where the data is not at hand.
fn statements(dialect: Dialect) -> Option<String> {
    let name = format!("chinook_{}.sql", dialect.name());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    };
    // Commands for psql, and the creation of the database.
    let lines = text.lines().filter(|line| {
        !line.starts_with('\\')
            && !line.starts_with("CREATE DATABASE")
            && !line.starts_with("DROP DATABASE")
    });
    Some(lines.collect::<Vec<_>>().join("\n").trim_start_matches('\u{feff}').to_owned())
}

/// A sum over all values of all tables, by the names that they have at the start.
fn sums(base: &Base, tables: &[TableDef]) -> Vec<Vec<Option<String>>> {
    let dialect = base.dialect();
    let mut sums = Vec::new();
    for table in tables {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                format!("coalesce(CAST({} AS TEXT), '-')", dialect.quote_ident(&column.name))
            })
            .collect();
        let row = columns.join(" || '|' || ");
        let name = dialect.quote_ident(&table.name);
        sums.push(base.texts(&format!("SELECT {row} AS y FROM {name} ORDER BY y")));
    }
    sums
}

/// The store's names on each database.
struct Names {
    album: &'static str,
    artist: &'static str,
    artist_id: &'static str,
    artist_name: &'static str,
    customer: &'static str,
    email: &'static str,
    track: &'static str,
    milliseconds: &'static str,
    composer: &'static str,
    invoice_line: &'static str,
    quantity: &'static str,
    employee: &'static str,
    title: &'static str,
}

fn names(dialect: Dialect) -> Names {
    match dialect {
        Dialect::Sqlite | Dialect::D1 => Names {
            album: "Album",
            artist: "Artist",
            artist_id: "ArtistId",
            artist_name: "Name",
            customer: "Customer",
            email: "Email",
            track: "Track",
            milliseconds: "Milliseconds",
            composer: "Composer",
            invoice_line: "InvoiceLine",
            quantity: "Quantity",
            employee: "Employee",
            title: "Title",
        },
        Dialect::Postgres => Names {
            album: "album",
            artist: "artist",
            artist_id: "artist_id",
            artist_name: "name",
            customer: "customer",
            email: "email",
            track: "track",
            milliseconds: "milliseconds",
            composer: "composer",
            invoice_line: "invoice_line",
            quantity: "quantity",
            employee: "employee",
            title: "title",
        },
    }
}

fn find<'a>(tables: &'a mut [TableDef], name: &str) -> &'a mut TableDef {
    tables.iter_mut().find(|table| table.name == name).expect("the table")
}

fn change(
    tables: &[TableDef],
    name: &str,
    change: impl FnOnce(TableDef) -> TableDef,
) -> Vec<TableDef> {
    let mut tables = tables.to_vec();
    let found = find(&mut tables, name);
    *found = change(found.clone());
    tables
}

fn change_column(table: TableDef, name: &str, change: impl FnOnce(&mut ColumnDef)) -> TableDef {
    let mut table = table;
    change(table.columns.iter_mut().find(|column| column.name == name).expect("the column"));
    table
}

/// Ten changes such as a store goes through.
fn changes(tables: &[TableDef], dialect: Dialect) -> Vec<(Vec<TableDef>, Hints)> {
    let n = names(dialect);
    let mut steps: Vec<(Vec<TableDef>, Hints)> = Vec::new();
    let mut add = |tables: Vec<TableDef>, hints: Hints| {
        steps.push((tables.clone(), hints));
        tables
    };
    // 1: a table that refers to one that is there.
    let key = find(&mut tables.to_vec(), n.track).primary_key[0].clone();
    let key_type =
        find(&mut tables.to_vec(), n.track).find_column(&key).expect("the key").ty.clone();
    let mut now = tables.to_vec();
    now.push(
        TableDef::new("ratings")
            .column(ColumnDef::new("id", ColumnType::BigInt).auto())
            .column(ColumnDef::new("track", key_type))
            .column(ColumnDef::new("stars", ColumnType::Integer).default(DefaultValue::Integer(3)))
            .primary_key(&["id"])
            .check("stars_in_range", "stars between 1 and 5")
            .foreign_key(None, &["track"], n.track, &[&key], Action::Cascade, Action::NoAction),
    );
    let now = add(now, none());
    // 2: a column with a default.
    let active = ColumnDef::new("active", ColumnType::Bool).default(DefaultValue::Bool(true));
    let now = add(change(&now, n.customer, |customer| customer.column(active)), none());
    // 3: a computed default.
    let seen = ColumnDef::new("seen_at", ColumnType::Timestamptz).default(DefaultValue::Now);
    let now = add(change(&now, n.customer, |customer| customer.column(seen)), none());
    // 4: a wider type.
    let now = add(
        change(&now, n.track, |track| {
            change_column(track, n.milliseconds, |column| column.ty = ColumnType::Double)
        }),
        none(),
    );
    // 5: a key that no two share.
    let now = add(change(&now, n.customer, |customer| customer.unique(None, &[n.email])), none());
    // 6: a condition for every row.
    let quoted = dialect.quote_ident(n.quantity);
    let now = add(
        change(&now, n.invoice_line, |line| line.check("some_quantity", &format!("{quoted} > 0"))),
        none(),
    );
    // 7: NULL is no longer allowed, and filled.
    let now = add(
        change(&now, n.track, |track| {
            change_column(track, n.composer, |column| {
                column.nullable = false;
                column.default = Some(DefaultValue::Text("unknown".into()));
            })
        }),
        none(),
    );
    // 8: another name for a column that an index and a key of its own table know.
    let now = add(
        change(&now, n.artist, |artist| {
            change_column(artist, n.artist_name, |column| column.name = "called".into())
        }),
        column(n.artist, n.artist_name, "called"),
    );
    // 9: another name for a table that others refer to.
    let mut renamed = now.clone();
    find(&mut renamed, n.artist).name = "performers".into();
    for key in renamed.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.table == n.artist {
            key.table = "performers".into();
        }
    }
    let now = add(renamed, table(n.artist, "performers"));
    // 10: other actions, and indexes.
    let now = change(&now, n.album, |album| {
        let mut album = album;
        for key in album.foreign_keys.iter_mut().filter(|key| key.columns == [n.artist_id]) {
            key.on_delete = Action::Cascade;
        }
        album.index(None, vec![IndexPart::column(n.title).desc()], false, None)
    });
    let now = change(&now, n.employee, |employee| {
        let lower = format!("lower({})", dialect.quote_ident(n.title));
        employee.index(Some("employees_by_title"), vec![IndexPart::expression(&lower)], false, None)
    });
    add(now, none());
    steps
}

on_each_base! {
    fn ten_changes_and_back(base: &Base) {
        let Some(text) = statements(base.dialect()) else { return };
        base.sql(&text);
        let found = introspect(&base.db).expect("the schema");
        let start = found.tables;
        assert_eq!(start.len(), 11);
        let before = sums(base, &start);
        assert_eq!(before.iter().map(Vec::len).sum::<usize>(), 15_607);
        let mut at = start.clone();
        let mut ways_back = Vec::new();
        for (to, hints) in changes(&start, base.dialect()) {
            let way = diff(&at, &to, &hints).unwrap_or_else(|error| panic!("{error}"));
            assert!(!way.is_empty());
            base.apply(&way);
            ways_back.push(way.inverse());
            at = to;
        }
        assert_eq!(ways_back.len(), 10);
        for way in ways_back.iter().rev() {
            base.apply(way);
        }
        // The one NULL that was filled stays filled; all else is as it was.
        let after = sums(base, &start);
        let n = names(base.dialect());
        for ((table, before), after) in start.iter().zip(before).zip(after) {
            if table.name == n.track {
                assert_eq!(before.len(), after.len());
                let unknown = after.iter().flatten().filter(|row| row.contains("|unknown|")).count();
                let missing = before.iter().flatten().filter(|row| row.contains("|-|")).count();
                assert!(unknown > 0 && unknown <= missing, "{unknown} of {missing}");
            } else {
                assert_eq!(before, after, "{}", table.name);
            }
        }
    }
}
