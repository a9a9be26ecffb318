//! What a table becomes: its current definition, with the changes of a migration.
//!
//! The migration knows the table as it was when the migration was written, and says what it has to become. The
//! differences between these two are applied to the table's own statement. Everything else stays as it was written.

use std::ops::Range;

use super::dropped::{names, names_dropped};
use super::parse::{Column, Create, Part, PartKind};
use crate::dialect::Dialect;

/// A table as it will be created.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) sql: String,
    /// The columns that the migration doesn't know and that hold values.
    pub(super) unknown: Vec<String>,
}

/// Returns what the table `is` becomes if the migration knows it as it `was` and wants what `becomes`; `None` if the
/// migration knows everything about the table. Fails if the table lacks something that the migration expects.
pub(super) fn merge(
    is: &Create<'_>,
    was: &Create<'_>,
    becomes: &Create<'_>,
) -> Result<Option<Merged>, String> {
    if is_same(is, was) {
        return Ok(None);
    }
    let mut merge =
        Merge { is, was, becomes, edits: Vec::new(), claimed: Vec::new(), added: Vec::new() };
    merge.columns()?;
    merge.constraints();
    merge.check_dropped()?;
    let unknown = is.columns.iter().filter(|column| {
        was.column(&column.name).is_none() && column.part(PartKind::Generated).is_none()
    });
    let unknown = unknown.map(|column| column.name.clone()).collect();
    Ok(Some(Merged { sql: merge.apply(), unknown }))
}

/// Whether the two differ only in the order of their parts and in how they are written.
fn is_same(one: &Create<'_>, other: &Create<'_>) -> bool {
    let parts = |create: &Create<'_>, parts: &[Part]| {
        let mut parts: Vec<String> = parts.iter().map(|part| create.normal(&part.at)).collect();
        parts.sort();
        parts
    };
    let columns = |create: &Create<'_>| {
        let column = |column: &Column| {
            let name = column.name.to_ascii_lowercase();
            (name, create.normal(&column.type_at), parts(create, &column.parts))
        };
        let mut columns: Vec<_> = create.columns.iter().map(column).collect();
        columns.sort();
        columns
    };
    one.options == other.options
        && columns(one) == columns(other)
        && parts(one, &one.constraints) == parts(other, &other.constraints)
}

struct Merge<'a> {
    is: &'a Create<'a>,
    was: &'a Create<'a>,
    becomes: &'a Create<'a>,
    /// Ranges of the table's statement, and their replacements.
    edits: Vec<(Range<usize>, String)>,
    /// Where the constraints that are dropped or get another name begin.
    claimed: Vec<usize>,
    /// What follows the table's last item.
    added: Vec<String>,
}

/// The clauses that belong to the column alone.
const OWN: [PartKind; 4] =
    [PartKind::NotNull, PartKind::Default, PartKind::Collate, PartKind::Generated];

impl<'a> Merge<'a> {
    fn columns(&mut self) -> Result<(), String> {
        let (is, was, becomes) = (self.is, self.was, self.becomes);
        let mut added = Vec::new();
        for new in &becomes.columns {
            match (was.column(&new.name), is.column(&new.name)) {
                (Some(old), Some(column)) => self.column(column, old, new),
                (Some(_), None) => {
                    return Err(format!(
                        "has no column \"{}\", which the migration expects: add it, or leave it out of the migration",
                        new.name
                    ));
                }
                (None, Some(_)) => {
                    return Err(format!(
                        "has a column \"{}\" already, which the migration adds: rename or drop it, or leave it out of the \
                         migration",
                        new.name
                    ));
                }
                (None, None) => added.push(becomes.text(&new.at).to_owned()),
            }
        }
        for old in was.columns.iter().filter(|old| becomes.column(&old.name).is_none()) {
            let Some(column) = is.column(&old.name) else { continue };
            let is_unknown =
                |part: &&Part| found(was, |known| means_same(is, part, was, known)).is_empty();
            if let Some(part) = column.constraints().find(is_unknown) {
                return Err(names_dropped(is.text(&part.at), &old.name));
            }
            self.edits.push((column.at.clone(), String::new()));
        }
        // Columns come before all constraints.
        if let Some(last) = is.columns.last().filter(|_| !added.is_empty()) {
            let end = last.at.end;
            let gone = self.edits.iter().any(|(at, text)| *at == last.at && text.is_empty());
            let text = format!(",\n  {}", added.join(",\n  "));
            if gone {
                // Replaces the column and its comma.
                self.edits.retain(|(at, _)| *at != last.at);
                self.edits.push((last.at.clone(), added.join(",\n  ")));
            } else {
                self.edits.push((end..end, text));
            }
        }
        Ok(())
    }

    fn column(&mut self, column: &Column, old: &Column, new: &Column) {
        let (is, was, becomes) = (self.is, self.was, self.becomes);
        if was.normal(&old.type_at) != becomes.normal(&new.type_at) {
            let ty = becomes.text(&new.type_at);
            let space = if column.type_at.is_empty() { " " } else { "" };
            self.edits.push((column.type_at.clone(), format!("{space}{ty}")));
        }
        for kind in OWN {
            let before = old.part(kind).map(|part| was.normal(&part.body));
            let after = new.part(kind).map(|part| becomes.normal(&part.body));
            if before == after {
                continue;
            }
            let text = new.part(kind).map_or("", |part| becomes.text(&part.at));
            match column.part(kind) {
                // It is so already, with something more.
                Some(part)
                    if before.is_none()
                        && is.normal(&part.body) == after.clone().unwrap_or_default() => {}
                Some(part) => self.edits.push((part.at.clone(), text.to_owned())),
                None if text.is_empty() => {}
                None => self.behind_type(column, text),
            }
        }
        // The column of a counted key contains the key.
        let (before, after) = (old.part(PartKind::PrimaryKey), new.part(PartKind::PrimaryKey));
        match (before, after) {
            (Some(_), None) => self.remove_key(),
            (None, Some(part)) => {
                self.remove_key();
                self.behind_type(column, becomes.text(&part.at));
            }
            _ => {}
        }
    }

    /// Adds a clause after a column's type.
    fn behind_type(&mut self, column: &Column, text: &str) {
        let end = column.type_at.end;
        self.edits.push((end..end, format!(" {text}")));
    }

    fn constraints(&mut self) {
        let (is, was, becomes) = (self.is, self.was, self.becomes);
        let mut gone: Vec<&Part> =
            was.constraints.iter().filter(|part| !in_both(was, part, becomes)).collect();
        let mut new: Vec<&Part> =
            becomes.constraints.iter().filter(|part| !in_both(becomes, part, was)).collect();
        self.renamed(&mut gone, &mut new);
        let mut tails: Vec<(&Part, String)> = Vec::new();
        for old in gone {
            let meant = self.meant(old);
            for part in meant {
                let tail = part.tail.as_ref().map(|at| is.text(at).to_owned());
                tails.extend(tail.map(|tail| (old, tail)));
                self.edits.push((part.at.clone(), String::new()));
                self.claimed.push(part.at.start);
            }
        }
        for part in new {
            // Made by hand before, unless it is the equal one that stays.
            let has_equal = self.stays(becomes, part);
            let is_by_hand = |known: &Part| {
                means_same(is, known, becomes, part)
                    && (!has_equal || same_name(is, known, becomes, part))
            };
            for by_hand in found(is, is_by_hand) {
                if part.kind != PartKind::PrimaryKey
                    && !self.edits.iter().any(|(at, _)| *at == by_hand.at)
                {
                    self.edits.push((by_hand.at.clone(), String::new()));
                }
            }
            let mut text = becomes.text(&part.at).to_owned();
            let tail = tails.iter().find(|(old, _)| {
                old.kind == part.kind
                    && (old.columns == part.columns || part.kind == PartKind::PrimaryKey)
            });
            if let (Some((_, tail)), None) = (tail, &part.tail) {
                text.push(' ');
                text.push_str(tail);
            }
            self.added.push(text);
        }
    }

    /// Fails if something that stays names a column that goes. In double quotes, SQLite would take the name for a text.
    fn check_dropped(&self) -> Result<(), String> {
        let (is, was, becomes) = (self.is, self.was, self.becomes);
        let goes = |at: &Range<usize>| {
            self.edits.iter().any(|(other, _)| other.start <= at.start && at.end <= other.end)
        };
        let of_columns = is.columns.iter().flat_map(|column| &column.parts);
        let parts: Vec<&Part> =
            of_columns.chain(&is.constraints).filter(|part| !goes(&part.at)).collect();
        let gone = was.columns.iter().filter(|column| becomes.column(&column.name).is_none());
        for column in gone.filter(|column| is.column(&column.name).is_some()) {
            if let Some(part) = parts.iter().find(|part| names(is, part, &column.name)) {
                return Err(names_dropped(is.text(&part.at), &column.name));
            }
        }
        Ok(())
    }

    /// Gives constraints that only get another name that name, and takes them out of both lists: the table may say more of
    /// them, such as a collation.
    fn renamed(&mut self, gone: &mut Vec<&Part>, new: &mut Vec<&Part>) {
        let (was, becomes) = (self.was, self.becomes);
        gone.retain(|old| {
            let same = |part: &&Part| {
                part.kind == old.kind && was.normal(&old.body) == becomes.normal(&part.body)
            };
            let Some(place) = new.iter().position(same) else { return true };
            let meant = self.meant(old);
            let [part] = meant.as_slice() else { return true };
            let name = becomes.text(&(new[place].at.start..new[place].body.start));
            self.edits.push((part.at.start..part.body.start, name.to_owned()));
            self.claimed.push(part.at.start);
            new.remove(place);
            false
        });
    }

    /// Returns the table's constraints that the migration means by one that it knows: those of its name, or those that
    /// contain the same. SQLite lets several have one name, and several contain the same: then it is one of them.
    fn meant(&self, old: &Part) -> Vec<&'a Part> {
        let (is, was) = (self.is, self.was);
        let is_free = |part: &Part| !self.claimed.contains(&part.at.start);
        let mut equal = found(is, |part| is_free(part) && means_same(is, part, was, old));
        let named = found(is, |part| is_free(part) && same_name(is, part, was, old));
        if !named.is_empty() {
            let is_both = |part: &Part| equal.iter().any(|equal| equal.at == part.at);
            let both: Vec<&Part> =
                named.iter().copied().filter(|part| is_both(part)).take(1).collect();
            return if both.is_empty() { named } else { both };
        }
        let has_twin = was
            .constraints
            .iter()
            .any(|known| known.at != old.at && means_same(was, known, was, old));
        if has_twin {
            let kept: Vec<&Part> = self.kept(was, old).collect();
            equal.sort_by_key(|part| kept.iter().any(|kept| same_name(is, part, was, kept)));
            equal.truncate(equal.len().saturating_sub(kept.len()).min(1));
        }
        equal
    }

    /// Whether the migration keeps a constraint that means the same as this one of `create`.
    fn stays(&self, create: &Create<'_>, part: &Part) -> bool {
        self.kept(create, part).next().is_some()
    }

    /// Returns the constraints that the migration keeps and that mean the same as this one of `create`.
    fn kept<'c>(
        &self,
        create: &'c Create<'_>,
        part: &'c Part,
    ) -> impl Iterator<Item = &'a Part> + use<'a, 'c, '_> {
        let (was, becomes) = (self.was, self.becomes);
        let kept = was.constraints.iter().filter(|known| in_both(was, known, becomes));
        kept.filter(|known| means_same(was, known, create, part))
    }

    fn remove_key(&mut self) {
        for part in found(self.is, |part| part.kind == PartKind::PrimaryKey) {
            if !self.edits.iter().any(|(other, _)| *other == part.at) {
                self.edits.push((part.at.clone(), String::new()));
            }
        }
    }

    /// Returns the statement with all edits, under the new name.
    fn apply(mut self) -> String {
        let (is, becomes) = (self.is, self.becomes);
        // Items that are removed take the comma before or after them along.
        let items: Vec<Range<usize>> = is
            .columns
            .iter()
            .map(|column| column.at.clone())
            .chain(is.constraints.iter().map(|part| part.at.clone()))
            .collect();
        let goes = |edits: &[(Range<usize>, String)], item: &Range<usize>| {
            edits.iter().any(|(at, text)| at == item && text.is_empty())
        };
        let gone: Vec<bool> = items.iter().map(|item| goes(&self.edits, item)).collect();
        let last_kept = gone.iter().rposition(|gone| !gone).unwrap_or(0);
        for (place, item) in items.iter().enumerate().filter(|(place, _)| gone[*place]) {
            let at = match items.get(place + 1) {
                Some(next) if place < last_kept => item.start..next.start,
                _ => {
                    items.get(place.wrapping_sub(1)).map_or(item.start, |before| before.end)
                        ..item.end
                }
            };
            self.edits.retain(|(other, _)| other.start < item.start || other.end > item.end);
            self.edits.push((at, String::new()));
        }
        let end = items.get(last_kept).map_or(is.sql.len(), |item| item.end);
        if !self.added.is_empty() {
            self.edits.push((end..end, format!(",\n  {}", self.added.join(",\n  "))));
        }
        let name = Dialect::Sqlite.quote_ident(&becomes.name());
        self.edits.push((is.name_at.clone(), name));
        self.edits.sort_by_key(|(at, _)| (at.start, at.end));
        let mut sql = String::new();
        let mut copied = 0;
        for (at, text) in &self.edits {
            sql.push_str(&is.sql[copied.min(at.start)..at.start]);
            sql.push_str(text);
            copied = at.end.max(copied);
        }
        sql.push_str(&is.sql[copied..]);
        sql
    }
}

/// Returns the constraints of the table, or of its columns, for which this is true.
fn found<'a>(is: &'a Create<'_>, is_it: impl Fn(&Part) -> bool) -> Vec<&'a Part> {
    let of_columns = is.columns.iter().flat_map(|column| &column.parts);
    of_columns.chain(&is.constraints).filter(|part| is_it(part)).collect()
}

/// Whether the other statement has the constraint as well, with the same name.
fn in_both(create: &Create<'_>, part: &Part, other: &Create<'_>) -> bool {
    let text = create.normal(&part.at);
    other.constraints.iter().any(|known| other.normal(&known.at) == text)
}

/// Whether the two have the same kind and the same name.
fn same_name(one: &Create<'_>, part: &Part, other: &Create<'_>, known: &Part) -> bool {
    let name = |create: &Create<'_>, part: &Part| create.normal(&(part.at.start..part.body.start));
    part.kind == known.kind && part.at != part.body && name(one, part) == name(other, known)
}

/// Whether a constraint contains what the other, of another statement, contains. It may have another name, and contain
/// more.
fn means_same(one: &Create<'_>, part: &Part, other: &Create<'_>, known: &Part) -> bool {
    let same_names = |one: &[String], other: &[String]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    part.kind == known.kind
        && match part.kind {
            PartKind::PrimaryKey => true,
            PartKind::Unique => same_names(&part.columns, &known.columns),
            PartKind::References => {
                let parent =
                    |part: &Part| part.parent.as_ref().map(|name| name.to_ascii_lowercase());
                same_names(&part.columns, &known.columns) && parent(part) == parent(known)
            }
            PartKind::Check => match (&part.condition, &known.condition) {
                (Some(condition), Some(known_condition)) => {
                    one.normal(condition) == other.normal(known_condition)
                }
                _ => false,
            },
            _ => false,
        }
}
