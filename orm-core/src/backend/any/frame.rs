//! What a query builder remembers of what it has written.

#[derive(Debug)]
pub(super) enum Frame {
    /// `NOT (…)`, which diesel writes without outer parentheses: `NOT (a) < b` would be `NOT (a < b)`.
    Not {
        /// The place of the parenthesis after it.
        start: usize,
    },
    /// A query in parentheses, for SQLite: the collation of its column doesn't apply outside it.
    Query {
        /// The place of its parenthesis.
        start: usize,
        in_columns: bool,
        /// The collation of its column.
        collation: Option<String>,
    },
    /// `CASE … END`, for SQLite, which uses the first collation in it, even that of a condition.
    Case { in_result: bool, of_conditions: bool, of_results: Option<String> },
}

/// Whether the next bound value is a number of rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberOfRows {
    #[default]
    No,
    Yes,
    /// Yes, and it isn't negative.
    Checked,
}

/// Whether a query that begins at the end of `sql` is the value of an expression.
pub(super) fn is_at_value(sql: &str) -> bool {
    const OTHERS: [&str; 6] = ["FROM ", "JOIN ", "IN ", "EXISTS ", "AS ", "MATERIALIZED "];
    sql.strip_suffix('(').is_some_and(|before| !OTHERS.iter().any(|word| before.ends_with(word)))
}

/// SQLite's own collation, of values without another.
pub(super) const AS_STORED: &str = "BINARY";

/// Notes the collation of a part of a query, for the whole of it. The first one counts, unless all that is around it has
/// SQLite's own.
pub(super) fn note(of_whole: &mut Option<String>, of_part: &str) {
    if of_part == AS_STORED {
        *of_whole = None;
    } else {
        of_whole.get_or_insert_with(|| of_part.into());
    }
}
