//! What a migration of a PostgreSQL database would lose with an enum type that it creates again: its owner, privileges and
//! comment.
//!
//! The file renames the type, creates it again, and drops the renamed one at the end. The statement that creates it again
//! is marked by `-- again: "renamed type"`.

use super::GRANTEE;
use crate::backend::AnyConnection;
use crate::error::Result;
use crate::migration::history::column;
use crate::migration::inspect;
use crate::migration::statement::Statement;

/// Returns the statements that complete a type which the statement has created again.
pub(in crate::migration) fn restoring(
    connection: &mut AnyConnection,
    statement: &Statement<'_>,
) -> Result<Vec<String>> {
    let (Some(old), Some(new)) = (statement.again_object(), inspect::creates(statement, "type"))
    else {
        return Ok(Vec::new());
    };
    column(connection, &EXTRAS.replace("{grantee}", GRANTEE), &[&old, &new])
}

/// The statements in the order in which they can run: what ALTER DEFAULT PRIVILEGES gave goes first. Everybody may use a
/// new type.
const EXTRAS: &str = "WITH type AS ( \
       SELECT t.oid, t.typowner, t.typacl, quote_ident($2::name::text) AS name FROM pg_catalog.pg_type AS t \
       WHERE t.typname = $1::name AND pg_type_is_visible(t.oid)), \
     made AS ( \
       SELECT t.typowner, t.typacl, quote_ident(t.typname) AS name FROM pg_catalog.pg_type AS t \
       WHERE t.typname = $2::name AND pg_type_is_visible(t.oid) AND t.typacl IS NOT NULL) \
     SELECT x.sql FROM ( \
       SELECT DISTINCT -1 AS place, format('REVOKE ALL ON TYPE %s FROM %s', m.name, \
         {grantee}) AS sql \
       FROM made AS m, aclexplode(m.typacl) AS p WHERE p.grantee <> m.typowner \
       UNION ALL SELECT 0, format('GRANT USAGE ON TYPE %s TO %s', m.name, g.who) \
       FROM made AS m, LATERAL (VALUES ('PUBLIC'), (quote_ident(pg_get_userbyid(m.typowner)))) AS g (who) \
       UNION ALL \
       SELECT 1 AS place, format('ALTER TYPE %s OWNER TO %I', t.name, pg_get_userbyid(t.typowner)) AS sql \
       FROM type AS t WHERE pg_get_userbyid(t.typowner) <> current_user \
       UNION ALL SELECT 2, format('COMMENT ON TYPE %s IS %L', t.name, obj_description(t.oid, 'pg_type')) \
       FROM type AS t WHERE obj_description(t.oid, 'pg_type') IS NOT NULL \
       UNION ALL SELECT 3, format('REVOKE ALL ON TYPE %s FROM PUBLIC', t.name) FROM type AS t WHERE t.typacl IS NOT NULL \
       UNION ALL SELECT 4, format('GRANT %s ON TYPE %s TO %s%s', p.privilege_type, t.name, \
         {grantee}, \
         CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
       FROM type AS t, aclexplode(t.typacl) AS p WHERE p.grantee <> t.typowner) AS x ORDER BY x.place, x.sql";
