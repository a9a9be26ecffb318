//! The keys by which related rows are found, and matched with the rows that they belong to.
//!
//! A key is compared in the form in which the database stores it, so that one type serves all columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bigdecimal::BigDecimal;
use diesel::QueryResult;
use diesel::deserialize::FromSql;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::Numeric;
use rustc_hash::FxBuildHasher;

use crate::backend::{
    Any, AnyBinds, AnyQueryBuilder, AnyRow, AnyType, AnyValue, Bind, CollectedValues, Kind,
    encode_key,
};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::Values;

/// One column of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part<'r> {
    Integer(i64),
    Bytes(Cow<'r, [u8]>),
}

/// A whole key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key<'r> {
    One(Part<'r>),
    Several(Vec<Part<'r>>),
}

/// Most keys have one column.
type SmallKey<'r> = smallvec::SmallVec<[Bind<'r>; 1]>;

impl<'r> Key<'r> {
    /// `None` where a part is NULL.
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
    /// Decimals are equal however they are written: 1.5 and 1.50.
    fn of_number(value: &BigDecimal) -> Self {
        Self::Bytes(Cow::Owned(value.normalized().to_plain_string().into_bytes()))
    }

    fn of_typed_value(value: AnyValue<'r>, ty: AnyType) -> Self {
        if ty.kind == Kind::Decimal
            && let Ok(number) = <BigDecimal as FromSql<Numeric, Any>>::from_sql(value)
        {
            return Self::of_number(&number);
        }
        Self::of_value(value)
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

    /// `None` for NULL.
    fn of_bind(bind: &Bind<'r>, dialect: Dialect) -> Result<Option<Self>> {
        Ok(Some(match bind {
            Bind::Null => return Ok(None),
            Bind::I16(value) => Self::Integer((*value).into()),
            Bind::I32(value) => Self::Integer((*value).into()),
            Bind::I64(value) => Self::Integer(*value),
            Bind::Bool(value) if dialect == Dialect::Sqlite => Self::Integer((*value).into()),
            Bind::Text(Cow::Borrowed(text)) => Self::Bytes(Cow::Borrowed(text.as_bytes())),
            Bind::Bytes(Cow::Borrowed(bytes)) => Self::Bytes(Cow::Borrowed(bytes)),
            Bind::Decimal(number) => Self::of_number(number),
            other => Self::Bytes(Cow::Owned(encode_key(other, dialect)?)),
        }))
    }
}

/// The values of some columns of rows, row after row, as they would be bound.
pub(super) struct KeyColumns<'r, V> {
    pub(super) rows: Vec<&'r V>,
    pub(super) columns: &'static [usize],
}

impl<V: Values> QueryFragment<Any> for KeyColumns<'_, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        for row in &self.rows {
            for &column in self.columns {
                row.bind_column(column, out.reborrow())?;
            }
        }
        Ok(())
    }
}

impl<'r, V> KeyColumns<'r, V> {
    /// The same columns of some of the rows.
    pub(super) fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self { rows: self.rows[rows].to_vec(), columns: self.columns }
    }
}

/// The distinct keys of rows, and which rows have which.
pub(super) struct Keys<'r> {
    places: HashMap<Key<'r>, u32, FxBuildHasher>,
    /// The next row with the same key.
    next: Vec<Option<u32>>,
    /// Each distinct key's values, one list for each column.
    values: Vec<Vec<Bind<'r>>>,
    types: Vec<AnyType>,
}

impl<'r> Keys<'r> {
    /// The keys in these columns.
    pub(super) fn of<V: Values>(of: &'r KeyColumns<'r, V>, dialect: Dialect) -> Result<Self> {
        let (count, width) = (of.rows.len(), of.columns.len());
        let mut binds = AnyBinds::Collected(CollectedValues::default());
        of.collect_binds(&mut binds, &mut (), Any::of(dialect))?;
        let collected = match binds {
            AnyBinds::Collected(collected) => collected.into_values(),
            _ => Vec::new(),
        };
        let mut keys = Self {
            places: HashMap::with_capacity_and_hasher(count, FxBuildHasher),
            next: vec![None; count],
            values: of.columns.iter().map(|_| Vec::with_capacity(count)).collect(),
            types: collected.iter().take(width).map(|(_, ty)| *ty).collect(),
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
                    for (values, bind) in keys.values.iter_mut().zip(binds) {
                        values.push(bind);
                    }
                }
            }
        }
        Ok(keys)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The key in these columns of a loaded row; `None` where a part is NULL.
    pub(super) fn key_of_row<'v>(&self, row: &'v AnyRow<'_>, columns: &[usize]) -> Option<Key<'v>> {
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

    /// The rows that have this key.
    pub(super) fn rows_of(&self, key: &Key<'_>) -> impl Iterator<Item = usize> {
        let mut at = self.places.get(key).copied();
        std::iter::from_fn(move || {
            let place = at?;
            at = self.next[place as usize];
            Some(place as usize)
        })
    }

    /// Writes the condition that `columns` (written out) are one of the keys.
    pub(super) fn write(&self, columns: &[String], sql: &mut AnyQueryBuilder, dialect: Dialect) {
        crate::backend::write_key_list(columns, &self.types, self.len(), sql, dialect);
    }

    /// Binds the keys in the order in which [`write`](Keys::write) wrote them.
    pub(super) fn bind<'b>(
        &'b self,
        binds: &mut AnyBinds<'b>,
        dialect: Dialect,
    ) -> QueryResult<()> {
        crate::backend::bind_key_list(&self.values, &self.types, binds, dialect)
    }

    /// Whether all of `count` rows have a key, and it is one of `others`.
    pub(super) fn is_within(&self, others: &Self, count: usize) -> bool {
        let with_key: usize = self.places.keys().map(|key| self.rows_of(key).count()).sum();
        with_key == count && self.places.keys().all(|key| others.places.contains_key(key))
    }

    /// How many distinct keys there are.
    pub(super) fn len(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }
}
