//! Exact decimal numbers.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

use bigdecimal::{BigDecimal, RoundingMode};
use diesel::deserialize::FromSqlRow;

use crate::error::ValueError;

/// An exact decimal number, such as an amount of money. It is `numeric` on PostgreSQL and text on SQLite, and compares
/// and sorts as a number on both.
///
/// `1.5` and `1.50` are equal, but each keeps its digits. It is serialized as a string, because JSON readers treat
/// numbers as binary floating point.
///
/// ```
/// use orm_core::Decimal;
///
/// let price: Decimal = "19.90".parse()?;
/// assert_eq!((price * Decimal::from(3)).to_string(), "59.70");
/// # Ok::<(), orm_core::ParseDecimalError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, FromSqlRow)]
pub struct Decimal(BigDecimal);

/// PostgreSQL's limits (<https://www.postgresql.org/docs/current/datatype-numeric.html>). They apply on SQLite too:
/// otherwise `1e999999999` would write a gigabyte of zeros.
const MAX_WHOLE_DIGITS: i64 = 131_072;
const MAX_FRACTION_DIGITS: i64 = 16_383;

/// The error for a text that is not a decimal number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a decimal number; write digits with at most one point, such as -12.50, not more than 131072 before \
     it and 16383 after it"
)]
pub struct ParseDecimalError(());

impl Decimal {
    /// Returns the number with these digits, of which `scale` are after the point.
    ///
    /// ```
    /// # use orm_core::Decimal;
    /// assert_eq!(Decimal::new(1990, 2).to_string(), "19.90");
    /// ```
    pub fn new(digits: i64, scale: u16) -> Self {
        Self(BigDecimal::new(digits.into(), scale.into()))
    }

    /// Converts it to a [`BigDecimal`], which has more operations: division, roots, rounding.
    pub fn into_inner(self) -> BigDecimal {
        self.0
    }

    /// Returns it as a [`BigDecimal`].
    pub fn as_inner(&self) -> &BigDecimal {
        &self.0
    }

    /// Rounds it to `places` digits after the point, and halves away from zero, as `dsl::round` does in SQL.
    ///
    /// ```
    /// # use orm_core::Decimal;
    /// let tax: Decimal = "-1.225".parse()?;
    /// assert_eq!(tax.round(2).to_string(), "-1.23");
    /// # Ok::<(), orm_core::ParseDecimalError>(())
    /// ```
    #[must_use]
    pub fn round(&self, places: u16) -> Self {
        self.rounded(places, RoundingMode::HalfUp)
    }

    /// Rounds it up to `places` digits after the point, towards positive infinity.
    ///
    /// ```
    /// # use orm_core::Decimal;
    /// let price: Decimal = "0.105".parse()?;
    /// assert_eq!((price.ceil(2).to_string(), price.floor(2).to_string()), ("0.11".into(), "0.10".into()));
    /// # Ok::<(), orm_core::ParseDecimalError>(())
    /// ```
    #[must_use]
    pub fn ceil(&self, places: u16) -> Self {
        self.rounded(places, RoundingMode::Ceiling)
    }

    /// Rounds it down to `places` digits after the point, towards negative infinity.
    #[must_use]
    pub fn floor(&self, places: u16) -> Self {
        self.rounded(places, RoundingMode::Floor)
    }

    fn rounded(&self, places: u16, mode: RoundingMode) -> Self {
        Self(self.0.with_scale_round(places.into(), mode))
    }
}

/// Checks that both databases can hold `value`.
pub(crate) fn check_decimal(value: &BigDecimal) -> Result<(), ValueError> {
    let scale = value.fractional_digit_count();
    let whole_digits = i64::try_from(value.digits()).unwrap_or(i64::MAX).saturating_sub(scale);
    if scale > MAX_FRACTION_DIGITS || whole_digits > MAX_WHOLE_DIGITS {
        return Err(ValueError::DecimalDigits);
    }
    Ok(())
}

impl From<BigDecimal> for Decimal {
    fn from(value: BigDecimal) -> Self {
        Self(value)
    }
}

impl From<Decimal> for BigDecimal {
    fn from(value: Decimal) -> Self {
        value.0
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Decimal {
            fn from(value: $integer) -> Self {
                Self(value.into())
            }
        })*
    };
}

from_integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128);

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        // Without the databases' limits, nine characters such as `1e9999999` would fill the memory of whoever prints
        // the number or adds to it.
        let number = parse_digits(text).ok_or(ParseDecimalError(()))?;
        check_decimal(&number).map_err(|_| ParseDecimalError(()))?;
        Ok(Self(number))
    }
}

/// Parses a number. Returns `None` if it is not a number, or has more digits than a decimal can: the time to read
/// digits grows with the square of their number, and nothing could interrupt it.
pub(crate) fn parse_digits(text: &str) -> Option<BigDecimal> {
    let digits = text.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    let most = (MAX_WHOLE_DIGITS + MAX_FRACTION_DIGITS) as usize;
    if digits > most { None } else { text.parse().ok() }
}

/// Writes plain notation, never an exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_plain_string())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! operators {
    ($($operator:ident, $method:ident;)*) => {
        $(
            impl $operator for Decimal {
                type Output = Self;

                fn $method(self, other: Self) -> Self {
                    Self(self.0.$method(other.0))
                }
            }

            impl $operator<&Self> for Decimal {
                type Output = Self;

                fn $method(self, other: &Self) -> Self {
                    Self(self.0.$method(&other.0))
                }
            }

            impl $operator for &Decimal {
                type Output = Decimal;

                fn $method(self, other: Self) -> Decimal {
                    Decimal((&self.0).$method(&other.0))
                }
            }
        )*
    };
}

operators! {
    Add, add;
    Sub, sub;
    Mul, mul;
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Decimal {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Neg for &Decimal {
    type Output = Decimal;

    fn neg(self) -> Decimal {
        Decimal(-&self.0)
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        values.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Self> for Decimal {
    fn sum<I: Iterator<Item = &'a Self>>(values: I) -> Self {
        values.fold(Self::default(), Add::add)
    }
}

serialized_as_text!(Decimal);

#[cfg(test)]
mod tests {
    use super::{MAX_FRACTION_DIGITS, MAX_WHOLE_DIGITS, parse_digits};

    #[test]
    fn no_more_digits_are_read_than_a_decimal_has() {
        let digits = |whole: i64, fraction: i64| {
            let repeat = |count: i64| "7".repeat(count as usize);
            format!("{}.{}", repeat(whole), repeat(fraction))
        };
        assert!(parse_digits(&digits(MAX_WHOLE_DIGITS, MAX_FRACTION_DIGITS)).is_some());
        assert!(parse_digits(&digits(MAX_WHOLE_DIGITS, MAX_FRACTION_DIGITS + 1)).is_none());
        // Reading it would take minutes.
        assert!(parse_digits(&digits(1 << 22, 0)).is_none());
        let zeros = format!("{}1", "0".repeat(1 << 17));
        assert_eq!(parse_digits(&zeros).map(|one| one.to_string()), Some("1".into()));
    }
}
