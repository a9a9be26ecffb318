//! A number for each table, which lets the compiler tell tables apart.

use std::collections::HashMap;
use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Context;
use crate::crates::Crates;

/// The number of tables with each name that this run of the compiler has seen.
static SEEN: Mutex<Option<HashMap<(String, String), u32>>> = Mutex::new(None);

/// Returns the number of the table.
pub(super) fn of_table(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    digits(number(context), 16, quote!(#mizzle::number::End), context.crates)
}

/// Hashes the names of the crate, the struct and its table. If several structs have the same names, in other modules
/// or written by a macro, each gets its own number. The struct's position in the file doesn't count, so a change above
/// it doesn't change the number.
fn number(context: &Context<'_>) -> u64 {
    let names = (context.table.ident.to_string(), context.table.name.clone());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = seen.get_or_insert_default().entry(names.clone()).or_default();
    let mut hasher = DefaultHasher::new();
    let of_crate = ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_CRATE_NAME"].map(env::var_os);
    (of_crate, names, *count).hash(&mut hasher);
    *count += 1;
    hasher.finish()
}

/// Returns the number of the column at `place`, which no other column has.
pub(super) fn of_column(context: &Context<'_>, place: usize) -> TokenStream {
    let (mizzle, module) = (&context.crates.mizzle, &context.table.module);
    let table = quote!(<#module::table as #mizzle::column::StructTable>::Number);
    digits(place as u64, 2, table, context.crates)
}

/// Returns the number as a type of hexadecimal digits above `above`, with its lowest digit outermost.
fn digits(number: u64, count: u32, above: TokenStream, crates: &Crates) -> TokenStream {
    let mizzle = &crates.mizzle;
    let digits = (0..count).rev().map(|place| format_ident!("D{:x}", number >> (4 * place) & 0xf));
    digits.fold(above, |above, digit| quote!(#mizzle::number::#digit<#above>))
}
