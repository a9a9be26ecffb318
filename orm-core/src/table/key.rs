//! The keys that find related rows, and match them with the rows they belong to.
//!
//! The database decides which keys are equal; texts, for example, are compared by a collation. For most types, values
//! are equal if they are the same in one form, so a related row is matched by its own key ([`Matching::Values`]). Keys
//! of all other types are sent with their positions, and the database returns the position of the key with each row.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bigdecimal::BigDecimal;
use diesel::QueryResult;
use diesel::deserialize::FromSql;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Double, Numeric};
use rustc_hash::FxBuildHasher;

use super::{BindAt, Table, TableFacts};
use crate::backend::{Any, AnyRow, AnyType, AnyValue, Bind, KeyList, Kind, collect, encode_key};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::Family;
use crate::types::{Cidr, Inet, sql_types};

/// One column of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Part<'r> {
    Integer(i64),
    Bytes(Cow<'r, [u8]>),
}

/// A whole key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key<'r> {
    One(Part<'r>),
    Several(Vec<Part<'r>>),
}

/// Most keys have one column.
type SmallKey<'r> = smallvec::SmallVec<[Bind<'r>; 1]>;

impl<'r> Key<'r> {
    /// Converts bound values to a key. Returns `None` if a part is NULL.
    fn of_binds(binds: &[Bind<'r>], dialect: Dialect) -> Result<Option<Self>> {
        match binds {
            [bind] => Ok(Part::of_bind(bind, dialect)?.map(Self::One)),
            _ => {
                let parts = binds.iter().map(|bind| Part::of_bind(bind, dialect));
                Ok(parts.collect::<Result<Option<Vec<_>>>>()?.map(Self::Several))
            }
        }
    }
}

impl<'r> Part<'r> {
    /// Converts a decimal. Decimals are equal however they are written: 1.5 and 1.50.
    fn of_number(value: &BigDecimal) -> Self {
        Self::Bytes(Cow::Owned(value.normalized().to_plain_string().into_bytes()))
    }

    /// Converts a floating-point number. 0.0 and -0.0 are equal, all NaNs are equal, and a number of 32 bits can equal
    /// one of 64.
    fn of_float(value: f64) -> Self {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        Self::Bytes(Cow::Owned(value.to_be_bytes().to_vec()))
    }

    fn of_typed_value(value: AnyValue<'r>, ty: AnyType) -> Self {
        match ty.facts().family {
            Family::Decimal => match <BigDecimal as FromSql<Numeric, Any>>::from_sql(value) {
                Ok(number) => Self::of_number(&number),
                Err(_) => Self::of_value(value),
            },
            Family::Float => match <f64 as FromSql<Double, Any>>::from_sql(value) {
                Ok(number) => Self::of_float(number),
                Err(_) => Self::of_value(value),
            },
            Family::Integer | Family::Bool => match value {
                // SQLite's columns without a declared type store 5.0, and compare it as equal to 5.
                AnyValue::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                    Self::Integer(number as i64)
                }
                other => Self::of_value(other),
            },
            Family::Network if ty.kind == Kind::Cidr => {
                match <Cidr as FromSql<sql_types::Cidr, Any>>::from_sql(value) {
                    Ok(network) => Self::Bytes(Cow::Owned(network.to_string().into_bytes())),
                    Err(_) => Self::of_value(value),
                }
            }
            Family::Network => match <Inet as FromSql<sql_types::Inet, Any>>::from_sql(value) {
                Ok(address) => Self::Bytes(Cow::Owned(address.to_string().into_bytes())),
                Err(_) => Self::of_value(value),
            },
            Family::Text
            | Family::Bytes
            | Family::Moment
            | Family::Uuid
            | Family::Json
            | Family::Interval
            | Family::Array => Self::of_value(value),
        }
    }

    fn of_value(value: AnyValue<'r>) -> Self {
        match value {
            AnyValue::Integer(value) => Self::Integer(value),
            AnyValue::Real(value) => Self::Bytes(Cow::Owned(value.to_be_bytes().to_vec())),
            AnyValue::Text(bytes) | AnyValue::Blob(bytes) => Self::Bytes(Cow::Borrowed(bytes)),
            AnyValue::Postgres { bytes, oid: 20 | 21 | 23 } => match *bytes {
                [a, b] => Self::Integer(i16::from_be_bytes([a, b]).into()),
                [a, b, c, d] => Self::Integer(i32::from_be_bytes([a, b, c, d]).into()),
                [a, b, c, d, e, f, g, h] => {
                    Self::Integer(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
                }
                _ => Self::Bytes(Cow::Borrowed(bytes)),
            },
            AnyValue::Postgres { bytes, .. } => Self::Bytes(Cow::Borrowed(bytes)),
        }
    }

    /// Converts a bound value. Returns `None` for NULL.
    fn of_bind(bind: &Bind<'r>, dialect: Dialect) -> Result<Option<Self>> {
        Ok(Some(match bind {
            Bind::Null => return Ok(None),
            Bind::I16(value) => Self::Integer((*value).into()),
            Bind::I32(value) => Self::Integer((*value).into()),
            Bind::I64(value) => Self::Integer(*value),
            Bind::Bool(value) if dialect.capabilities().booleans_are_integers => {
                Self::Integer((*value).into())
            }
            Bind::Text(Cow::Borrowed(text)) => Self::Bytes(Cow::Borrowed(text.as_bytes())),
            Bind::Bytes(Cow::Borrowed(bytes)) => Self::Bytes(Cow::Borrowed(bytes)),
            Bind::Decimal(number) => Self::of_number(number),
            Bind::F32(number) => Self::of_float((*number).into()),
            Bind::F64(number) => Self::of_float(*number),
            Bind::Bool(_)
            | Bind::Text(Cow::Owned(_))
            | Bind::Bytes(Cow::Owned(_))
            | Bind::Date(_)
            | Bind::Time(_)
            | Bind::Timestamp(_)
            | Bind::Timestamptz(_)
            | Bind::Moment(..)
            | Bind::Uuid(_)
            | Bind::Json(_)
            | Bind::Array(_) => Self::Bytes(Cow::Owned(encode_key(bind, dialect)?)),
        }))
    }
}

/// The values of some columns of rows, row by row, as they would be bound.
pub(crate) struct KeyColumns<'r> {
    pub(crate) table: &'static TableFacts,
    pub(crate) rows: Vec<&'r dyn BindAt>,
    pub(crate) columns: &'static [usize],
}

impl QueryFragment<Any> for KeyColumns<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for row in &self.rows {
            for &column in self.columns {
                row.bind_at(column, out.reborrow())?;
            }
        }
        Ok(())
    }
}

impl<'r> KeyColumns<'r> {
    pub(crate) fn of<T: Table>(
        rows: impl IntoIterator<Item = &'r T>,
        columns: &'static [usize],
    ) -> Self {
        let rows = rows.into_iter();
        let mut binds: Vec<&dyn BindAt> = Vec::with_capacity(rows.size_hint().0);
        // A loop, because a program compiles each adapter of an iterator again for each table.
        for row in rows {
            binds.push(row);
        }
        Self { table: TableFacts::of::<T>(), rows: binds, columns }
    }

    /// Returns the same columns of some of the rows.
    pub(crate) fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self { rows: self.rows[rows].to_vec(), ..*self }
    }
}

/// How related rows are matched with the rows they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matching {
    /// By their keys, whose types have one form for equal values.
    Values,
    /// All belong to the only key.
    One,
    /// By the position of the key, which the database returns with each row.
    Places,
}

/// Returns whether equal values of a type may differ in the form of [`Part`]: a collation, the form of a document or a type
/// that only the database knows decides.
pub(crate) const fn is_collated(kind: Kind) -> bool {
    match kind.facts().family {
        // A month equals 30 days.
        Family::Text | Family::Json | Family::Interval | Family::Array => true,
        Family::Bool
        | Family::Integer
        | Family::Float
        | Family::Decimal
        | Family::Bytes
        | Family::Moment
        | Family::Uuid
        | Family::Network => false,
    }
}

/// The distinct keys of rows, and the rows of each key.
pub(crate) struct Keys<'r> {
    places: HashMap<Key<'r>, u32, FxBuildHasher>,
    /// The next row with the same key.
    next: Vec<Option<u32>>,
    /// The first row of each distinct key, if rows are not matched by values.
    firsts: Vec<u32>,
    /// The values of the distinct keys, one list for each column.
    values: Vec<Vec<Bind<'r>>>,
    types: Vec<AnyType>,
    has_one_form: bool,
    /// The table that the keys are from, and its columns.
    table: &'static str,
    names: &'static [&'static str],
    columns: &'static [usize],
}

impl<'r> Keys<'r> {
    /// Collects the keys in these columns.
    pub(crate) fn of(of: &'r KeyColumns<'r>, dialect: Dialect) -> Result<Self> {
        let (count, width) = (of.rows.len(), of.columns.len());
        let (collected, bound) =
            collect(|binds| of.collect_binds(binds, &mut (), Any::of(dialect)));
        bound?;
        let types: Vec<AnyType> = collected.iter().take(width).map(|(_, ty)| *ty).collect();
        let mut keys = Self {
            places: HashMap::with_capacity_and_hasher(count, FxBuildHasher),
            next: vec![None; count],
            firsts: Vec::new(),
            values: of.columns.iter().map(|_| Vec::with_capacity(count)).collect(),
            has_one_form: types.iter().all(|ty| !is_collated(ty.kind)),
            types,
            table: of.table.name,
            names: of.table.columns,
            columns: of.columns,
        };
        let mut last: Vec<u32> = vec![0; count];
        let mut collected = collected.into_iter();
        for place in 0..count as u32 {
            let binds: SmallKey<'_> =
                collected.by_ref().take(width).map(|(bind, _)| bind).collect();
            let Some(key) = Key::of_binds(&binds, dialect)? else {
                continue;
            };
            match keys.places.entry(key) {
                Entry::Occupied(first) => {
                    let first = *first.get() as usize;
                    keys.next[last[first] as usize] = Some(place);
                    last[first] = place;
                }
                Entry::Vacant(entry) => {
                    entry.insert(place);
                    last[place as usize] = place;
                    if !keys.has_one_form {
                        keys.firsts.push(place);
                    }
                    for (values, bind) in keys.values.iter_mut().zip(binds) {
                        values.push(bind);
                    }
                }
            }
        }
        Ok(keys)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns how rows that are found by these keys are matched with them.
    pub(crate) fn matching(&self) -> Matching {
        match self.len() {
            _ if self.has_one_form => Matching::Values,
            0 | 1 => Matching::One,
            _ => Matching::Places,
        }
    }

    /// Returns the rows that a loaded row belongs to; none if its key is not one of these. The row has its key in
    /// `columns` ([`Matching::Values`]), or the key's position in the first of them ([`Matching::Places`]).
    pub(crate) fn owners(
        &self,
        row: &AnyRow<'_>,
        columns: &[usize],
    ) -> impl Iterator<Item = usize> + use<'_, 'r> {
        let mut at = match self.matching() {
            Matching::Values => {
                self.key_of_row(row, columns).and_then(|key| self.places.get(&key).copied())
            }
            Matching::One => self.firsts.first().copied(),
            Matching::Places => columns
                .first()
                .and_then(|&column| place(row.value(column)?))
                .and_then(|place| self.firsts.get(place).copied()),
        };
        std::iter::from_fn(move || {
            let place = at?;
            at = self.next[place as usize];
            Some(place as usize)
        })
    }

    /// Returns the key in these columns of a loaded row; `None` if a part is NULL.
    fn key_of_row<'v>(&self, row: &'v AnyRow<'_>, columns: &[usize]) -> Option<Key<'v>> {
        match (columns, self.types.as_slice()) {
            ([column], [ty]) => Some(Key::One(Part::of_typed_value(row.value(*column)?, *ty))),
            (_, types) => {
                let parts = columns.iter().zip(types);
                let part = |(column, ty): (&usize, &AnyType)| {
                    Some(Part::of_typed_value(row.value(*column)?, *ty))
                };
                parts.map(part).collect::<Option<Vec<_>>>().map(Key::Several)
            }
        }
    }

    /// Returns the keys as a list for a statement.
    pub(crate) fn list(&self) -> KeyList<'_, 'r> {
        KeyList {
            values: &self.values,
            types: &self.types,
            table: self.table,
            names: self.names,
            columns: self.columns,
        }
    }

    /// Returns whether all of `count` rows have a key, and each key is one of `others` in the same form.
    pub(crate) fn is_within(&self, others: &Self, count: usize) -> bool {
        let rows = |first: &u32| {
            std::iter::successors(Some(*first), |&place| self.next[place as usize]).count()
        };
        let with_key: usize = self.places.values().map(rows).sum();
        with_key == count && self.places.keys().all(|key| others.places.contains_key(key))
    }

    /// Returns for each row the first row with the same key.
    pub(crate) fn same(&self) -> Vec<usize> {
        let mut same: Vec<usize> = (0..self.next.len()).collect();
        for &first in self.places.values() {
            let rows = std::iter::successors(Some(first), |&place| self.next[place as usize]);
            rows.for_each(|place| same[place as usize] = first as usize);
        }
        same
    }

    /// Returns the number of distinct keys.
    pub(crate) fn len(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }
}

/// Returns the position of a key from the value that [`KeyList::write_table`] returns. PostgreSQL counts from 1.
pub(crate) fn place(value: AnyValue<'_>) -> Option<usize> {
    match value {
        AnyValue::Integer(place) => usize::try_from(place).ok(),
        other => match Part::of_value(other) {
            Part::Integer(place) => usize::try_from(place).ok()?.checked_sub(1),
            Part::Bytes(_) => None,
        },
    }
}
