//! What a builder makes of the pieces of a statement in place of its text.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

/// What a builder makes of the pieces of a statement in place of its text.
pub(super) enum Instead {
    /// A fingerprint of the text.
    Fingerprint(FxHasher),
    /// The pieces themselves.
    Pieces(Vec<Piece>),
}

impl std::fmt::Debug for Instead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Fingerprint(_) => "Fingerprint(..)",
            Self::Pieces(_) => "Pieces(..)",
        })
    }
}

/// A piece of a statement, as it was handed to the builder.
#[derive(Debug)]
pub(crate) enum Piece {
    Sql(Box<str>),
    Identifier(Box<str>),
    Parameter,
}

impl Instead {
    pub(super) fn fingerprint() -> Self {
        Self::Fingerprint(FxHasher::default())
    }

    /// Returns the fingerprint, of a text with so many parameters.
    pub(super) fn identify(&self, parameters: u32) -> u64 {
        let Self::Fingerprint(hasher) = self else { return 0 };
        let mut hasher = hasher.clone();
        hasher.write_u32(parameters);
        hasher.finish()
    }

    /// The marks of a fingerprint keep a name apart from the same word of SQL.
    #[inline]
    pub(super) fn push(&mut self, mark: Option<u8>, text: &str, piece: impl FnOnce() -> Piece) {
        match self {
            Self::Fingerprint(hasher) => {
                if let Some(mark) = mark {
                    hasher.write_u8(mark);
                }
                hasher.write(text.as_bytes());
            }
            Self::Pieces(pieces) => pieces.push(piece()),
        }
    }
}

/// Ends a comment at the end of the piece that begins at `start`.
pub(super) fn end_comment(sql: &mut String, start: usize) {
    if sql[start..].contains("--") {
        sql.push('\n');
    }
}
