//! What a statement may do, by its words.

use orm_lexer::{Rules, Token, TokenKind};

/// What makes a query the declaration of a cursor.
pub(super) const DECLARE: &str = "DECLARE mizzle_rows NO SCROLL CURSOR FOR ";

/// Whether a statement is a query that changes no rows itself, so that a cursor can read it.
pub(super) fn only_reads(sql: &str) -> bool {
    const WRITE: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "MERGE"];
    let mut words = orm_lexer::tokens(sql, Rules::Postgres)
        .into_iter()
        .filter(|token| token.kind != TokenKind::Comment && token.text != "(");
    let is_one_of = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is(word));
    words.next().is_some_and(|first| {
        is_one_of(&first, &["SELECT", "VALUES", "TABLE"])
            // Its terms may write.
            || first.is("WITH") && !words.any(|word| is_one_of(&word, &WRITE))
    })
}

/// Whether a statement must not run on a replica: it is no query, locks something, has an effect that a replica doesn't
/// refuse, or depends on the session of the primary. A replica refuses what else writes.
pub(super) fn needs_primary(sql: &str) -> bool {
    /// Functions with an effect on a server, or on one session of it, which a replica runs, too.
    const FUNCTIONS: [&str; 12] = [
        "currval",
        "lastval",
        "set_config",
        "pg_notify",
        "pg_cancel_backend",
        "pg_terminate_backend",
        "pg_reload_conf",
        "pg_rotate_logfile",
        "pg_promote",
        "pg_wal_replay_pause",
        "pg_wal_replay_resume",
        "pg_log_backend_memory_contexts",
    ];
    const FAMILIES: [&str; 6] =
        ["pg_advisory_", "pg_try_advisory_", "pg_stat_reset", "dblink", "lo_", "pg_logical_"];
    const LOCKS: [&str; 4] = ["UPDATE", "SHARE", "NO", "KEY"];
    let sql = sql.strip_prefix(DECLARE).unwrap_or(sql);
    if !only_reads(sql) {
        return true;
    }
    let tokens = orm_lexer::tokens(sql, Rules::Postgres);
    let words: Vec<_> = tokens.iter().filter(|token| token.kind != TokenKind::Comment).collect();
    words.windows(2).any(|pair| {
        let name = pair[0].text.trim_matches('"').to_ascii_lowercase();
        let locks = pair[0].is("FOR") && LOCKS.iter().any(|word| pair[1].is(word));
        let is_called = pair[1].text == "(";
        locks
            || is_called
                && (FUNCTIONS.contains(&name.as_str())
                    || FAMILIES.iter().any(|family| name.starts_with(family)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_cursor_can_read() {
        for (sql, reads) in [
            ("SELECT 1", true),
            ("-- INSERT\n select 1", true),
            ("((VALUES (1)) UNION SELECT 2)", true),
            ("WITH a AS (SELECT 'update') SELECT * FROM a", true),
            ("WITH a AS (DELETE FROM b RETURNING c) SELECT * FROM a", false),
            ("(WITH a AS (UPDATE b SET c = 1 RETURNING c) SELECT * FROM a)", false),
            ("INSERT INTO a VALUES (1) RETURNING b", false),
            ("UPDATE a SET b = 1 RETURNING b", false),
            ("SHOW search_path", false),
            ("", false),
        ] {
            assert_eq!(only_reads(sql), reads, "{sql}");
        }
    }

    #[test]
    fn knows_what_a_replica_must_not_run() {
        for (sql, needs) in [
            ("SELECT 1", false),
            ("SELECT substring(a FROM 1 FOR 2) FROM b", false),
            ("SELECT 'FOR UPDATE', \"lock\" FROM a -- for share", false),
            ("SELECT \"UPDATE\" FROM a", false),
            ("SELECT lo_price, pg_advisory_count FROM a", false),
            ("WITH a AS (SELECT 1) SELECT * FROM a", false),
            ("SELECT a FROM b FOR UPDATE", true),
            ("SELECT a FROM b FOR NO KEY UPDATE OF b SKIP LOCKED", true),
            ("SELECT * FROM (SELECT a FROM b FOR /* only */ KEY SHARE) c", true),
            ("SELECT pg_advisory_xact_lock(1)", true),
            ("SELECT pg_catalog.\"pg_try_advisory_lock\"(1)", true),
            ("SELECT PG_NOTIFY('a', 'b')", true),
            ("SELECT lastval()", true),
            ("DECLARE mizzle_rows NO SCROLL CURSOR FOR SELECT 1", false),
            ("DECLARE mizzle_rows NO SCROLL CURSOR FOR SELECT 1 FOR SHARE", true),
            ("SHOW work_mem", true),
            ("EXPLAIN SELECT 1", true),
            ("INSERT INTO a VALUES (1) RETURNING b", true),
            ("WITH a AS (DELETE FROM b RETURNING c) SELECT * FROM a", true),
        ] {
            assert_eq!(needs_primary(sql), needs, "{sql}");
        }
    }
}
