//! The channels to listen to.

/// The names of one or several channels: a `&str`, a `String`, or an array, a slice or a `Vec` of them. They are taken as they
/// are, with their case.
pub trait Channels {
    /// Returns the names.
    fn into_names(self) -> Vec<String>;
}

impl Channels for &str {
    fn into_names(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl Channels for String {
    fn into_names(self) -> Vec<String> {
        vec![self]
    }
}

impl Channels for &String {
    fn into_names(self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl<C: AsRef<str>> Channels for &[C] {
    fn into_names(self) -> Vec<String> {
        self.iter().map(|channel| channel.as_ref().to_owned()).collect()
    }
}

impl<C: AsRef<str>, const N: usize> Channels for [C; N] {
    fn into_names(self) -> Vec<String> {
        self.as_slice().into_names()
    }
}

impl<C: AsRef<str>, const N: usize> Channels for &[C; N] {
    fn into_names(self) -> Vec<String> {
        self.as_slice().into_names()
    }
}

impl<C: AsRef<str>> Channels for Vec<C> {
    fn into_names(self) -> Vec<String> {
        self.as_slice().into_names()
    }
}

impl<C: AsRef<str>> Channels for &Vec<C> {
    fn into_names(self) -> Vec<String> {
        self.as_slice().into_names()
    }
}
