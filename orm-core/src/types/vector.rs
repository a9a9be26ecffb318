//! Vectors of floating point numbers.

use std::borrow::Cow;
use std::fmt::Write as _;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Serialize};

use super::{NativeValue, sql_types};

/// A vector of floating point numbers: pgvector's `vector` on PostgreSQL, text on SQLite.
///
/// It has 1 to 16,000 dimensions, and its numbers are finite: binding another one is a `VALUE_ERROR`.
#[derive(
    Debug, Clone, PartialEq, PartialOrd, Default, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[serde(transparent)]
#[diesel(sql_type = sql_types::Vector)]
pub struct Vector(Vec<f32>);

/// The most dimensions that pgvector stores.
const MOST: usize = 16_000;

impl Vector {
    /// Returns the numbers.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Returns whether the databases take it.
    pub(crate) fn is_storable(&self) -> bool {
        (1..=MOST).contains(&self.0.len()) && self.0.iter().all(|number| number.is_finite())
    }
}

impl From<Vec<f32>> for Vector {
    fn from(numbers: Vec<f32>) -> Self {
        Self(numbers)
    }
}

impl From<&[f32]> for Vector {
    fn from(numbers: &[f32]) -> Self {
        Self(numbers.to_vec())
    }
}

impl<const N: usize> From<[f32; N]> for Vector {
    fn from(numbers: [f32; N]) -> Self {
        Self(numbers.to_vec())
    }
}

impl From<Vector> for Vec<f32> {
    fn from(vector: Vector) -> Self {
        vector.0
    }
}

impl NativeValue for Vector {
    fn to_text(&self) -> Cow<'_, str> {
        let mut text = String::from("[");
        for (place, number) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            // Writing to a String can't fail.
            let _ = write!(text, "{comma}{number:?}");
        }
        text.push(']');
        text.into()
    }

    fn from_text(text: &str) -> Option<Self> {
        let numbers = text.trim().strip_prefix('[')?.strip_suffix(']')?.split(',');
        let vector = Self(numbers.map(|number| number.trim().parse().ok()).collect::<Option<_>>()?);
        vector.is_storable().then_some(vector)
    }

    /// The number of dimensions and an unused number, of 16 bits each, then the numbers.
    fn from_binary(bytes: &[u8]) -> Option<Self> {
        let (&[a, b, _, _], numbers) = bytes.split_first_chunk()?;
        let (numbers, rest) = numbers.as_chunks::<4>();
        let is_whole = rest.is_empty() && usize::from(u16::from_be_bytes([a, b])) == numbers.len();
        is_whole.then(|| Self(numbers.iter().map(|number| f32::from_be_bytes(*number)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for numbers in [vec![0.0], vec![-1.5, f32::MAX, f32::MIN_POSITIVE], vec![1e-45, 0.1, -0.0]]
        {
            let vector = Vector(numbers);
            assert_eq!(Vector::from_text(&vector.to_text()), Some(vector));
        }
        assert_eq!(Vector::from_text(" [1, 2] "), Some(Vector(vec![1.0, 2.0])));
        for text in ["", "[]", "[1", "1]", "[1,]", "[a]", "[NaN]", "[inf]", "[1e39]", "[1] 2"] {
            assert_eq!(Vector::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn reads_the_form_of_pgvector() {
        let form = [0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0];
        assert_eq!(Vector::from_binary(&form), Some(Vector(vec![1.0, -2.0])));
        for length in 0..form.len() {
            assert_eq!(Vector::from_binary(&form[..length]), None);
        }
    }
}
