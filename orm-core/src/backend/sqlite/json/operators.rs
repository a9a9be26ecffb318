//! What PostgreSQL's operators of `jsonb` do, also in the odd cases. Names and rules are those of its `jsonfuncs.c` and
//! `jsonb_op.c`.

use std::collections::BTreeMap;

use super::{Document, Key};

pub(super) type Failure = &'static std::ffi::CStr;

/// A key of an object, or the place of an element, from the end if it is negative.
pub(super) enum Part<'p> {
    Key(&'p str),
    Place(i64),
}

/// What a path does at its end.
#[derive(Clone, Copy)]
pub(super) enum Edit<'d> {
    Set(&'d Document),
    Remove,
}

impl Document {
    /// `->`
    pub(super) fn get(&self, part: &Part<'_>) -> Option<&Self> {
        match (self, part) {
            (Self::Object(members), Part::Key(key)) => Self::member(members, key),
            (Self::Array(items), Part::Place(place)) => items.get(from_start(*place, items.len())?),
            // A document that is one value is like an array of it.
            (Self::Object(_) | Self::Array(_), _) | (_, Part::Key(_)) => None,
            (scalar, Part::Place(place)) => matches!(place, 0 | -1).then_some(scalar),
        }
    }

    /// `#>`
    pub(super) fn get_path(&self, path: &[String]) -> Option<&Self> {
        path.iter().try_fold(self, |inner, part| match inner {
            Self::Object(members) => Self::member(members, part),
            Self::Array(items) => items.get(from_start(place(part)?, items.len())?),
            _ => None,
        })
    }

    /// The text of `->>` and `#>>`: none for null.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    /// `@>`
    pub(super) fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(items), scalar) if scalar.is_scalar() => has(items, scalar),
            _ => self.contains_inside(other),
        }
    }

    fn contains_inside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(members), Self::Object(others)) => others.iter().all(|(key, other)| {
                members.get(key).is_some_and(|value| value.contains_inside(other))
            }),
            (Self::Array(items), Self::Array(others)) => others.iter().all(|other| {
                if other.is_scalar() {
                    has(items, other)
                } else {
                    items.iter().any(|item| item.contains_inside(other))
                }
            }),
            _ => self.is_scalar() && self.compare(other).is_eq(),
        }
    }

    /// `?`
    pub(super) fn has_key(&self, key: &str) -> bool {
        let is_key = |value: &Self| matches!(value, Self::String(text) if text == key);
        match self {
            Self::Object(members) => Self::member(members, key).is_some(),
            Self::Array(items) => items.iter().any(is_key),
            scalar => is_key(scalar),
        }
    }

    /// `-`
    pub(super) fn remove(&mut self, part: &Part<'_>) -> Result<(), Failure> {
        match (self, part) {
            (Self::Object(members), Part::Key(key)) => {
                members.remove(key as &dyn super::AnyKey);
            }
            (Self::Array(items), Part::Key(key)) => {
                items.retain(|item| !matches!(item, Self::String(text) if text == key));
            }
            (Self::Array(items), Part::Place(place)) => {
                if let Some(place) = from_start(*place, items.len()) {
                    items.remove(place);
                }
            }
            (Self::Object(_), Part::Place(_)) => {
                return Err(c"cannot delete from object using integer index");
            }
            _ => return Err(c"cannot delete from scalar"),
        }
        Ok(())
    }

    /// `jsonb_set` and `#-`
    pub(super) fn edit(&mut self, path: &[String], edit: Edit<'_>) -> Result<(), Failure> {
        if self.is_scalar() {
            return Err(match edit {
                Edit::Set(_) => c"cannot set path in scalar",
                Edit::Remove => c"cannot delete path in scalar",
            });
        }
        let is_empty = match &*self {
            Self::Array(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            _ => false,
        };
        // PostgreSQL doesn't look at the path.
        if is_empty && matches!(edit, Edit::Remove) {
            return Ok(());
        }
        self.edit_inside(path, edit)
    }

    fn edit_inside(&mut self, path: &[String], edit: Edit<'_>) -> Result<(), Failure> {
        let Some((part, rest)) = path.split_first() else {
            return Ok(());
        };
        match self {
            Self::Object(members) => edit_member(members, part, rest, edit),
            Self::Array(items) => edit_item(items, part, rest, edit),
            _ => Ok(()),
        }
    }
}

fn edit_member(
    members: &mut BTreeMap<Key, Document>,
    key: &str,
    rest: &[String],
    edit: Edit<'_>,
) -> Result<(), Failure> {
    if !rest.is_empty() {
        return members
            .get_mut(&key as &dyn super::AnyKey)
            .map_or(Ok(()), |member| member.edit_inside(rest, edit));
    }
    match edit {
        Edit::Set(value) => {
            members.insert(Key(key.to_owned()), value.clone());
        }
        Edit::Remove => {
            members.remove(&key as &dyn super::AnyKey);
        }
    }
    Ok(())
}

fn edit_item(
    items: &mut Vec<Document>,
    part: &str,
    rest: &[String],
    edit: Edit<'_>,
) -> Result<(), Failure> {
    let wanted = place(part).ok_or(c"an element of the path to an array is not an integer")?;
    let found = from_start(wanted, items.len());
    match (found, edit) {
        (Some(found), _) if !rest.is_empty() => return items[found].edit_inside(rest, edit),
        (None, _) if !rest.is_empty() => {}
        (Some(found), Edit::Set(value)) => items[found] = value.clone(),
        // Beyond the ends, the value becomes the first or the last.
        (None, Edit::Set(value)) if wanted < 0 => items.insert(0, value.clone()),
        (None, Edit::Set(value)) => items.push(value.clone()),
        (Some(found), Edit::Remove) => {
            items.remove(found);
        }
        (None, Edit::Remove) => {}
    }
    Ok(())
}

fn has(items: &[Document], scalar: &Document) -> bool {
    items.iter().any(|item| item.is_scalar() && item.compare(scalar).is_eq())
}

/// Returns the index of a place that may be counted from the end.
fn from_start(place: i64, length: usize) -> Option<usize> {
    let place = if place < 0 { place.checked_add(i64::try_from(length).ok()?)? } else { place };
    usize::try_from(place).ok().filter(|place| *place < length)
}

/// Returns a place in a path, as C's `strtol` reads it.
fn place(text: &str) -> Option<i64> {
    const SPACE: [char; 6] = [' ', '\t', '\n', '\u{b}', '\u{c}', '\r'];
    text.trim_start_matches(SPACE).parse::<i32>().ok().map(i64::from)
}
