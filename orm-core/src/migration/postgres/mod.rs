//! What a change on PostgreSQL would lose, and how it is restored.

pub(super) mod again;
pub(super) mod along;
pub(super) mod types;
pub(super) mod views;

/// SQL that names who has the privilege `p`, a row of `aclexplode`.
const GRANTEE: &str =
    "CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END";
