//! Bookmarks: what a session has seen, as text.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::backend::Position;
use crate::error::{Error, ErrorKind, Result};

const VERSION: u8 = 1;
const LENGTH: usize = 22;

/// What a [`Session`](crate::Session) has written and read, as short text for a cookie, a URL or a document. A session that begins
/// with it ([`Read::After`](crate::Read::After)) sees at least that.
///
/// Anybody can read and change the text: it is no secret, and gives no rights. It names a place in the log of one database.
/// The place of another database, or of a time before a failover, leads to the primary, which has everything there is.
///
/// ```
/// # use orm_core::{Bookmark, Db, Read};
/// # fn f(db: &Db, cookie: Option<&str>) -> orm_core::Result<()> {
/// // A cookie that isn't a bookmark is as good as none.
/// let bookmark: Option<Bookmark> = cookie.and_then(|text| text.parse().ok());
/// let session = db.session(bookmark.map_or(Read::Any, Read::After));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bookmark(Option<Place>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    system: u64,
    position: Position,
}

impl Bookmark {
    /// The bookmark of a database that has no replicas: any of its connections sees everything.
    pub(in crate::handle) const ANYWHERE: Self = Self(None);

    pub(in crate::handle) fn new(system: u64, position: Position) -> Self {
        Self(Some(Place { system, position }))
    }

    /// Returns the database cluster and the place in its log.
    pub(in crate::handle) fn place(self) -> Option<(u64, Position)> {
        self.0.map(|place| (place.system, place.position))
    }
}

impl fmt::Debug for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bookmark({self})")
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        if let Some(Place { system, position }) = self.0 {
            bytes.extend(system.to_be_bytes());
            bytes.extend(position.timeline.to_be_bytes());
            bytes.extend(position.lsn.to_be_bytes());
        }
        bytes.push(check(&bytes));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// # Errors
/// `VALUE_ERROR` if the text is no bookmark.
impl FromStr for Bookmark {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())?;
        let Some((last, content)) = bytes.split_last() else { return Err(damaged()) };
        if *last != check(content) || content.first() != Some(&VERSION) {
            return Err(damaged());
        }
        if bytes.len() == 2 {
            return Ok(Self::ANYWHERE);
        }
        let content: &[u8; LENGTH - 1] = content.try_into().map_err(|_| damaged())?;
        let number = |from: usize, to: usize| {
            content[from..to].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let timeline = u32::try_from(number(9, 13)).map_err(|_| damaged())?;
        Ok(Self::new(number(1, 9), Position { timeline, lsn: number(13, 21) }))
    }
}

impl Serialize for Bookmark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bookmark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Tells most damaged texts from whole ones.
fn check(content: &[u8]) -> u8 {
    content.iter().fold(0xA5, |sum: u8, byte| sum.rotate_left(3) ^ byte)
}

#[cold]
fn damaged() -> Error {
    Error::new(ErrorKind::Value, "the text is not a bookmark")
        .with_hint("read without it: `Read::Primary` sees everything that is committed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_goes_through_text() {
        let position = Position { timeline: 7, lsn: 0x16_B374_D848 };
        for bookmark in [Bookmark::ANYWHERE, Bookmark::new(u64::MAX - 5, position)] {
            let text = bookmark.to_string();
            assert_eq!(text.parse::<Bookmark>().unwrap(), bookmark);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let text = Bookmark::new(1, Position { timeline: 1, lsn: 1 }).to_string();
        for end in 0..text.len() {
            text[..end].parse::<Bookmark>().unwrap_err();
        }
        for wrong in ["=", "AQ", "\u{e9}", "0/16B3748", &format!("{text}AA")] {
            assert!(wrong.parse::<Bookmark>().unwrap_err().code() == crate::ErrorCode::ValueError);
        }
    }
}
