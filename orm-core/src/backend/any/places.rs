//! Where the columns of a struct are in a result.

use std::ops::Deref;
use std::sync::Arc;

/// Where a row's columns are in a result.
#[derive(Debug, Clone)]
pub struct Places(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Fixed(&'static [usize]),
    Chosen(Arc<[usize]>),
}

/// More columns than most results have.
const MANY: usize = 128;

/// The places of columns in order.
static IN_ORDER: [usize; MANY] = {
    let mut places = [0; MANY];
    let mut place = 0;
    while place < MANY {
        places[place] = place;
        place += 1;
    }
    places
};

impl Places {
    /// The columns are in order, without others in between.
    pub(crate) fn in_order(count: usize) -> Self {
        match IN_ORDER.get(..count) {
            Some(places) => Self(Kind::Fixed(places)),
            None => (0..count).collect(),
        }
    }
}

/// Returns whether the first column is at the first place, and so on.
#[inline]
pub(crate) fn are_in_order(places: &[usize]) -> bool {
    std::ptr::eq(places.as_ptr(), IN_ORDER.as_ptr())
        || places.iter().enumerate().all(|(place, found)| place == *found)
}

impl FromIterator<usize> for Places {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        Self(Kind::Chosen(places.into_iter().collect()))
    }
}

impl Deref for Places {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        match &self.0 {
            Kind::Fixed(places) => places,
            Kind::Chosen(places) => places,
        }
    }
}

/// The places that were found last for a prepared statement.
#[cfg(feature = "sqlite")]
#[derive(Debug, Default)]
pub(in crate::backend) struct Remembered(std::cell::RefCell<Option<Found>>);

#[cfg(feature = "sqlite")]
#[derive(Debug)]
struct Found {
    /// The address of the function that found them.
    by: usize,
    /// How often the database had prepared the statement again.
    preparations: std::ffi::c_int,
    places: Places,
}

#[cfg(feature = "sqlite")]
impl Remembered {
    /// Returns what the function at this address found after this number of preparations.
    #[inline]
    pub(super) fn get(&self, by: usize, preparations: std::ffi::c_int) -> Option<Places> {
        match &*self.0.borrow() {
            Some(found) if found.by == by && found.preparations == preparations => {
                Some(found.places.clone())
            }
            _ => None,
        }
    }

    pub(super) fn set(&self, by: usize, preparations: std::ffi::c_int, places: Places) {
        *self.0.borrow_mut() = Some(Found { by, preparations, places });
    }
}
