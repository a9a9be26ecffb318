//! All errors of one item, reported at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// Collects errors, so that one doesn't hide the next.
#[derive(Default)]
pub(crate) struct Errors {
    all: Option<syn::Error>,
    count: usize,
    stopped: bool,
}

/// What was read of an item, and its errors. Even if there are errors, code is written for the item if possible, so
/// that other uses of the item don't cause errors too.
pub(crate) struct Checked<T> {
    pub(crate) value: Option<T>,
    pub(crate) error: Option<syn::Error>,
}

impl<T> Checked<T> {
    /// Returns the code for the item, and the errors in it.
    pub(crate) fn tokens(
        self,
        expand: impl FnOnce(&T) -> syn::Result<TokenStream>,
    ) -> proc_macro::TokenStream {
        let errors = self.error.map(syn::Error::into_compile_error);
        let code =
            self.value.map(|value| expand(&value).unwrap_or_else(syn::Error::into_compile_error));
        quote!(#errors #code).into()
    }
}

impl Errors {
    /// Adds an error at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds an error that covers all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.count += 1;
        match &mut self.all {
            Some(errors) => errors.combine(error),
            None => self.all = Some(error),
        }
    }

    /// Adds the errors of `other`.
    pub(crate) fn append(&mut self, other: Self) {
        if let Some(error) = other.all {
            self.push(error);
        }
    }

    /// Stops the expansion: the item's code would not compile, even without the reported errors.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Returns the number of errors. Use it to leave out an error that follows from another.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns `value` together with the errors.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Checked<T> {
        let error = match (self.all, &value) {
            (None, None) => Some(unsaid()),
            (error, _) => error,
        };
        Checked { value: value.filter(|_| !self.stopped || error.is_none()), error }
    }
}

impl<T> Checked<T> {
    /// Returns the value if there are no errors.
    pub(crate) fn into_result(self) -> syn::Result<T> {
        match (self.value, self.error) {
            (Some(value), None) => Ok(value),
            (_, Some(error)) => Err(error),
            (None, None) => Err(unsaid()),
        }
    }
}

fn unsaid() -> syn::Error {
    let message = "mizzle's derive failed without saying why: please report this";
    syn::Error::new(Span::call_site(), message)
}

/// Returns the message for `given`, which is not in `known`; `whole` names the item that it would belong to.
pub(crate) fn unknown(what: &str, given: &str, whole: &str, known: &[&str]) -> String {
    let meant = match nearest(given, known) {
        Some(name) => format!(": did you mean `{name}`?"),
        None => String::new(),
    };
    let known = known.join(", ");
    format!("unknown {what} `{given}`{whole}{meant}\nallowed: {known}")
}

/// Returns the name that was probably meant by `given`.
pub(crate) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .iter()
        .map(|name| (distance(&given, &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= (name.len() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Counts the characters to insert, remove, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = &["name", "primary_key", "unique", "index", "references"];
        assert_eq!(nearest("primarykey", known), Some("primary_key"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("Unique", known), Some("unique"));
        assert_eq!(nearest("refrences", known), Some("references"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn all_errors_are_kept() {
        let mut errors = Errors::default();
        errors.at(Span::call_site(), "one");
        errors.at(Span::call_site(), "two");
        let error = errors.finish(Some(())).error.expect("two errors");
        let messages: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(messages, ["one", "two"]);
    }
}
