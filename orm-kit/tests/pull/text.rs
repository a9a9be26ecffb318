//! The text of what is pulled.
