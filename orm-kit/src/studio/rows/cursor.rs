//! The place between two rows, as the page keeps it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::super::failure::{Failure, Result};
use super::super::value::{Value, from_hex, hex};
use super::order::{Order, Place};

/// A place in the order of rows.
pub(super) enum Cursor {
    /// Beside the row with these values.
    At(Vec<Place>),
    /// After so many rows, where rows have no key.
    After(u64),
}

/// The form in which it travels.
#[derive(Serialize, Deserialize)]
enum Form {
    /// With the order that it belongs to.
    At(String, Vec<Part>),
    After(u64),
}

#[derive(Serialize, Deserialize)]
enum Part {
    Null,
    Integer(i64),
    /// Its bits: a text might not read back equal.
    Real(u64),
    Text(String),
    Bytes(String),
    NotText(String),
    OfRow,
}

impl Cursor {
    pub(super) fn encode(&self, order: &Order) -> String {
        let form = match self {
            Self::At(places) => {
                Form::At(order.fingerprint(), places.iter().map(Part::of).collect())
            }
            Self::After(count) => Form::After(*count),
        };
        BASE64.encode(serde_json::to_vec(&form).unwrap_or_default())
    }

    /// # Errors
    /// If it isn't one of this order.
    pub(super) fn decode(text: &str, order: &Order) -> Result<Self> {
        let wrong = || {
            Failure::request("the cursor belongs to another order of rows")
                .advised("load the first page again")
        };
        let bytes = BASE64.decode(text).map_err(|_| wrong())?;
        match serde_json::from_slice(&bytes).map_err(|_| wrong())? {
            Form::At(of, parts)
                if of == order.fingerprint() && parts.len() == order.terms.len() =>
            {
                let places: Option<Vec<Place>> = parts.into_iter().map(Part::place).collect();
                let places = places.ok_or_else(wrong)?;
                let mut keys = order.terms.iter().zip(&places).filter(|(term, _)| term.is_key);
                if keys.any(|(_, place)| *place == Place::OfRow) {
                    return Err(wrong());
                }
                Ok(Self::At(places))
            }
            Form::After(count) if !order.is_total => Ok(Self::After(count)),
            _ => Err(wrong()),
        }
    }
}

impl Order {
    /// Returns a text that only equal orders have.
    fn fingerprint(&self) -> String {
        format!("{:?}", self.terms.iter().map(|term| term.signature()).collect::<Vec<_>>())
    }
}

impl Part {
    fn of(place: &Place) -> Self {
        match place {
            Place::OfRow => Self::OfRow,
            Place::Value(Value::Null) => Self::Null,
            Place::Value(Value::Integer(value)) => Self::Integer(*value),
            Place::Value(Value::Real(value)) => Self::Real(value.to_bits()),
            Place::Value(Value::Blob(bytes)) => Self::Bytes(hex(bytes)),
            Place::Value(Value::Text(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.into()),
                Err(_) => Self::NotText(hex(bytes)),
            },
        }
    }

    fn place(self) -> Option<Place> {
        Some(match self {
            Self::OfRow => Place::OfRow,
            Self::Null => Place::Value(Value::Null),
            Self::Integer(value) => Place::Value(Value::Integer(value)),
            Self::Real(bits) => Place::Value(Value::Real(f64::from_bits(bits))),
            Self::Text(text) => Place::Value(Value::Text(text.into_bytes())),
            Self::Bytes(digits) => Place::Value(Value::Blob(from_hex(&digits)?)),
            Self::NotText(digits) => Place::Value(Value::Text(from_hex(&digits)?)),
        })
    }
}
