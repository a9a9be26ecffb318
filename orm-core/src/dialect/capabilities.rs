//! The differences between the databases, as plain data: what a statement may contain, and how much it may contain.

use super::Dialect;

/// The capabilities of a database, and its own words.
#[derive(Debug)]
pub(crate) struct Capabilities {
    /// The maximum number of parameters of a statement.
    pub(crate) parameters: usize,
    /// The maximum number of rows of an INSERT. Beyond some hundreds, a statement only grows without getting faster.
    pub(crate) insert_rows: usize,
    /// The maximum number of columns of a table, if it is lower than what people need.
    pub(crate) columns: Option<usize>,
    /// Whether there are other collations than the built-in ones.
    pub(crate) collations: bool,
    /// The maximum length of a name in bytes, if there is one.
    pub(crate) longest_name: Option<usize>,
    /// Whether names that only differ in the case of ASCII letters are different.
    pub(crate) distinguishes_case_of_names: bool,

    /// Whether it can be configured to treat a backslash in any text as an escape.
    pub(crate) backslashes: bool,
    /// Whether a SELECT can lock single rows.
    pub(crate) row_locks: bool,
    /// Whether one transaction at a time can write, so that one that only reads had better say so.
    pub(crate) one_writer: bool,
    /// Whether an INSERT may have several ON CONFLICT.
    pub(crate) several_conflicts: bool,
    /// Whether it has DISTINCT ON.
    pub(crate) distinct_on: bool,
    /// Whether a subselect in FROM may read the tables before it.
    pub(crate) lateral: bool,
    /// Whether a term of a WITH may write.
    pub(crate) writing_terms: bool,
    /// Whether tables inherit from others, so that a SELECT can read ONLY one of them.
    pub(crate) inherits: bool,
    /// Whether it has INTERSECT ALL and EXCEPT ALL.
    pub(crate) counts_duplicates: bool,
    /// The highest limit that is written into a SELECT instead of being bound; below 0 if none is.
    pub(crate) most_written_limit: i64,
    /// The SQL before an OFFSET without a limit.
    pub(crate) no_limit: &'static str,
    /// The SQL that opens the right side of a UNION.
    pub(crate) open_combined: &'static str,
    /// Whether an INSERT of several rows may contain DEFAULT.
    pub(crate) defaults_in_rows: bool,
    /// Whether a list of values is a single parameter, an array.
    pub(crate) arrays: bool,
    /// The code of the error if an INSERT would update a row twice, where that is one.
    pub(crate) row_twice: Option<&'static str>,
    /// A condition that fails if a query has a row.
    pub(crate) refusal: Refusal,
    /// Whether many rows are sent by COPY.
    pub(crate) copies: bool,
    /// Whether programs can notify each other through it.
    pub(crate) notifies: bool,
    /// Whether several calls can be one transaction. Otherwise what must be done all or none goes to it in one request.
    pub(crate) transactions: bool,
    /// The most values of a list that are parameters of their own, where lists aren't arrays.
    pub(crate) longest_list: usize,
    /// The most INSERTs that go to it together.
    pub(crate) most_together: usize,
    /// Whether statements that go to it together take less time than one after the other.
    pub(crate) has_round_trips: bool,
    /// Whether there is a REPLACE.
    pub(crate) replaces: bool,
    /// Whether diesel's SQL is rewritten: names, patterns, parameters.
    pub(crate) rewrites: bool,
    /// Whether a comparison of two columns may use the collation of either.
    pub(crate) compares_by_either: bool,

    /// Whether an index has a method, and its parts operator classes.
    pub(crate) index_methods: bool,
    /// Whether a view can store its rows.
    pub(crate) materialized_views: bool,
    /// Whether enums and other named types are the database's own.
    pub(crate) native_types: bool,
    /// Whether booleans are the integers 0 and 1.
    pub(crate) booleans_are_integers: bool,
    /// Whether it has exact decimals. Otherwise they are texts, compared by a collation and added by functions.
    pub(crate) exact_decimals: bool,
    /// Whether it refuses integers that don't fit. Otherwise functions add and multiply.
    pub(crate) checks_integers: bool,
    /// Whether it has ILIKE for the letters of all languages. Otherwise a function replaces it.
    pub(crate) ilike: bool,
    /// Whether it has the functions of `dsl` on texts and numbers, and the operators on documents. Otherwise mizzle's
    /// functions replace them.
    pub(crate) own_functions: bool,
    /// Whether the full text index is a column of the type tsvector. Otherwise it is a table of FTS5.
    pub(crate) tsvector: bool,
    /// Whether NULL sorts as if it were smaller than all values; otherwise it is larger.
    pub(crate) nulls_are_smallest: bool,
    /// Whether it counts up only a primary key of one column.
    pub(crate) counts_only_keys: bool,

    /// For migrations.
    pub(crate) migrations: Migrating,
}

/// The SQL around a query, of one boolean, that makes a statement fail if the query has a row.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    /// The code of the error.
    pub(crate) code: &'static str,
}

/// The differences when migrations run.
#[derive(Debug)]
pub(crate) struct Migrating {
    /// Whether each file goes to the database in one request, all or nothing, and the history is that of Cloudflare's wrangler.
    pub(crate) by_file: bool,
    /// Begins a transaction that writes.
    pub(crate) begin: &'static str,
    /// Whether the session holds the lock of a run. Otherwise each transaction that writes holds it.
    pub(crate) session_lock: bool,
    /// Whether a table is changed by rebuilding it, so that everything else it has must be carried over.
    pub(crate) rebuilds: bool,
    /// Whether a guard raises its message by itself. Otherwise a check fails, and the runner counts the rows.
    pub(crate) guards_raise: bool,
    /// Asks for the schema that contains the tables of versions.
    pub(crate) schema: &'static str,
    /// Asks whether a table exists: by its name with its schema, or by its name only.
    pub(crate) exists: &'static str,
    pub(crate) exists_by_whole_name: bool,
    /// Asks for the columns of a table that are stored and not computed: by its name with its schema, or by its name
    /// only. Returns none for a temporary table, and for a full text index, which has copies.
    pub(crate) stored_columns: &'static str,
    /// Asks for the tables of a schema, each as it is written in SQL.
    pub(crate) tables_of_schema: &'static str,
    /// The type of a moment in the table of versions.
    pub(crate) moment: &'static str,
    /// The SQL for the current moment.
    pub(crate) now: &'static str,
    /// The SQL for diesel's moment `v.run_on` and mizzle's `d.applied_at`, as text in UTC.
    pub(crate) run_on: &'static str,
    pub(crate) applied_at: &'static str,
    /// Settings that a script may leave changed, and that are restored one by one: pragmas.
    pub(crate) settings: &'static [&'static str],
    /// Makes the checks that are deferred to COMMIT.
    pub(crate) check_deferred: &'static str,
    /// Prepares a session for scripts.
    pub(crate) prepare: &'static str,
    /// Prepares a session further, if the server supports it.
    pub(crate) prepare_if_known: &'static str,
    /// Removes what a script may have left behind.
    pub(crate) restore: &'static str,
    /// Whether this undoes also what the program has set for itself.
    pub(crate) restores_all: bool,
    /// Makes room for the next client of a pooler.
    pub(crate) leave: &'static str,
    /// Undoes `prepare`.
    pub(crate) finish: &'static str,
}

impl Dialect {
    /// Returns the capabilities of the database.
    #[inline]
    pub(crate) const fn capabilities(self) -> &'static Capabilities {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
            Self::D1 => &D1,
        }
    }
}

static SQLITE: Capabilities = ON_SQLITE;

static D1: Capabilities = Capabilities {
    // <https://developers.cloudflare.com/d1/platform/limits/>
    parameters: 100,
    transactions: false,
    longest_list: 32,
    most_together: 400,
    has_round_trips: true,
    columns: Some(100),
    collations: false,
    migrations: Migrating {
        by_file: true,
        rebuilds: false,
        // Its connections have no settings, and no temporary tables.
        settings: &[],
        prepare: "",
        restore: "",
        finish: "",
        ..ON_SQLITE.migrations
    },
    ..ON_SQLITE
};

const ON_SQLITE: Capabilities = Capabilities {
    // SQLite's default (<https://sqlite.org/limits.html#max_variable_number>).
    parameters: 32_766,
    insert_rows: 128,
    columns: None,
    collations: true,
    longest_name: None,
    distinguishes_case_of_names: false,
    backslashes: false,
    row_locks: false,
    one_writer: true,
    several_conflicts: true,
    distinct_on: false,
    lateral: false,
    writing_terms: false,
    inherits: false,
    counts_duplicates: false,
    most_written_limit: -1,
    no_limit: " LIMIT -1",
    // SQLite doesn't accept parentheses there.
    open_combined: "SELECT * FROM (",
    defaults_in_rows: false,
    arrays: false,
    row_twice: None,
    // SQLITE_CONSTRAINT_FUNCTION
    refusal: Refusal { open: "mizzle_none(EXISTS (", close: "))", code: "1043" },
    copies: false,
    notifies: false,
    transactions: true,
    // Leaves room for many such lists in a statement.
    longest_list: 1024,
    most_together: 32,
    has_round_trips: false,
    replaces: true,
    rewrites: true,
    compares_by_either: false,
    index_methods: false,
    materialized_views: false,
    native_types: false,
    booleans_are_integers: true,
    exact_decimals: false,
    checks_integers: false,
    ilike: false,
    own_functions: false,
    tsvector: false,
    nulls_are_smallest: true,
    counts_only_keys: true,
    migrations: Migrating {
        by_file: false,
        begin: "BEGIN IMMEDIATE",
        session_lock: false,
        rebuilds: true,
        guards_raise: false,
        schema: "SELECT 'main'",
        exists: "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?",
        exists_by_whole_name: false,
        stored_columns: "SELECT c.name FROM main.sqlite_schema t JOIN pragma_table_xinfo(t.name, 'main') c \
                         WHERE t.type = 'table' AND t.name = ? COLLATE NOCASE AND c.hidden = 0 \
                         AND NOT (t.name LIKE '%\\_fts' ESCAPE '\\' AND t.sql LIKE '%categories ''L* M* Nd Nl''\")')",
        tables_of_schema: "SELECT '' WHERE ? = ''",
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
        check_deferred: "",
        // Scripts recognize by this table that the runner keeps what they don't know about a table.
        prepare: "CREATE TEMP TABLE IF NOT EXISTS mizzle_runner (x)",
        prepare_if_known: "",
        restore: "DROP TABLE IF EXISTS temp.mizzle_guard; DROP TABLE IF EXISTS temp.mizzle_orphans",
        restores_all: false,
        leave: "",
        finish: "DROP TABLE IF EXISTS temp.mizzle_runner",
    },
};

static POSTGRES: Capabilities = Capabilities {
    // The maximum of the protocol.
    parameters: 65_535,
    insert_rows: 1000,
    columns: None,
    collations: true,
    longest_name: Some(63),
    distinguishes_case_of_names: true,
    backslashes: true,
    row_locks: true,
    one_writer: false,
    several_conflicts: false,
    distinct_on: true,
    lateral: true,
    writing_terms: true,
    inherits: true,
    counts_duplicates: true,
    // PostgreSQL assumes that a bound limit is a tenth of the rows. A plan for the actual limit looks far cheaper, so it
    // plans the statement again on each run (<https://www.postgresql.org/docs/current/sql-prepare.html>, "Notes").
    // Higher limits are bound: otherwise each limit would be a statement in the cache.
    most_written_limit: 100,
    no_limit: "",
    open_combined: "(",
    defaults_in_rows: true,
    arrays: true,
    row_twice: Some("21000"),
    // A subselect with two rows is an error.
    refusal: Refusal { open: "(SELECT true UNION ALL (", close: "))", code: "21000" },
    copies: true,
    notifies: true,
    transactions: true,
    longest_list: 0,
    most_together: 32,
    has_round_trips: true,
    replaces: false,
    rewrites: false,
    compares_by_either: true,
    index_methods: true,
    materialized_views: true,
    native_types: true,
    booleans_are_integers: false,
    exact_decimals: true,
    checks_integers: true,
    ilike: true,
    own_functions: true,
    tsvector: true,
    nulls_are_smallest: false,
    counts_only_keys: false,
    migrations: Migrating {
        by_file: false,
        begin: "BEGIN",
        session_lock: true,
        rebuilds: false,
        guards_raise: true,
        schema: "SELECT current_schema()",
        exists: "SELECT to_regclass($1)",
        exists_by_whole_name: true,
        stored_columns: "SELECT a.attname FROM pg_catalog.pg_attribute a \
                         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
                         WHERE a.attrelid = to_regclass($1) AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' \
                         AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum",
        tables_of_schema: "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
                           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                           WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
                           ORDER BY c.relname",
        moment: "TIMESTAMPTZ",
        now: "clock_timestamp()",
        // diesel's column contains the local time of the session that wrote it.
        run_on: "to_char(v.run_on AT TIME ZONE current_setting('TimeZone') AT TIME ZONE 'UTC', \
                 'YYYY-MM-DD HH24:MI:SS.US')",
        applied_at: "to_char(d.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        settings: &[],
        check_deferred: "SET CONSTRAINTS ALL IMMEDIATE",
        prepare: "",
        // Soon ends the statement of a killed program, and releases its lock. Servers older than 14 don't have this
        // setting.
        prepare_if_known: "SET client_connection_check_interval = '2s'",
        // The server's default may differ from the setting that mizzle's connections begin with.
        restore: "SET SESSION AUTHORIZATION DEFAULT; RESET ALL; SET standard_conforming_strings = on; \
                  SET client_encoding = 'UTF8'",
        restores_all: true,
        leave: "DISCARD TEMP",
        finish: "",
    },
};
