//! The names of constraints and indexes that a struct doesn't name: PostgreSQL's own conventions, on both databases.
//!
//! A name is part of the database for as long as the constraint lives, and migrations refer to it. So the results of
//! these functions must never change.

use super::model::{IndexKey, IndexPart};

/// The longest name that PostgreSQL keeps, in bytes.
pub(super) const MAX_LENGTH: usize = 63;

/// Returns the name of a table's primary key: `users_pkey`.
pub(crate) fn primary_key(table: &str) -> String {
    conventional(&[table], "_pkey")
}

/// Returns the name of a unique constraint: `users_first_last_key`.
pub(crate) fn unique(table: &str, columns: &[&str]) -> String {
    conventional(&parts(table, columns.iter().copied()), "_key")
}

/// Returns the name of a foreign key: `posts_author_id_fkey`.
pub(crate) fn foreign_key(table: &str, columns: &[&str]) -> String {
    conventional(&parts(table, columns.iter().copied()), "_fkey")
}

/// Returns the name of a check of one column: `posts_title_check`.
pub(crate) fn check(table: &str, column: &str) -> String {
    conventional(&[table, column], "_check")
}

/// Returns the name of an index: `posts_author_id_created_at_idx`. An expression appears as `expr`.
pub(super) fn index(table: &str, keys: &[IndexPart]) -> String {
    let columns = keys.iter().map(|part| match &part.key {
        IndexKey::Column(column) => column.as_str(),
        IndexKey::Expression(_) => "expr",
    });
    conventional(&parts(table, columns), "_idx")
}

/// Returns the name of a table's full text index: `articles_fts`.
pub(crate) fn full_text(table: &str) -> String {
    conventional(&[table], "_fts")
}

/// Returns the name of PostgreSQL's index of a full text index: `articles_fts_index`.
pub(super) fn full_text_index(full_text: &str) -> String {
    conventional(&[full_text], "_index")
}

/// Returns the name of a trigger of a full text index: `articles_fts_insert`.
pub(super) fn trigger(full_text: &str, event: &str) -> String {
    conventional(&[full_text], &format!("_{event}"))
}

/// Returns `name` or, if that is taken, the first of `name1`, `name2`, … that isn't.
pub(super) fn free(name: String, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(&name) {
        return name;
    }
    let mut number = 1_u32;
    loop {
        let numbered = fitted(&name, &number.to_string());
        if !is_taken(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

/// Returns the start of `name` that is at most `bytes` long and ends between two characters.
pub(super) fn truncated(name: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

fn parts<'a>(table: &'a str, columns: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    std::iter::once(table).chain(columns).collect()
}

fn conventional(parts: &[&str], suffix: &str) -> String {
    fitted(&parts.join("_"), suffix)
}

/// Returns `stem` and `suffix`. If the stem is too long, a hash of all of it replaces its end, so two long names stay
/// different.
fn fitted(stem: &str, suffix: &str) -> String {
    if stem.len() + suffix.len() <= MAX_LENGTH {
        return format!("{stem}{suffix}");
    }
    let hash = format!("_{:08x}", fnv1a(stem.as_bytes()));
    let start = truncated(stem, MAX_LENGTH - hash.len() - suffix.len());
    format!("{start}{hash}{suffix}")
}

/// Returns the 32-bit FNV-1a hash. It is written out here because names depend on it, and a library's hash may change.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_postgresql() {
        assert_eq!(primary_key("users"), "users_pkey");
        assert_eq!(unique("users", &["first", "last"]), "users_first_last_key");
        assert_eq!(foreign_key("posts", &["author_id"]), "posts_author_id_fkey");
        assert_eq!(check("posts", "title"), "posts_title_check");
        let keys = [IndexPart::column("author_id"), IndexPart::expression("lower(title)").desc()];
        assert_eq!(index("posts", &keys), "posts_author_id_expr_idx");
    }

    #[test]
    fn the_longest_name_that_fits_stays() {
        let table = "t".repeat(MAX_LENGTH - "_pkey".len());
        assert_eq!(primary_key(&table), format!("{table}_pkey"));
    }

    #[test]
    fn long_names_are_shortened_and_stay_distinct() {
        let table = "a_table_whose_name_goes_on_and_on_and_on_until_it_is_too_long";
        let one = foreign_key(table, &["first"]);
        let other = foreign_key(table, &["second"]);
        assert_eq!(one, "a_table_whose_name_goes_on_and_on_and_on_until_it_9606c87e_fkey");
        assert_eq!(one.len(), MAX_LENGTH);
        assert_ne!(one, other);
        assert_eq!(one, foreign_key(table, &["first"]));
    }

    #[test]
    fn a_character_is_never_cut() {
        for length in 0..4 {
            let table = format!("{}{}", "x".repeat(length), "ü日".repeat(20));
            let name = index(&table, &[IndexPart::column("c")]);
            assert!(name.len() <= MAX_LENGTH && name.len() > MAX_LENGTH - 4, "{name}");
            assert!(name.ends_with("_idx"), "{name}");
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["t_a_check", "t_a_check1"];
        assert_eq!(free(check("t", "b"), |name| taken.contains(&name)), "t_b_check");
        assert_eq!(free(check("t", "a"), |name| taken.contains(&name)), "t_a_check2");
        let long = "x".repeat(MAX_LENGTH);
        assert_eq!(free(long.clone(), |name| name == long).len(), MAX_LENGTH);
    }

    /// The vectors of the hash's authors.
    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968);
    }
}
