//! A connection that a stream has.

use std::fmt;
use std::ops::DerefMut;

use crate::backend::AnyConnection;

/// A connection, lent to a stream.
#[doc(hidden)]
pub struct Lent<'a>(pub(crate) Box<dyn DerefMut<Target = AnyConnection> + 'a>);

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}
