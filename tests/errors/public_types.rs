//! No public type shows a bound value, a password or a row that it holds.
//!
//! Every file that defines a public type is in one of two lists, so a new type can't be forgotten.

use std::collections::BTreeMap;
use std::path::Path;

use mizzle::dsl::{Shared, decimal as exact};
use mizzle::manager::{ConnectionManager, ManagerConfig};
use mizzle::migration::Migrations;
use mizzle::prelude::*;
use mizzle::{Read, Repository, TransactionRetry, batch};
use test_support::on_each_database;

use crate::secrets::{MARKER, NUMBER, Vault, Vaults, assert_hidden, vault, vaults};

/// The files whose types can hold values, passwords or rows, and what shows that they hide them.
const HIDES: &[(&str, &str)] = &[
    ("orm-core/src/backend/any/bind.rs", "bound_values"),
    ("orm-core/src/backend/any/binds.rs", "bound_values"),
    ("orm-core/src/backend/any/bound.rs", "bound_values"),
    ("orm-core/src/backend/any/collected.rs", "bound_values"),
    ("orm-core/src/backend/any/postgres/binds.rs", "bound_values"),
    ("orm-core/src/backend/any/postgres/copied.rs", "bound_values"),
    ("orm-core/src/backend/any/sqlite/binds.rs", "bound_values"),
    ("orm-core/src/backend/any/query_builder.rs", "its text has placeholders for the values"),
    ("orm-core/src/backend/any/postgres/row.rs", "rows"),
    ("orm-core/src/backend/any/row.rs", "rows"),
    ("orm-core/src/backend/any/sqlite/row.rs", "rows"),
    ("orm-core/src/backend/any/value.rs", "rows"),
    (
        "orm-core/src/backend/connection.rs",
        "secrets::in_debug_output, secrets::the_password_is_not_shown",
    ),
    ("orm-core/src/backend/url/problem.rs", "urls::are_read_alike_and_show_no_password"),
    ("orm-core/src/backend/diesel.rs", "rows"),
    ("orm-core/src/backend/notify/event.rs", "handles"),
    ("orm-core/src/cte", "queries"),
    ("orm-core/src/dsl/call.rs", "expressions"),
    ("orm-core/src/dsl/checked.rs", "expressions"),
    ("orm-core/src/dsl/date_trunc.rs", "expressions"),
    ("orm-core/src/dsl/decimal.rs", "expressions"),
    ("orm-core/src/dsl/ilike.rs", "expressions"),
    ("orm-core/src/dsl/key.rs", "expressions"),
    ("orm-core/src/dsl/lock.rs", "expressions"),
    ("orm-core/src/dsl/null_safe.rs", "expressions"),
    ("orm-core/src/dsl/rounding.rs", "expressions"),
    ("orm-core/src/dsl/row.rs", "expressions"),
    ("orm-core/src/dsl/shared.rs", "expressions"),
    ("orm-core/src/dsl/text.rs", "expressions"),
    ("orm-core/src/error/constraint.rs", "secrets::fails"),
    ("orm-core/src/error/mod.rs", "secrets::fails"),
    (
        "orm-core/src/error/value.rs",
        "secrets::in_values_that_do_not_fit; `UnknownLabel` holds the names alone",
    ),
    ("orm-core/src/handle/asynchronous", "handles"),
    ("orm-core/src/handle/builder.rs", "secrets::the_password_is_not_shown"),
    ("orm-core/src/handle/db.rs", "handles"),
    ("orm-core/src/handle/listen", "handles"),
    ("orm-core/src/handle/session.rs", "handles"),
    ("orm-core/src/manager/asynchronous.rs", "handles"),
    ("orm-core/src/manager/config.rs", "handles"),
    ("orm-core/src/manager/mod.rs", "handles"),
    ("orm-core/src/manager/report.rs", "handles"),
    ("orm-core/src/manager/repository.rs", "handles"),
    ("orm-core/src/migration/asynchronous.rs", "handles"),
    ("orm-core/src/migration/error.rs", "calls::in_failures_of_migrations"),
    ("orm-core/src/migration/migrator.rs", "handles"),
    ("orm-core/src/query/attach.rs", "queries"),
    ("orm-core/src/query/build.rs", "queries"),
    ("orm-core/src/query/columns.rs", "queries"),
    ("orm-core/src/query/conditions.rs", "queries"),
    ("orm-core/src/query/keyset/cursor.rs", "rows"),
    ("orm-core/src/query/selection.rs", "queries"),
    ("orm-core/src/query/subselect.rs", "queries"),
    ("orm-core/src/query/using.rs", "queries"),
    ("orm-core/src/relation/aggregate.rs", "queries"),
    ("orm-core/src/relation/graph.rs", "queries"),
    ("orm-core/src/relation/value.rs", "queries"),
    ("orm-core/src/relation/related.rs", "queries"),
    ("orm-core/src/handle/transaction.rs", "handles"),
    ("orm-core/src/run/batch", "queries"),
    ("orm-core/src/run/future.rs", "handles"),
    ("orm-core/src/run/lent.rs", "rows"),
    ("orm-core/src/run/stream.rs", "rows"),
    ("orm-core/src/search", "tests/search: debug_output_shows_no_query"),
    ("orm-core/src/sql/typed.rs", "queries"),
    ("orm-core/src/run/transaction.rs", "secrets::in_debug_output"),
    ("orm-core/src/sql/argument.rs", "queries"),
    ("orm-core/src/sql/mod.rs", "queries"),
    ("orm-core/src/table/changeset.rs", "queries"),
    ("orm-core/src/table/inserted.rs", "queries"),
    ("orm-core/src/tree", "queries; a node is the row"),
    ("orm-core/src/run/on_conflict.rs", "queries"),
    ("orm-core/src/types/stored.rs", "expressions"),
];

/// The files whose types hold none, and those whose types are the value itself.
const HOLDS_NONE: &[(&str, &str)] = &[
    ("orm-core/src/backend/any/array.rs", "a name"),
    ("orm-core/src/backend/any/insert.rs", "names"),
    ("orm-core/src/backend/any/mod.rs", "the backend, and a choice"),
    ("orm-core/src/backend/any/places.rs", "numbers of columns"),
    ("orm-core/src/backend/described.rs", "names of columns"),
    ("orm-core/src/backend/mod.rs", "choices and limits"),
    ("orm-core/src/backend/options.rs", "choices"),
    ("orm-core/src/backend/untyped.rs", "names of columns, and rows on their way; no `Debug`"),
    ("orm-core/src/column", "columns, and the names of queries in FROM"),
    ("orm-core/src/dialect", "names, and SQL of the schema"),
    ("orm-core/src/error/category.rs", "a name"),
    ("orm-core/src/error/code.rs", "a name"),
    ("orm-core/src/handle/pool", "numbers"),
    ("orm-core/src/handle/replicas", "places in a log; URLs without secrets"),
    ("orm-core/src/handle/retry.rs", "numbers"),
    ("orm-core/src/handle/synchronous.rs", "nothing"),
    ("orm-core/src/manager/clock.rs", "time"),
    ("orm-core/src/migration/diesel.rs", "the migrations' own text"),
    ("orm-core/src/migration/migrations.rs", "the migrations' own text"),
    ("orm-core/src/migration/report.rs", "the migrations' own text, and counts"),
    ("orm-core/src/migration/statement.rs", "the migrations' own text"),
    ("orm-core/src/query/join.rs", "keys on their way; no `Debug`"),
    ("orm-core/src/query/keyset/mod.rs", "the rows, like a `Vec`; a query without `Debug`"),
    ("orm-core/src/query/keyset/terms.rs", "numbers of columns"),
    ("orm-core/src/query/loaded.rs", "rows on their way; no `Debug`"),
    ("orm-core/src/query/page.rs", "the rows that the caller asked for, like a `Vec`"),
    ("orm-core/src/query/picks.rs", "rows on their way, and expressions; no `Debug`"),
    ("orm-core/src/query/selects.rs", "expressions; no `Debug`"),
    ("orm-core/src/relation/below.rs", "rows on their way; no `Debug`"),
    ("orm-core/src/relation/definition.rs", "names"),
    ("orm-core/src/relation/numbers.rs", "kinds of numbers"),
    ("orm-core/src/run/level.rs", "keys on their way; no `Debug`"),
    ("orm-core/src/run/mode.rs", "names"),
    ("orm-core/src/schema", "the schema"),
    ("orm-core/src/sql/columns.rs", "names of columns"),
    ("orm-core/src/sql/registry.rs", "the program's own text"),
    ("orm-core/src/sql/text.rs", "the program's own text"),
    ("orm-core/src/table/builder.rs", "marks of fields"),
    ("orm-core/src/table/known.rs", "types"),
    ("orm-core/src/table/mod.rs", "columns"),
    ("orm-core/src/table/number.rs", "numbers of columns"),
    ("orm-core/src/table/reference.rs", "names"),
    ("orm-core/src/table/support.rs", "marks"),
    ("orm-core/src/testing", "the tests' own text, and handles, which hide theirs"),
    ("orm-core/src/types/cidr.rs", "a network, like `Inet`; its error holds nothing"),
    ("orm-core/src/types/decimal.rs", "a number, like `i64`; its error holds nothing"),
    ("orm-core/src/types/inet.rs", "an address, like `IpAddr`; its error holds nothing"),
    ("orm-core/src/types/interval.rs", "a span of time, like `TimeDelta`; its error holds nothing"),
    ("orm-core/src/types/json.rs", "a document, like the type inside"),
    ("orm-core/src/types/range/mod.rs", "values, like `std::ops::Range`; its error holds nothing"),
    ("orm-core/src/types/sql_types.rs", "names"),
    ("orm-core/src/types/vector.rs", "numbers, like `Vec<f32>`"),
    ("orm-core/src/types/zone.rs", "names"),
    ("orm-kit/src/cli/kit.rs", "a folder's name"),
    ("orm-kit/src/diagram", "a choice"),
    ("orm-kit/src/diff", "schemas"),
    ("orm-kit/src/dump", "the schema's own SQL"),
    ("orm-kit/src/folder", "schemas and the migrations' own text"),
    ("orm-kit/src/introspect", "the schema"),
    ("orm-kit/src/lint", "the migrations' own text"),
    ("orm-kit/src/managed", "schemas"),
    ("orm-kit/src/pull", "structs"),
    ("orm-kit/src/render", "the migrations' own text"),
    ("orm-kit/src/rows.rs", "names and counts"),
    ("orm-kit/src/sql", "the program's own text"),
    ("orm-kit/src/studio", "a handle, which hides its own, and names; requests have no `Debug`"),
];

fn read(folder: &Path, root: &Path, types: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, root, types);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let public = text.lines().filter_map(|line| {
            let line = line.trim_start().strip_prefix("pub ")?;
            let name = line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "))?;
            Some(name.split(|c: char| !c.is_alphanumeric()).next()?.to_owned())
        });
        let public: Vec<String> = public.filter(|name| !name.is_empty()).collect();
        if !public.is_empty() {
            let path = path.strip_prefix(root).unwrap().to_str().unwrap();
            types.insert(path.replace('\\', "/"), public);
        }
    }
}

#[test]
fn each_is_known_to_hide_what_it_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut types = BTreeMap::new();
    for package in ["orm-core/src", "orm-kit/src"] {
        read(&root.join(package), root, &mut types);
    }
    assert!(types.values().flatten().count() > 150, "{types:?}");
    let lists = || HIDES.iter().chain(HOLDS_NONE);
    let unknown: Vec<_> = types
        .iter()
        .filter(|(path, _)| lists().filter(|(known, _)| path.starts_with(known)).count() != 1)
        .collect();
    assert!(unknown.is_empty(), "add what shows that these hide their values: {unknown:#?}");
    let gone: Vec<_> =
        lists().filter(|(known, _)| !types.keys().any(|path| path.starts_with(known))).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[derive(Cte)]
struct Named {
    #[allow(dead_code, reason = "only its column is used")]
    number: i64,
}

on_each_database! {
    fn expressions(db: &Db) {
        let price = Decimal::from(NUMBER);
        assert_hidden(&format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            vaults::name.ilike(MARKER),
            vaults::name.not_ilike(MARKER),
            vaults::name.is_distinct_from(MARKER),
            vaults::amount.plus(price.clone()),
            vaults::number + NUMBER,
            exact::sum(vaults::amount.times(price.clone())),
            Shared::<vaults::table, _>::new(vaults::name.eq(MARKER)),
            mizzle::stored::Stored(MARKER),
        ));
        #[cfg(feature = "time-zones")]
        assert_hidden(&format!(
            "{:?}",
            mizzle::dsl::date_trunc(mizzle::dsl::Unit::Day, chrono::Utc::now().into_sql::<diesel::sql_types::Timestamptz>(), MARKER),
        ));
        let document = || diesel::dsl::sql::<diesel::sql_types::Jsonb>("'{}'");
        let set = document().set([MARKER], serde_json::json!(MARKER));
        assert_hidden(&format!("{set:?} {:?} {:?}", document().get(MARKER), document().has_any_key([MARKER])));
        assert_hidden(&format!(
            "{:?} {:?} {:?} {:?}",
            mizzle::dsl::replace(vaults::name, MARKER, MARKER),
            mizzle::dsl::substr(mizzle::dsl::lower(MARKER.into_sql::<diesel::sql_types::Text>()), 1, 1),
            mizzle::dsl::round(vaults::amount.plus(price.clone()), 1),
            mizzle::dsl::avg(vaults::amount.plus(price.clone()), 1),
        ));
        let row = || mizzle::dsl::row((vaults::name, vaults::amount.plus(price.clone())));
        assert_hidden(&format!("{:?} {:?}", row(), row().lt((MARKER, price.clone()))));
        let key = mizzle::dsl::key("price", vaults::amount.plus(price));
        assert_hidden(&format!("{key:?} {:?}", key.name()));
        let locked = Vault::query().filter(vaults::name.eq(MARKER)).lock(Lock::update());
        assert_hidden(&format!("{locked:?} {locked:#?}"));
        let locked = vaults::table.filter(vaults::name.ilike(MARKER)).lock(Lock::update());
        assert_hidden(&format!("{locked:?} {locked:#?} {db:?}"));
    }

    fn queries(db: &Db) {
        let kinds = [NUMBER, NUMBER + 1];
        let inner = sql!("name = {MARKER}");
        let sql = sql!("SELECT * FROM vaults WHERE {inner} AND number IN ({..kinds})");
        assert_hidden(&format!("{sql:?} {sql:#?}"));
        let how = mizzle::on_conflict(vaults::id).filter_target(vaults::name.eq(MARKER));
        assert_hidden(&format!("{how:?}"));
        let query = || Vault::query().filter(vaults::name.eq(MARKER));
        let related = Vault::parent().filter(vaults::name.eq(MARKER));
        let attached = query().with(Vault::parent().filter(vaults::name.eq(MARKER)));
        let exists = Vault::parent().filter(vaults::name.eq(MARKER)).exists();
        let selection = query().select(vaults::number);
        let using = query().using(diesel::alias!(vaults as others), vaults::name.eq(MARKER));
        let using = using.set(vaults::name, MARKER);
        let shown = format!("{:?} {related:?} {attached:?} {exists:?} {selection:?} {using:?}", query());
        assert_hidden(&shown);
        let subselect = vaults::number.eq_any(query().select(vaults::number));
        assert_hidden(&format!("{subselect:?} {db:?}"));
        let tree = Vault::tree().descendants(MARKER);
        assert_hidden(&format!("{tree:?} {tree:#?}"));
        let term = Named::with(vaults::table.filter(vaults::name.eq(MARKER)).select(vaults::number));
        assert_hidden(&format!("{term:?} {term:#?}"));
        let derived = Named::subquery(vaults::table.filter(vaults::name.eq(MARKER)).select(vaults::number));
        assert_hidden(&format!("{derived:?} {derived:#?}"));
        let typed = sql!(i64, "SELECT number FROM vaults WHERE name = {MARKER}");
        assert_hidden(&format!("{typed:?} {typed:#?}"));
        let insert = diesel::insert_into(vaults::table).values(vault("a"));
        assert_hidden(&format!("{insert:?}"));
        let changes = crate::secrets::VaultChanges::default().number(NUMBER);
        let update = diesel::update(vaults::table).set(changes);
        assert_hidden(&format!("{update:?}"));
        assert_hidden(&format!("{:?} {:?}", query().has_row(), query().select(vaults::number).single_value()));
        let items = (batch::insert(vault("a")), query().batched());
        assert_hidden(&format!("{items:?} {items:#?}"));
    }

    fn bound_values(db: &Db) {
        use mizzle::backend::{Bind, Bound};

        let text = Bind::Text(MARKER.into());
        assert_hidden(&format!("{text:?} {text:#?}"));
        let bound = Bound::from(text);
        assert_hidden(&format!("{bound:?} {bound:#?}"));
        assert_hidden(&format!("{db:?}"));
    }

    fn rows(db: &Db) {
        use diesel::connection::{DefaultLoadingMode, LoadConnection};
        use diesel::row::{Field, Row};

        db.create_all::<Vaults>().unwrap();
        db.insert(vault("a")).unwrap();
        db.insert(vault("bb")).unwrap();
        let page = Vault::query().keyset(vaults::name).page(db, 1).unwrap();
        let cursor = page.next.unwrap();
        assert_hidden(&format!("{cursor:?} {cursor:#?}"));
        db.with_connection(|connection| {
            for row in LoadConnection::<DefaultLoadingMode>::load(connection, diesel::sql_query("SELECT * FROM vaults"))? {
                let row = row?;
                let field = row.get(0).unwrap();
                assert_hidden(&format!("{row:?} {row:#?} {field:?} {:?}", field.value()));
            }
            let query = diesel::sql_query("SELECT * FROM vaults");
            let mut rows = LoadConnection::<mizzle::RowByRow>::load(connection, query)?;
            let row = rows.next().unwrap()?;
            assert_hidden(&format!("{row:?} {row:#?}"));
            drop(row);
            assert_hidden(&format!("{rows:?}"));
            Ok(())
        })
        .unwrap();
    }

    fn handles(db: &Db) {
        let builder = db.transaction_builder().read_only();
        let retrying = db.transaction_builder().retry(TransactionRetry::new(1));
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(db.dialect().name())).unwrap();
        let migrations = Migrations::from_path(folder.path()).unwrap();
        let (repository, migrator) = (Repository::new(&ConnectionManager::new()), db.migrator(&migrations));
        let session = db.session(Read::Any);
        let bookmark = session.bookmark().unwrap();
        let servers = db.servers();
        #[cfg(feature = "tokio")]
        {
            let adb = AsyncDb::from(db.clone());
            let (run, rows) = (adb.insert(vault("a")), Vault::query().filter(vaults::name.eq(MARKER)).stream(&adb));
            let retrying = adb.transaction_builder().retry(TransactionRetry::new(1));
            let migrator = adb.migrator(&migrations);
            assert_hidden(&format!("{migrator:?} {:?}", adb.listen("channel")));
            assert_hidden(&format!("{adb:?} {run:?} {rows:?} {retrying:?} {:?}", adb.session(Read::Any)));
        }
        let mut listener = db.listen("channel").unwrap();
        db.notify("channel", MARKER).unwrap();
        let event = listener.next().unwrap();
        assert_hidden(&format!("{listener:?} {event:?} {event:#?}"));
        assert_hidden(&format!("{builder:?} {retrying:?} {repository:?} {migrator:?} {session:?} {bookmark:?} {servers:?}"));
        for url in [
            format!("postgres://app:{MARKER}@127.0.0.1:1/blog"),
            format!("postgres://app:{MARKER}#x@127.0.0.1:1/blog"),
            format!("postgres://app:{MARKER}?x@127.0.0.1:1/blog"),
            format!("postgres://app:{MARKER}/x@127.0.0.1:1/blog\n"),
            format!("postgres://app:x@{MARKER}@127.0.0.1:1/blog"),
            format!("postgres://app:x\n{MARKER}@127.0.0.1:1/blog"),
            format!("postgres://127.0.0.1:1/blog?user=app&password={MARKER}"),
            format!("postgres://app@127.0.0.1:1/blog?options=-c%20app.key={MARKER}"),
            format!("postgres://app@127.0.0.1:1/blog?sslpassword={MARKER}"),
        ] {
            let config = ManagerConfig::new(Db::builder(&url)).max_retries(0);
            assert_hidden(&format!("{config:?} {config:#?}"));
            let manager = ConnectionManager::with_config(config);
            let (failed, events) = crate::log::Log::of(|| manager.initialize());
            assert_hidden(&crate::secrets::shown(&failed.unwrap_err()));
            assert_hidden(&crate::secrets::shown(&manager.db().unwrap_err()));
            let (status, health) = (manager.status(), manager.health());
            let json = serde_json::to_string(&(&status, &health)).unwrap();
            assert_hidden(&format!("{manager:?} {status:?} {health:?} {json}"));
            assert_hidden(&crate::log::text(&events));
            manager.disconnect();
            #[cfg(feature = "tokio")]
            assert_hidden(&format!("{:?}", mizzle::AsyncConnectionManager::from(manager)));
        }
    }
}
