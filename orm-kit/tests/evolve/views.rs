//! Views, which go and come back while what they read changes.

use orm_core::schema::ColumnType::{BigInt, Integer, Text};
use orm_core::schema::{ColumnDef, TableDef};
use orm_core::{Dialect, Executor};
use orm_kit::diff::{Hints, diff};
use orm_kit::render::render;

use crate::harness::{Base, column, none, table};
use crate::on_each_base;

fn items(ty: orm_core::schema::ColumnType) -> TableDef {
    TableDef::new("items")
        .column(ColumnDef::new("id", BigInt))
        .primary_key(&["id"])
        .column(ColumnDef::new("name", Text))
        .column(ColumnDef::new("size", ty))
}

fn view(name: &str, columns: &[&str], sql: &str) -> TableDef {
    let view = columns
        .iter()
        .fold(TableDef::new(name), |view, column| view.column(ColumnDef::new(column, Text)));
    view.view(Dialect::Sqlite, sql).view(Dialect::Postgres, sql)
}

fn large() -> TableDef {
    view("large", &["id", "size"], "SELECT id, size FROM items WHERE size > 1")
}

/// Reads the other one, and sorts before it.
fn again() -> TableDef {
    view("a large", &["n"], "SELECT count(*) AS n FROM large")
}

fn fill(base: &Base, tables: &[TableDef]) {
    base.create(tables);
    base.sql("INSERT INTO items (id, name, size) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
}

/// Another program's view.
fn foreign(base: &Base) {
    base.sql("CREATE VIEW theirs AS SELECT name FROM items");
}

on_each_base! {
    fn they_are_made_changed_and_dropped(base: &Base) {
        let (from, to) = ([items(Integer)], [again(), large(), items(Integer)]);
        fill(base, &from);
        foreign(base);
        let change = base.evolve(&from, &to, &none());
        assert_eq!(change.summary(), ["+ view a large", "+ view large"]);
        base.holds("SELECT n FROM \"a large\"", &["2"]);
        let other = view("large", &["id", "size"], "SELECT id, size FROM items");
        let changed = base.evolve(&to, &[again(), other.clone(), items(Integer)], &none());
        assert_eq!(changed.summary(), ["~ view large"]);
        base.holds("SELECT n FROM \"a large\"", &["3"]);
        base.apply(&changed.inverse());
        base.holds("SELECT n FROM \"a large\"", &["2"]);
        base.apply(&change.inverse());
        base.holds("SELECT count(*) FROM theirs", &["3"]);
        assert!(base.db.execute_sql("SELECT * FROM large").is_err());
        assert!(diff(&to, &to, &none()).expect("a diff").is_empty());
    }

    fn a_column_below_changes_its_type(base: &Base) {
        let (from, to) = ([items(Integer), again(), large()], [items(Text), again(), large_text()]);
        fill(base, &from);
        base.there_and_back(&from, &to, &none());
        base.holds("SELECT n FROM \"a large\"", &["2"]);
        // The view is as it was.
        let (from, to) = ([items(Integer), again(), large()], [items(BigInt), again(), large()]);
        let change = base.evolve(&from, &to, &none());
        assert!(change.views.is_empty());
        base.holds("SELECT n FROM \"a large\"", &["2"]);
        let script = render(&change, base.dialect()).expect("a script").text();
        let again = base.either("", "-- again: \"large\"\n");
        let comment = format!("-- As it was: it reads what changes.\n{again}CREATE VIEW \"large\"");
        assert!(script.contains(&comment), "{script}");
        let place = |sql: &str| script.find(sql).unwrap_or_else(|| panic!("{sql}\n{script}"));
        assert!(place("DROP VIEW \"a large\"") < place("DROP VIEW \"large\""), "{script}");
        assert!(place("CREATE VIEW \"large\"") < place("CREATE VIEW \"a large\""), "{script}");
        base.apply(&change.inverse());
    }

    fn what_is_below_is_renamed(base: &Base) {
        let from = [items(Integer), large(), again()];
        let mut renamed = items(Integer);
        renamed.name = "things".into();
        let to = [
            TableDef { indexes: Vec::new(), ..renamed },
            view("large", &["id", "size"], "SELECT id, size FROM things WHERE size > 1"),
            again(),
        ];
        fill(base, &from);
        base.there_and_back(&from, &to, &table("items", "things"));
        let mut renamed = items(Integer);
        renamed.columns[2].name = "volume".into();
        let to = [
            renamed,
            view("large", &["id", "size"], "SELECT id, volume AS size FROM items WHERE volume > 1"),
            again(),
        ];
        base.there_and_back(&from, &to, &column("items", "size", "volume"));
        base.holds("SELECT n FROM \"a large\"", &["2"]);
    }

    /// `*` stands for the columns that there are when the view is created.
    fn a_star_gets_the_new_column(base: &Base) {
        let all = || view("everything", &["id", "name", "size"], "SELECT * FROM items");
        let count = || view("counts", &["n"], "SELECT count(*) AS n FROM items");
        let wider = items(Integer).column(ColumnDef::new("color", Text).nullable());
        let (from, to) = ([items(Integer), all(), count()], [wider, all(), count()]);
        fill(base, &from);
        let change = base.evolve(&from, &to, &none());
        base.holds("SELECT coalesce(color, '-') FROM everything WHERE id = 1", &["-"]);
        let script = render(&change, base.dialect()).expect("a script").text();
        assert!(!script.contains("\"counts\""), "{script}");
        base.apply(&change.inverse());
        assert!(base.db.execute_sql("SELECT color FROM everything").is_err());
    }

    fn a_table_becomes_a_view_and_back(base: &Base) {
        let table = TableDef::new("large").column(ColumnDef::new("id", BigInt)).primary_key(&["id"]);
        let (from, to) = ([items(Integer), table], [items(Integer), large()]);
        fill(base, &from);
        base.there_and_back(&from, &to, &Hints::default());
    }

    /// A migration knows a view as it was when it was generated.
    fn a_view_that_was_changed_by_hand_stops_a_migration(base: &Base) {
        let (from, to) = ([items(Integer), large()], [items(BigInt), large()]);
        fill(base, &from);
        base.sql("DROP VIEW large");
        base.sql("CREATE VIEW large AS SELECT id, size FROM items WHERE size > 2");
        let change = diff(&from, &to, &none()).expect("a diff");
        let script = render(&change, base.dialect()).expect("a script");
        let error = base.run(&script).expect_err("somebody else's view");
        assert!(error.contains("the view \"large\" was changed by hand"), "{error}");
        base.holds("SELECT count(*) FROM large", &["1"]);
        base.sql("DROP VIEW large");
        base.sql("CREATE VIEW \"large\" AS -- as before\nSELECT \"id\", size\nFROM items WHERE size > 1");
        base.run(&script).expect("as it was");
        base.holds("SELECT count(*) FROM large", &["2"]);
    }

    /// The columns are quoted, so that SQLite doesn't take a name for a text.
    fn a_view_that_does_not_fit_its_struct_is_refused(base: &Base) {
        let from = [items(Integer)];
        fill(base, &from);
        let wrong = view("large", &["id"], "SELECT id FROM items WHERE nonsense > 1");
        let change = diff(&from, &[items(Integer), wrong], &none()).expect("a diff");
        let error = base.run(&render(&change, base.dialect()).expect("a script")).expect_err("no such column");
        assert!(error.contains("nonsense"), "{error}");
        base.holds("SELECT count(*) FROM items", &["3"]);
    }
}

/// Its column is text in the other schema.
fn large_text() -> TableDef {
    view("large", &["id", "size"], "SELECT id, size FROM items WHERE size > '1'")
}

/// SQLite renames the column of the view in between, and takes the name for a text in the other one.
#[cfg(feature = "sqlite")]
#[test]
fn a_rename_that_makes_a_name_a_text_in_a_view_is_refused() {
    Base::sqlite(|base| {
        let renamed = TableDef::new("items")
            .column(ColumnDef::new("id", BigInt))
            .primary_key(&["id"])
            .column(ColumnDef::new("title", Text).renamed_from("name"))
            .column(ColumnDef::new("size", Integer));
        let from = [items(Integer)];
        fill(base, &from);
        base.sql("CREATE VIEW direct AS SELECT id, \"name\" FROM items");
        base.sql("CREATE VIEW second AS SELECT \"name\", 'name' AS kind FROM direct");
        let change = diff(&from, std::slice::from_ref(&renamed), &none()).expect("a diff");
        let script = render(&change, base.dialect()).expect("a script");
        let error = base.run(&script).expect_err("a text in each row");
        assert!(error.contains("the view \"second\" would no longer work"), "{error}");
        assert!(error.contains("\"name\", which SQLite would take for a text"), "{error}");
        base.holds("SELECT \"name\" FROM second ORDER BY 1", &["a", "b", "c"]);
        base.sql("DROP VIEW second");
        base.run(&script).expect("no view reads the other one");
        base.holds("SELECT title FROM direct ORDER BY 1", &["a", "b", "c"]);
        // A text in double quotes is none of it, and stays one.
        base.sql("CREATE VIEW kinds AS SELECT id, \"large\" AS kind FROM items");
        base.sql("CREATE VIEW sizes AS SELECT \"size\" FROM items");
        let without = TableDef::new("items")
            .column(ColumnDef::new("id", BigInt))
            .primary_key(&["id"])
            .column(ColumnDef::new("title", Text));
        let change = diff(&[renamed], &[without], &none()).expect("a diff");
        let script = render(&change, base.dialect()).expect("a script");
        let error = base.run(&script).expect_err("a text in each row");
        assert!(error.contains("sizes"), "{error}");
        base.holds("SELECT \"size\" FROM sizes ORDER BY 1", &["1", "2", "3"]);
        base.sql("DROP VIEW sizes");
        base.run(&script).expect("no view reads the column");
        base.holds("SELECT kind FROM kinds LIMIT 1", &["large"]);
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn a_trigger_on_a_view_stays() {
    Base::sqlite(|base| {
        let (from, to) = ([items(Integer), large()], [items(BigInt), large()]);
        fill(base, &from);
        base.sql(
            "CREATE TRIGGER grow INSTEAD OF UPDATE ON large BEGIN \
             UPDATE items SET size = new.size WHERE id = old.id; END",
        );
        base.there_and_back(&from, &to, &none());
        base.sql("UPDATE large SET size = 7 WHERE id = 2");
        base.holds("SELECT size FROM items WHERE id = 2", &["7"]);
    });
}

#[cfg(feature = "postgres")]
#[test]
fn a_materialized_view_comes_back_with_its_indexes() {
    Base::postgres(|base| {
        let stored = || {
            TableDef::new("stored")
                .column(ColumnDef::new("id", BigInt))
                .view(Dialect::Postgres, "SELECT id, size FROM items")
                .materialized()
                .index(None, vec![orm_core::schema::IndexPart::column("id")], true, None)
        };
        let (from, to) = ([items(Integer)], [items(Integer), stored()]);
        fill(base, &from);
        base.there_and_back(&from, &to, &none());
        base.evolve(&from, &to, &none());
        base.there_and_back(&to, &[items(BigInt), stored()], &none());
        base.holds("SELECT count(*) FROM stored", &["3"]);
        base.holds(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'stored'",
            &["stored_id_idx"],
        );
        let error = render(&diff(&from, &to, &none()).expect("a diff"), Dialect::Sqlite)
            .expect_err("SQLite has none");
        assert!(error.to_string().contains("SQLite has no materialized views"), "{error}");
    });
}

/// Everything that a view of PostgreSQL has beside its columns and its SELECT.
#[cfg(feature = "postgres")]
const EXTRAS: &str = "SELECT concat_ws('|', c.relname, pg_get_userbyid(c.relowner), c.reloptions, c.relacl, \
       obj_description(c.oid, 'pg_class'), \
       (SELECT string_agg(concat_ws(':', a.attname, a.attacl, col_description(c.oid, a.attnum), \
          pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum) \
        FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
        WHERE a.attrelid = c.oid AND a.attnum > 0), \
       (SELECT string_agg(concat_ws(':', pg_get_triggerdef(t.oid), obj_description(t.oid, 'pg_trigger')), ',' ORDER BY t.tgname) FROM pg_trigger AS t WHERE t.tgrelid = c.oid), \
       (SELECT string_agg(concat_ws(':', pg_get_ruledef(r.oid), obj_description(r.oid, 'pg_rewrite')), ',' ORDER BY r.rulename) \
        FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'), \
       (SELECT string_agg(concat_ws(':', pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class'), i.indisclustered, \
          (SELECT string_agg(b.attstattarget::text, ';' ORDER BY b.attnum) FROM pg_attribute AS b \
           WHERE b.attrelid = i.indexrelid AND b.attstattarget >= 0)), ',' ORDER BY i.indexrelid::regclass::text) \
        FROM pg_index AS i WHERE i.indrelid = c.oid), \
       (SELECT string_agg(concat_ws(':', pg_get_statisticsobjdef(s.oid), s.stxstattarget, obj_description(s.oid, 'pg_statistic_ext')), ',' \
          ORDER BY s.stxname) FROM pg_statistic_ext AS s WHERE s.stxrelid = c.oid), \
       (SELECT string_agg(concat_ws(':', b.attname, b.attstorage, b.attcompression, b.attstattarget, b.attoptions), ',' ORDER BY b.attnum) \
        FROM pg_attribute AS b WHERE b.attrelid = c.oid AND b.attnum > 0)) \
     FROM pg_class AS c WHERE c.relkind IN ('v', 'm') AND pg_table_is_visible(c.oid) \
       AND c.relnamespace = 'public'::regnamespace ORDER BY 1";

#[cfg(feature = "postgres")]
#[test]
fn what_a_struct_does_not_know_of_a_view_stays() {
    Base::postgres(|base| {
        let stored = || {
            TableDef::new("stored")
                .column(ColumnDef::new("id", BigInt))
                .column(ColumnDef::new("size", Integer))
                .view(Dialect::Postgres, "SELECT id, size FROM items")
                .materialized()
                .index(None, vec![orm_core::schema::IndexPart::column("id")], true, None)
        };
        let schema = |ty, large: TableDef| [items(ty), large, again(), stored()];
        let from = schema(Integer, large());
        fill(base, &from);
        base.sql(
            "CREATE FUNCTION grow() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN UPDATE items SET size = new.size WHERE id = old.id; RETURN new; END $$; \
             CREATE TRIGGER grow INSTEAD OF UPDATE ON large FOR EACH ROW EXECUTE FUNCTION grow(); \
             CREATE RULE quiet AS ON DELETE TO large DO INSTEAD NOTHING; \
             ALTER VIEW large SET (check_option = local, security_barrier = true); \
             ALTER VIEW large ALTER COLUMN size SET DEFAULT 7; \
             COMMENT ON VIEW large IS 'the larger ones: it''s \"these\"'; COMMENT ON COLUMN large.size IS 'in pieces'; \
             GRANT SELECT, UPDATE ON large TO PUBLIC; GRANT INSERT (id), UPDATE (size) ON large TO pg_monitor WITH GRANT OPTION; \
             GRANT SELECT ON \"a large\" TO pg_monitor; COMMENT ON VIEW \"a large\" IS 'how many'; \
             ALTER MATERIALIZED VIEW stored OWNER TO pg_monitor; GRANT SELECT ON stored TO PUBLIC; \
             COMMENT ON MATERIALIZED VIEW stored IS 'copies'; ALTER MATERIALIZED VIEW stored SET (fillfactor = 70); \
             CREATE INDEX by_size ON stored (size DESC, (id + 1)) WHERE size > 0; COMMENT ON INDEX by_size IS 'by size'; \
             COMMENT ON INDEX stored_id_idx IS 'by id'; ALTER MATERIALIZED VIEW stored CLUSTER ON stored_id_idx; \
             ALTER INDEX by_size ALTER COLUMN 2 SET STATISTICS 44; CREATE STATISTICS st ON id, size FROM stored; \
             COMMENT ON STATISTICS st IS 'both'; ALTER STATISTICS st SET STATISTICS 33; \
             ALTER MATERIALIZED VIEW stored ALTER size SET STATISTICS 55, ALTER size SET (n_distinct = 4); \
             COMMENT ON TRIGGER grow ON large IS 'grows'; COMMENT ON RULE quiet ON large IS 'quiet'",
        );
        let before = base.texts(EXTRAS);
        base.there_and_back(&from, &schema(BigInt, large()), &none());
        assert_eq!(base.texts(EXTRAS), before);
        base.sql("UPDATE large SET size = 8 WHERE id = 2");
        base.holds("SELECT size FROM items WHERE id = 2", &["8"]);
        // A view that loses a column keeps what belongs to the others.
        let narrow = view("large", &["id"], "SELECT id FROM items WHERE size > 1");
        base.sql("DROP TRIGGER grow ON large; DROP RULE quiet ON large");
        base.evolve(&from, &schema(Integer, narrow), &none());
        base.holds(
            "SELECT concat_ws('|', c.relacl IS NOT NULL, a.attacl, obj_description(c.oid)) FROM pg_class AS c \
             JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = 1 WHERE c.relname = 'large'",
            &["t|{pg_monitor=a*/mizzle}|the larger ones: it's \"these\""],
        );
    });
}

/// A new view gets what ALTER DEFAULT PRIVILEGES says, and one that comes back has what it had.
#[cfg(feature = "postgres")]
#[test]
fn a_view_comes_back_with_its_privileges_and_no_others() {
    Base::postgres(|base| {
        let schema = |ty| [items(ty), again(), large()];
        fill(base, &schema(Integer));
        base.sql(
            "REVOKE ALL ON large FROM current_user; GRANT SELECT ON large TO current_user; GRANT SELECT ON large TO pg_monitor",
        );
        base.sql("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC, pg_monitor");
        let privileges = || {
            base.texts(
                "SELECT concat_ws(' ', c.relname, CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(p.grantee) END, \
                   p.privilege_type) \
                 FROM pg_class AS c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS p \
                 WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace ORDER BY 1",
            )
        };
        let before = privileges();
        assert!(
            !before.iter().any(|line| line.as_deref().unwrap_or_default().contains("PUBLIC")),
            "{before:?}"
        );
        base.there_and_back(&schema(Integer), &schema(BigInt), &none());
        base.sql("ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC, pg_monitor");
        assert_eq!(privileges(), before);
    });
}

/// The index goes, also where the view comes back for another reason. One made by hand stays.
#[cfg(feature = "postgres")]
#[test]
fn a_materialized_view_loses_an_index_and_becomes_a_plain_view() {
    Base::postgres(|base| {
        let plain = || view("stored", &["id", "size"], "SELECT id, size FROM items");
        let stored = || plain().materialized();
        let by_id = || vec![orm_core::schema::IndexPart::column("id")];
        let indexed = || stored().index(None, by_id(), true, None);
        let indexes = "SELECT indexname FROM pg_indexes WHERE tablename = 'stored'";
        fill(base, &[items(Integer), indexed()]);
        base.sql("CREATE INDEX by_hand ON stored (size); COMMENT ON MATERIALIZED VIEW stored IS 'copies'");
        base.evolve(&[items(Integer), indexed()], &[items(BigInt), stored()], &none());
        base.holds(indexes, &["by_hand"]);
        // An index by hand is never dropped without a word.
        let change = diff(&[items(BigInt), stored()], &[items(BigInt), plain()], &none());
        let change = change.expect("a diff");
        let script = render(&change, Dialect::Postgres).expect("a script");
        let error = base.run(&script).expect_err("an index of a plain view");
        assert!(error.contains("by_hand"), "{error}");
        base.sql("DROP INDEX by_hand");
        base.apply(&change);
        base.holds("SELECT obj_description('stored'::regclass, 'pg_class')", &["copies"]);
        base.apply(&change.inverse());
        base.holds("SELECT obj_description('stored'::regclass, 'pg_class')", &["copies"]);
    });
}

/// On PostgreSQL, a full text index is over a column, which `*` reads.
#[cfg(feature = "postgres")]
#[test]
fn a_full_text_index_changes_under_a_view_of_all_columns() {
    Base::postgres(|base| {
        let all = || view("everything", &["id", "name", "size"], "SELECT * FROM items");
        let searched = || items(Integer).full_text(&["name"], "english");
        let from = [searched(), all()];
        fill(base, &from);
        base.there_and_back(&from, &[items(Integer), all()], &none());
        base.there_and_back(
            &from,
            &[items(Integer).full_text(&["name"], "simple"), all()],
            &none(),
        );
    });
}
