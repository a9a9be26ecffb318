//! How many bits the columns of a statement have, for [`arithmetic`](super::arithmetic).

/// The bits of the small columns in a statement, by the text that names each one.
#[derive(Debug, Default)]
pub(super) struct Widths(Vec<(Box<str>, Option<i8>)>);

impl Widths {
    /// Remembers the column whose name begins at `start`, at the end of `sql`.
    pub(super) fn add(&mut self, sql: &str, start: usize, bits: &str) {
        let qualified = match sql[..start].strip_suffix("\".") {
            Some(before) => before.rfind('"').unwrap_or(start),
            None => start,
        };
        let (column, bits) = (&sql[qualified..], bits.parse().ok());
        match self.0.iter_mut().find(|(known, _)| &**known == column) {
            // Two tables in different parts of the statement have the same alias.
            Some((_, known)) if *known != bits => *known = None,
            Some(_) => {}
            None => self.0.push((column.into(), bits)),
        }
    }

    pub(super) fn of(&self, column: &str) -> Option<i8> {
        self.0.iter().find(|(known, _)| &**known == column)?.1
    }
}
