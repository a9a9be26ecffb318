//! What differs between the databases, as plain data: what a statement on each may say, and what it takes at once.

use super::Dialect;

/// What a database can do, and how it wants to be told.
#[derive(Debug)]
pub(crate) struct Capabilities {
    /// The most parameters of one statement.
    pub(crate) parameters: usize,
    /// The most rows of one INSERT. Beyond some hundreds a statement only grows, without getting faster.
    pub(crate) insert_rows: usize,
    /// The longest name that it keeps, in bytes, if there is one.
    pub(crate) longest_name: Option<usize>,
    /// Whether names differ that differ in the case of ASCII letters alone.
    pub(crate) tells_case_of_names: bool,

    /// Whether it can be set to take a backslash in any text for an escape.
    pub(crate) backslashes: bool,
    /// Whether it locks single rows for SELECT.
    pub(crate) row_locks: bool,
    /// The highest limit that is written into a SELECT instead of being bound; below 0 for none.
    pub(crate) most_written_limit: i64,
    /// What stands before an OFFSET without a limit.
    pub(crate) no_limit: &'static str,
    /// What opens the right side of a UNION.
    pub(crate) open_combined: &'static str,
    /// Whether a row of several in an INSERT may say DEFAULT.
    pub(crate) defaults_in_rows: bool,
    /// Whether a list of values is one parameter, an array.
    pub(crate) arrays: bool,
    /// Whether what diesel writes is rewritten: names, patterns, parameters.
    pub(crate) rewrites: bool,
    /// Whether a comparison of two columns may go by the collation of either.
    pub(crate) compares_by_either: bool,

    /// Whether enums, and other types of a name, are the database's own.
    pub(crate) native_types: bool,
    /// Whether booleans are the integers 0 and 1.
    pub(crate) booleans_are_integers: bool,
    /// Whether it has exact decimals; else they are texts that compare by a collation and are added by functions.
    pub(crate) exact_decimals: bool,
    /// Whether it refuses integers that don't fit; else functions add and multiply.
    pub(crate) checks_integers: bool,
    /// Whether it has ILIKE for letters of all languages; else a function stands for it.
    pub(crate) ilike: bool,
    /// Whether it counts up no column but a primary key of one.
    pub(crate) counts_only_keys: bool,

    /// For migrations.
    pub(crate) migrations: Migrating,
}

/// What differs for the run of migrations.
#[derive(Debug)]
pub(crate) struct Migrating {
    /// Begins a transaction that will write.
    pub(crate) begin: &'static str,
    /// Whether the lock of a run is the session's, and not that of each transaction that writes.
    pub(crate) session_lock: bool,
    /// Whether a table changes by being built again, so that what it has beside is to be carried along.
    pub(crate) rebuilds: bool,
    /// Whether a guard raises its message by itself; else a check fails, and the runner counts the rows.
    pub(crate) guards_raise: bool,
    /// Asks for the schema in which the tables of versions lie.
    pub(crate) schema: &'static str,
    /// Asks whether a table is there: by its name with its schema, or by its name alone.
    pub(crate) exists: &'static str,
    pub(crate) exists_by_whole_name: bool,
    /// The type of a moment in the table of versions.
    pub(crate) moment: &'static str,
    /// This moment.
    pub(crate) now: &'static str,
    /// diesel's moment `v.run_on` and mizzle's `d.applied_at`, as text in UTC.
    pub(crate) run_on: &'static str,
    pub(crate) applied_at: &'static str,
    /// Settings that a script may leave changed, and that are set back one by one: pragmas.
    pub(crate) settings: &'static [&'static str],
    /// Makes a session ready for scripts.
    pub(crate) prepare: &'static str,
    /// Makes it ready, if the server knows it.
    pub(crate) prepare_if_known: &'static str,
    /// Takes away what a script may have left.
    pub(crate) restore: &'static str,
    /// Ends what `prepare` began.
    pub(crate) finish: &'static str,
}

impl Dialect {
    /// What the database can do, and how it wants to be told.
    #[inline]
    pub(crate) const fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }
}

static SQLITE: Capabilities = Capabilities {
    // Its default (<https://sqlite.org/limits.html#max_variable_number>).
    parameters: 32_766,
    insert_rows: 128,
    longest_name: None,
    tells_case_of_names: false,
    backslashes: false,
    row_locks: false,
    most_written_limit: -1,
    no_limit: " LIMIT -1",
    // It takes no parentheses there.
    open_combined: "SELECT * FROM (",
    defaults_in_rows: false,
    arrays: false,
    rewrites: true,
    compares_by_either: false,
    native_types: false,
    booleans_are_integers: true,
    exact_decimals: false,
    checks_integers: false,
    ilike: false,
    counts_only_keys: true,
    migrations: Migrating {
        begin: "BEGIN IMMEDIATE",
        session_lock: false,
        rebuilds: true,
        guards_raise: false,
        schema: "SELECT 'main'",
        exists: "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?",
        exists_by_whole_name: false,
        moment: "TEXT",
        now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        run_on: "strftime('%Y-%m-%d %H:%M:%f', v.run_on)",
        applied_at: "d.applied_at",
        settings: &[
            "foreign_keys",
            "legacy_alter_table",
            "ignore_check_constraints",
            "busy_timeout",
        ],
        // Scripts tell by it that what they don't know of a table is kept by the runner.
        prepare: "CREATE TEMP TABLE IF NOT EXISTS mizzle_runner (x)",
        prepare_if_known: "",
        restore: "DROP TABLE IF EXISTS temp.mizzle_guard; DROP TABLE IF EXISTS temp.mizzle_orphans",
        finish: "DROP TABLE IF EXISTS temp.mizzle_runner",
    },
};

static POSTGRES: Capabilities = Capabilities {
    // What the protocol can count.
    parameters: 65_535,
    insert_rows: 1000,
    longest_name: Some(63),
    tells_case_of_names: true,
    backslashes: true,
    row_locks: true,
    // PostgreSQL assumes that a bound limit is a tenth of the rows. A plan for the actual limit looks far cheaper, so it
    // plans the statement again on each run (<https://www.postgresql.org/docs/current/sql-prepare.html>, "Notes").
    // Higher limits are bound: otherwise each limit would be a statement in the cache.
    most_written_limit: 100,
    no_limit: "",
    open_combined: "(",
    defaults_in_rows: true,
    arrays: true,
    rewrites: false,
    compares_by_either: true,
    native_types: true,
    booleans_are_integers: false,
    exact_decimals: true,
    checks_integers: true,
    ilike: true,
    counts_only_keys: false,
    migrations: Migrating {
        begin: "BEGIN",
        session_lock: true,
        rebuilds: false,
        guards_raise: true,
        schema: "SELECT current_schema()",
        exists: "SELECT to_regclass($1)",
        exists_by_whole_name: true,
        moment: "TIMESTAMPTZ",
        now: "clock_timestamp()",
        // diesel's column has the local time of the session that wrote it.
        run_on: "to_char(v.run_on AT TIME ZONE current_setting('TimeZone') AT TIME ZONE 'UTC', \
                 'YYYY-MM-DD HH24:MI:SS.US')",
        applied_at: "to_char(d.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        settings: &[],
        prepare: "",
        // So that a killed program's statement, and its lock, don't go on for long. Servers older than 14 don't know it.
        prepare_if_known: "SET client_connection_check_interval = '2s'",
        // The server may have another default for what mizzle's connections begin with.
        restore: "RESET ALL; SET standard_conforming_strings = on",
        finish: "",
    },
};
