//! What a migration of a PostgreSQL database would lose with a view that it drops and creates again.
//!
//! A struct doesn't know a view's owner, privileges, options, comments, triggers and rules, nor other people's indexes of
//! a materialized view. The statement that creates the view again is marked by `-- again: "view"`. The runner reads
//! from the catalog, before it drops the view, the statements that restore them.

use super::GRANTEE;
use crate::backend::AnyConnection;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migration::history::{column, scalar};
use crate::migration::inspect;
use crate::migration::statement::{Statement, changed_by_hand};

/// The views that a file has dropped and will create again.
#[derive(Debug, Default)]
pub(in crate::migration) struct Views {
    dropped: Vec<Dropped>,
    /// What belongs to indexes that the file itself creates, each with the index's name.
    of_indexes: Vec<(String, String)>,
}

#[derive(Debug)]
struct Dropped {
    name: String,
    extras: Vec<Extra>,
}

/// Something that a view has and its struct doesn't know.
#[derive(Debug)]
struct Extra {
    /// The column or the index that it belongs to, or that it is.
    of: Of,
    sql: String,
}

#[derive(Debug)]
enum Of {
    View,
    Column(String),
    /// An index itself.
    Index(String),
    OnIndex(String),
}

impl Views {
    /// Looks at a view before the statement that drops it. Returns a sentence if the file creates it again as it was, and
    /// somebody has changed it since.
    pub(in crate::migration) fn look(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
        statements: &[Statement<'_>],
    ) -> Result<Option<String>> {
        let Some(("view", name)) = inspect::drops(statement) else { return Ok(None) };
        let is_it = |other: &&Statement<'_>| other.again_object().is_some_and(|view| view == name);
        let Some(again) = statements.iter().find(is_it) else { return Ok(None) };
        let select = again.select_as_it_was();
        if let Some(select) = select
            && differs(connection, &name, select)?
        {
            return Ok(Some(changed_by_hand(&name)));
        }
        let extras = extras(connection, &name)?;
        self.dropped.push(Dropped { name: name.into_owned(), extras });
        Ok(None)
    }

    /// Returns the statements that complete a view, or an index of one, which the statement has created again. Columns that
    /// the view no longer has, and indexes that the file itself creates, are left out.
    pub(in crate::migration) fn restoring(
        &mut self,
        connection: &mut AnyConnection,
        statement: &Statement<'_>,
        statements: &[Statement<'_>],
    ) -> Result<Vec<String>> {
        if let Some(index) = inspect::creates(statement, "index") {
            let (now, later): (Vec<_>, Vec<_>) =
                self.of_indexes.drain(..).partition(|(name, _)| *name == index);
            self.of_indexes = later;
            return Ok(now.into_iter().map(|(_, sql)| sql).collect());
        }
        let Some(name) = statement.again_object() else { return Ok(Vec::new()) };
        let Some(place) = self.dropped.iter().position(|view| view.name == name) else {
            return Ok(Vec::new());
        };
        let view = self.dropped.swap_remove(place);
        let columns = columns(connection, &name)?;
        let undone = undo_defaults(connection, &name)?;
        let is_created = |name: &String| {
            let mut created =
                statements.iter().filter_map(|statement| inspect::creates(statement, "index"));
            created.any(|created| created == *name)
        };
        let stays = |extra: &Extra| match &extra.of {
            Of::View => true,
            Of::Column(name) => columns.contains(name),
            Of::Index(name) | Of::OnIndex(name) => !is_created(name),
        };
        for extra in &view.extras {
            if let Of::OnIndex(name) = &extra.of
                && is_created(name)
            {
                self.of_indexes.push((name.clone(), extra.sql.clone()));
            }
        }
        // A view that no longer stores its rows, or the other way, is of another kind.
        let kind = scalar(connection, KIND, &[&name])?;
        let extras = view.extras.into_iter().filter(stays).map(|extra| match &kind {
            Some(kind) => extra.sql.replacen(KIND_OF_VIEW, kind, 1),
            None => extra.sql,
        });
        Ok(undone.into_iter().chain(extras).collect())
    }
}

/// Stands in a statement for the kind of the view that has been created.
const KIND_OF_VIEW: &str = "__mizzle_kind";

const KIND: &str = "SELECT CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END \
     FROM pg_catalog.pg_class AS c \
     WHERE c.relname = $1::name AND c.relkind IN ('v', 'm') AND pg_table_is_visible(c.oid)";

/// Returns whether the view is not what the SELECT makes. The database writes both in its words. A SELECT that it refuses
/// is another one than the view's.
fn differs(connection: &mut AnyConnection, view: &str, select: &str) -> Result<bool> {
    const PROBE: &str = "__mizzle_as_it_was";
    let open = connection.in_transaction();
    if !open {
        connection.batch("BEGIN")?;
    }
    connection.batch("SAVEPOINT mizzle_view")?;
    let create = format!("CREATE VIEW {PROBE} AS {select}");
    let literal = Dialect::Postgres.quote_literal(&Dialect::Postgres.quote_ident(view));
    let compare = format!(
        "SELECT pg_get_viewdef('{PROBE}'::regclass) = pg_get_viewdef({literal}::regclass) \
         WHERE to_regclass({literal}) IS NOT NULL"
    );
    let answer = match connection.batch_one(&create) {
        Ok(()) => scalar(connection, &compare, &[]),
        Err(error) if error.is_connection_lost() => return Err(error),
        Err(_) => Ok(Some("f".into())),
    };
    connection.batch("ROLLBACK TO SAVEPOINT mizzle_view; RELEASE SAVEPOINT mizzle_view")?;
    if !open {
        connection.batch("ROLLBACK")?;
    }
    Ok(answer?.is_some_and(|answer| answer == "f"))
}

/// Returns the statements that take from a new view the privileges that ALTER DEFAULT PRIVILEGES gave it.
fn undo_defaults(connection: &mut AnyConnection, view: &str) -> Result<Vec<String>> {
    column(connection, &UNDO.replace("{grantee}", GRANTEE), &[view])
}

/// All but the owner's go, and the owner gets those of a new view.
const UNDO: &str = "WITH view AS ( \
       SELECT c.relacl, c.relowner, quote_ident(c.relname) AS name FROM pg_catalog.pg_class AS c \
       WHERE c.relname = $1::name AND pg_table_is_visible(c.oid) AND c.relacl IS NOT NULL) \
     SELECT x.sql FROM ( \
       SELECT DISTINCT 1 AS place, format('REVOKE ALL ON %s FROM %s', v.name, \
         {grantee}) AS sql \
       FROM view AS v, aclexplode(v.relacl) AS p WHERE p.grantee <> v.relowner \
       UNION ALL SELECT 2, format('GRANT ALL ON %s TO %I', v.name, pg_get_userbyid(v.relowner)) FROM view AS v) AS x \
     ORDER BY x.place, x.sql";

fn columns(connection: &mut AnyConnection, view: &str) -> Result<Vec<String>> {
    let sql = "SELECT a.attname::text FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
         WHERE c.relname = $1::name AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped";
    column(connection, sql, &[view])
}

fn extras(connection: &mut AnyConnection, view: &str) -> Result<Vec<Extra>> {
    let sql = EXTRAS.replace("{owner_lacks}", OWNER_LACKS).replace("{grantee}", GRANTEE);
    let extra = |row: Vec<Option<String>>| {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let (column, index, sql, makes) = (next(), next(), next()?, next());
        let of = match (column, index) {
            (Some(column), _) => Of::Column(column),
            (None, Some(index)) if makes.as_deref() == Some("t") => Of::Index(index),
            (None, Some(index)) => Of::OnIndex(index),
            (None, None) => Of::View,
        };
        Some(Extra { of, sql })
    };
    Ok(connection.ask(&sql, &[view])?.into_iter().filter_map(extra).collect())
}

/// Whether the owner of the view `v` has fewer privileges than a new one's.
const OWNER_LACKS: &str = "v.relacl IS NOT NULL AND EXISTS ( \
       SELECT d.privilege_type FROM aclexplode(acldefault('r', v.relowner)) AS d \
       EXCEPT SELECT o.privilege_type FROM aclexplode(v.relacl) AS o WHERE o.grantee = v.relowner)";

/// The statements in the order in which they can run: the owner first, who gives the privileges.
const EXTRAS: &str = "WITH view AS ( \
       SELECT c.oid, c.relowner, c.reloptions, c.relacl, quote_ident(c.relname) AS name, \
         CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind \
       FROM pg_catalog.pg_class AS c \
       WHERE c.relname = $1::name AND c.relkind IN ('v', 'm') AND pg_table_is_visible(c.oid)), \
     col AS ( \
       SELECT v.*, a.attname::text AS attname, quote_ident(a.attname) AS att, a.attnum, a.attacl, \
         format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I', v.name, a.attname) AS alter, a.attstattarget, a.attoptions, \
         CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage \
           WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END AS storage, \
         CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression \
       FROM view AS v JOIN pg_catalog.pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped \
       JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid), \
     idx AS ( \
       SELECT v.name, i.oid, i.relname::text AS idx, quote_ident(i.relname) AS own, i.reltablespace, n.indisclustered \
       FROM view AS v JOIN pg_catalog.pg_index AS n ON n.indrelid = v.oid JOIN pg_catalog.pg_class AS i ON i.oid = n.indexrelid), \
     stat AS ( \
       SELECT s.*, format('%I.%I', n.nspname, s.stxname) AS own \
       FROM view AS v JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = v.oid \
       JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace) \
     SELECT x.att, x.idx, x.sql, x.place = 6 FROM ( \
       SELECT 1.0 AS place, NULL AS att, NULL AS idx, \
         format('ALTER __mizzle_kind %s OWNER TO %I', v.name, pg_get_userbyid(v.relowner)) AS sql \
       FROM view AS v WHERE pg_get_userbyid(v.relowner) <> current_user \
       UNION ALL SELECT 2, NULL, NULL, format('ALTER __mizzle_kind %s SET (%I = %L)', v.name, o.option_name, o.option_value) \
       FROM view AS v, pg_options_to_table(v.reloptions) AS o \
       UNION ALL SELECT 3, NULL, NULL, format('COMMENT ON __mizzle_kind %s IS %L', v.name, obj_description(v.oid, 'pg_class')) \
       FROM view AS v WHERE obj_description(v.oid, 'pg_class') IS NOT NULL \
       UNION ALL SELECT 4, c.attname, NULL, format('COMMENT ON COLUMN %s.%s IS %L', c.name, c.att, col_description(c.oid, c.attnum)) \
       FROM col AS c WHERE col_description(c.oid, c.attnum) IS NOT NULL \
       UNION ALL SELECT 5, c.attname, NULL, \
         format('ALTER VIEW %s ALTER COLUMN %s SET DEFAULT %s', c.name, c.att, pg_get_expr(d.adbin, d.adrelid)) \
       FROM col AS c JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = c.attnum WHERE c.kind = 'VIEW' \
       UNION ALL SELECT 5.1, c.attname, NULL, format('%s SET STATISTICS %s', c.alter, c.attstattarget) \
       FROM col AS c WHERE c.attstattarget >= 0 \
       UNION ALL SELECT 5.2, c.attname, NULL, format('%s SET STORAGE %s', c.alter, c.storage) \
       FROM col AS c WHERE c.storage IS NOT NULL AND c.kind <> 'VIEW' \
       UNION ALL SELECT 5.3, c.attname, NULL, format('%s SET COMPRESSION %s', c.alter, c.compression) \
       FROM col AS c WHERE c.compression IS NOT NULL \
       UNION ALL SELECT 5.4, c.attname, NULL, format('%s SET (%I = %L)', c.alter, o.option_name, o.option_value) \
       FROM col AS c, pg_options_to_table(c.attoptions) AS o \
       UNION ALL SELECT 6, NULL, i.idx, pg_get_indexdef(i.oid) FROM idx AS i \
       UNION ALL SELECT 6.1, NULL, i.idx, format('COMMENT ON INDEX %s IS %L', i.own, obj_description(i.oid, 'pg_class')) \
       FROM idx AS i WHERE obj_description(i.oid, 'pg_class') IS NOT NULL \
       UNION ALL SELECT 6.2, NULL, i.idx, format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', i.own, a.attnum, a.attstattarget) \
       FROM idx AS i JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.oid AND a.attstattarget >= 0 \
       UNION ALL SELECT 6.3, NULL, i.idx, format('ALTER INDEX %s SET TABLESPACE %I', i.own, s.spcname) \
       FROM idx AS i JOIN pg_catalog.pg_tablespace AS s ON s.oid = i.reltablespace \
       UNION ALL SELECT 6.4, NULL, i.idx, format('ALTER MATERIALIZED VIEW %s CLUSTER ON %s', i.name, i.own) \
       FROM idx AS i WHERE i.indisclustered \
       UNION ALL SELECT 6.5, NULL, NULL, pg_get_statisticsobjdef(s.oid) FROM stat AS s \
       UNION ALL SELECT 6.6, NULL, NULL, format('COMMENT ON STATISTICS %s IS %L', s.own, obj_description(s.oid, 'pg_statistic_ext')) \
       FROM stat AS s WHERE obj_description(s.oid, 'pg_statistic_ext') IS NOT NULL \
       UNION ALL SELECT 6.6, NULL, NULL, format('ALTER STATISTICS %s SET STATISTICS %s', s.own, s.stxstattarget) \
       FROM stat AS s WHERE s.stxstattarget >= 0 \
       UNION ALL SELECT 7.1, NULL, NULL, format('COMMENT ON TRIGGER %I ON %s IS %L', t.tgname, v.name, obj_description(t.oid, 'pg_trigger')) \
       FROM view AS v JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = v.oid WHERE obj_description(t.oid, 'pg_trigger') IS NOT NULL \
       UNION ALL SELECT 8.1, NULL, NULL, format('COMMENT ON RULE %I ON %s IS %L', r.rulename, v.name, obj_description(r.oid, 'pg_rewrite')) \
       FROM view AS v JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid \
       WHERE r.rulename <> '_RETURN' AND obj_description(r.oid, 'pg_rewrite') IS NOT NULL \
       UNION ALL SELECT 7, NULL, NULL, pg_get_triggerdef(t.oid) \
       FROM view AS v JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = v.oid WHERE NOT t.tgisinternal \
       UNION ALL SELECT 8, NULL, NULL, rtrim(pg_get_ruledef(r.oid), ';') \
       FROM view AS v JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid WHERE r.rulename <> '_RETURN' \
       UNION ALL SELECT 9, NULL, NULL, format('REVOKE ALL ON %s FROM %I', v.name, pg_get_userbyid(v.relowner)) \
       FROM view AS v WHERE {owner_lacks} \
       UNION ALL SELECT 10, NULL, NULL, format('GRANT %s ON %s TO %I', p.privilege_type, v.name, pg_get_userbyid(v.relowner)) \
       FROM view AS v, aclexplode(v.relacl) AS p WHERE p.grantee = v.relowner AND {owner_lacks} \
       UNION ALL SELECT 11, NULL, NULL, format('GRANT %s ON %s TO %s%s', p.privilege_type, v.name, \
         {grantee}, \
         CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
       FROM view AS v, aclexplode(v.relacl) AS p WHERE p.grantee <> v.relowner \
       UNION ALL SELECT 11, c.attname, NULL, format('GRANT %s (%s) ON %s TO %s%s', p.privilege_type, c.att, c.name, \
         {grantee}, \
         CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
       FROM col AS c, aclexplode(c.attacl) AS p) AS x ORDER BY x.place, x.sql";
