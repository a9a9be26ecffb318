//! `NewUser::builder()`, which builds once all required columns are set.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::{Context, allow, docs};
use crate::model::{Column, Given};

/// A required column in the builder.
struct State<'a> {
    column: &'a Column,
    /// The builder's type parameter.
    parameter: Ident,
    /// The type that names the column.
    mark: TokenStream,
}

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let states = states(context);
    let mizzle = &context.crates.mizzle;
    let (new, builder) = (&context.names.new, &context.names.builder);
    let (vis, name) = (&context.table.vis, &context.table.name);

    let missing = states.iter().map(|state| {
        let mark = &state.mark;
        quote!(#mizzle::builder::Unset<#mark>)
    });
    let start = quote!(#builder<#(#missing),*>);
    let parameters = states.iter().map(|state| {
        let (parameter, mark) = (&state.parameter, &state.mark);
        quote!(#parameter = #mizzle::builder::Unset<#mark>)
    });
    let declared: Vec<&Ident> = states.iter().map(|state| &state.parameter).collect();
    let fields = context.insertable().map(|(_, column)| {
        let (field, ty) = (&column.ident, storage(column));
        match states.iter().find(|state| state.column.ident == column.ident) {
            Some(state) => {
                let parameter = &state.parameter;
                quote!(#field: #parameter)
            }
            None => quote!(#field: #ty),
        }
    });
    let empty = context.insertable().map(|(_, column)| {
        let field = &column.ident;
        match states.iter().find(|state| state.column.ident == column.ident) {
            Some(_) => quote!(#field: #mizzle::builder::Unset::IT),
            None => quote!(#field: ::core::option::Option::None),
        }
    });
    let setters = context.insertable().map(|(_, column)| setter(context, &states, column));
    let bounds = states.iter().map(|state| {
        let (parameter, mark, ty) = (&state.parameter, &state.mark, &state.column.ty.full);
        quote!(#parameter: #mizzle::builder::IsSet<#new, #mark, #ty>)
    });
    let values = context.insertable().map(|(_, column)| built(context, &states, column));

    let allow = allow();
    let doc = format!("Builds a [`{new}`].");
    let builder_doc = format!(
        "Begins a new row of the table `{name}`: call a method for each column that gets a value, \
         then `build`.\n\nA column that has a default or may be NULL can be left out."
    );
    quote! {
        #[doc = #doc]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #[must_use = "a builder does nothing until `.build()`"]
        #allow
        #vis struct #builder<#(#parameters),*> {
            #(#fields,)*
        }

        #allow
        impl #new {
            #[doc = #builder_doc]
            #vis const fn builder() -> #start {
                #builder { #(#empty,)* }
            }
        }

        #allow
        impl<#(#declared),*> #builder<#(#declared),*> {
            #(#setters)*

            /// The new row.
            #[must_use]
            #vis fn build(self) -> #new
            where
                #(#bounds,)*
            {
                #new { #(#values,)* }
            }
        }
    }
}

/// Returns the required columns, each with a unique name.
fn states<'a>(context: &'a Context<'_>) -> Vec<State<'a>> {
    let mut states: Vec<State<'a>> = Vec::new();
    for (place, column) in context.insertable() {
        if column.given() != Given::Required {
            continue;
        }
        let name = column.plain().to_upper_camel_case();
        let mut parameter = format_ident!("__{name}");
        if states.iter().any(|state| state.parameter == parameter) {
            parameter = format_ident!("__{name}{place}");
        }
        states.push(State { column, parameter, mark: context.mark(column) });
    }
    states
}

/// Returns the type in which the builder keeps an optional column.
fn storage(column: &Column) -> TokenStream {
    let ty = &column.ty.full;
    match column.given() {
        Given::Nullable => quote!(#ty),
        _ => quote!(::core::option::Option<#ty>),
    }
}

fn setter(context: &Context<'_>, states: &[State<'_>], column: &Column) -> TokenStream {
    let (vis, field, base) = (&column.vis, &column.ident, &column.ty.base);
    let name = setter_name(column);
    let doc = docs(&column.docs, &format!("Sets the column `{}`.", column.name));
    let (argument, value) = argument(context, column);
    if let Some(position) = states.iter().position(|state| state.column.ident == *field) {
        let (mizzle, builder) = (&context.crates.mizzle, &context.names.builder);
        let mark = &states[position].mark;
        let parameters = states.iter().enumerate().map(|(place, state)| {
            let parameter = &state.parameter;
            if place == position {
                quote!(#mizzle::builder::Set<#mark, #base>)
            } else {
                quote!(#parameter)
            }
        });
        let fields = context.insertable().map(|(_, other)| {
            let other = &other.ident;
            if other == field {
                quote!(#field: #mizzle::builder::Set::to(#value))
            } else {
                quote!(#other: self.#other)
            }
        });
        return quote! {
            #doc
            #vis fn #name(self, #argument) -> #builder<#(#parameters),*> {
                #builder { #(#fields,)* }
            }
        };
    }
    let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
    // A column that defaults to NULL needs one `Option`; one with another default needs two.
    let twice = column.ty.nullable && column.given() != Given::Nullable;
    let value = some(if twice { some(value) } else { value });
    let maybe_name = column.method("maybe_");
    let maybe = (!has_field(context, &maybe_name)).then(|| {
        let meaning = if column.ty.nullable { "to NULL" } else { "to its default" };
        let doc = format!("Sets the column `{}`, {meaning} for `None`.", column.name);
        let value = if twice { some(quote!(value_)) } else { quote!(value_) };
        quote! {
            #[doc = #doc]
            #vis fn #maybe_name(mut self, value_: ::core::option::Option<#base>) -> Self {
                self.#field = #value;
                self
            }
        }
    });
    quote! {
        #doc
        #vis fn #name(mut self, #argument) -> Self {
            self.#field = #value;
            self
        }

        #maybe
    }
}

/// Returns the parameter of a setter, and the value that it sets.
///
/// Strings and newtypes use `Into`. Numbers don't: a literal for an `i16` or `f32` would have no type.
pub(super) fn argument(context: &Context<'_>, column: &Column) -> (TokenStream, TokenStream) {
    let (mizzle, base) = (&context.crates.mizzle, &column.ty.base);
    if column.ty.kind.is_primitive() {
        (quote!(value_: #base), quote!(value_))
    } else {
        (
            quote!(value_: impl #mizzle::builder::Given<#base>),
            quote!(#mizzle::builder::Given::given(value_)),
        )
    }
}

pub(super) fn has_field(context: &Context<'_>, name: &Ident) -> bool {
    context.table.columns.iter().any(|column| column.ident == *name)
}

/// Returns the setter's name: the column's, unless that is `build`.
fn setter_name(column: &Column) -> Ident {
    column.method(if column.plain() == "build" { "set_" } else { "" })
}

/// Returns the value that `build` puts into the column's field.
fn built(context: &Context<'_>, states: &[State<'_>], column: &Column) -> TokenStream {
    let (field, mizzle) = (&column.ident, &context.crates.mizzle);
    if states.iter().any(|state| state.column.ident == *field) {
        return quote!(#field: #mizzle::builder::IsSet::take(self.#field));
    }
    match (&column.default_fn, column.ty.nullable) {
        (None, _) => quote!(#field: self.#field),
        (Some(path), false) => quote!(#field: self.#field.unwrap_or_else(#path)),
        (Some(path), true) => {
            quote!(#field: self.#field.unwrap_or_else(|| ::core::option::Option::Some(#path())))
        }
    }
}
