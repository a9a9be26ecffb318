//! `#[view(…)]`.

use proc_macro2::Span;
use syn::{Ident, LitStr};

use super::reference::Reference;
use super::relation::Relation;
use super::table::{ForeignKey, Index};

/// The attributes of a struct that is a view.
#[derive(Default)]
pub(crate) struct ViewAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) module: Option<Ident>,
    pub(crate) sql: Option<LitStr>,
    pub(crate) sqlite: Option<LitStr>,
    pub(crate) postgres: Option<LitStr>,
    pub(crate) materialized: Option<Span>,
    pub(crate) primary_key: Option<(Span, Vec<Ident>)>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) relations: Vec<Relation>,
}

/// The attributes of a field of a view.
#[derive(Default)]
pub(crate) struct ViewColumnAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) primary_key: Option<Span>,
    pub(crate) references: Option<Reference>,
    pub(crate) sql_type: Option<Ident>,
    pub(crate) stored: Option<Ident>,
}
