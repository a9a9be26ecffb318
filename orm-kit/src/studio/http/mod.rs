//! The studio over HTTP.

mod assets;
mod calls;
mod guard;
mod serve;
mod streamed;

pub(super) use calls::router;
pub(super) use guard::Local;
pub(crate) use serve::serve;
