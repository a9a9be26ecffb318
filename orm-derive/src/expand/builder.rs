//! `NewUser::builder()`, which builds once all required columns are set.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::{Context, allow, docs};
use crate::model::{Column, Given};

/// The names of one required column in the builder.
struct State<'a> {
    column: &'a Column,
    /// The builder's type parameter.
    parameter: Ident,
    missing: Ident,
    given: Ident,
    is_given: Ident,
}

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let states = states(context);
    let (new, builder, module) =
        (&context.names.new, &context.names.builder, &context.names.states);
    let (vis, name) = (&context.table.vis, &context.table.name);

    let markers = markers(context, &states);
    let missing = states.iter().map(|state| {
        let missing = &state.missing;
        quote!(#module::#missing)
    });
    let start = quote!(#builder<#(#missing),*>);
    let parameters = states.iter().map(|state| {
        let (parameter, missing) = (&state.parameter, &state.missing);
        quote!(#parameter = #module::#missing)
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
            Some(state) => {
                let missing = &state.missing;
                quote!(#field: #module::#missing)
            }
            None => quote!(#field: ::core::option::Option::None),
        }
    });
    let setters = context.insertable().map(|(_, column)| setter(context, &states, column));
    let bounds = states.iter().map(|state| {
        let (parameter, is_given, ty) = (&state.parameter, &state.is_given, &state.column.ty.full);
        quote!(#parameter: #module::#is_given<#ty>)
    });
    let values = context.insertable().map(|(_, column)| built(context, &states, column));

    let allow = allow();
    let doc = format!("Builds a [`{new}`].");
    let builder_doc = format!(
        "Begins a new row of the table `{name}`: call a method for each column that gets a value, \
         then `build`.\n\nA column that has a default or may be NULL can be left out."
    );
    quote! {
        #markers

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

/// Returns the required columns, each with unique names.
fn states<'a>(context: &'a Context<'_>) -> Vec<State<'a>> {
    let mut states: Vec<State<'a>> = Vec::new();
    for (place, column) in context.insertable() {
        if column.given() != Given::Required {
            continue;
        }
        let mut name = column.plain().to_upper_camel_case();
        // `self_` would be `Self`, and `_1` is not a valid name.
        let is_name = syn::parse_str::<Ident>(&name).is_ok();
        if !is_name || states.iter().any(|state| state.given == name) {
            name = format!("Column{name}{place}");
        }
        states.push(State {
            column,
            parameter: format_ident!("__{name}"),
            missing: format_ident!("Missing{name}"),
            given: format_ident!("{name}"),
            is_given: format_ident!("Has{name}"),
        });
    }
    states
}

/// Returns the states of the required columns, in a hidden module. Their names appear in compiler errors.
fn markers(context: &Context<'_>, states: &[State<'_>]) -> Option<TokenStream> {
    if states.is_empty() {
        return None;
    }
    let (vis, module, new) = (&context.table.vis, &context.names.states, &context.names.new);
    let markers = states.iter().map(|state| {
        let State { column, missing, given, is_given, .. } = state;
        let field = column.plain();
        let message = format!("`{field}` of `{new}` is not set");
        let label = format!("`{field}` is required");
        let note = format!("call `.{field}(…)` before `.build()`");
        quote! {
            #[derive(Debug, Clone, Copy)]
            pub struct #missing;

            #[derive(Debug, Clone, Copy)]
            pub struct #given<__T>(pub __T);

            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            pub trait #is_given<__T> {
                fn take(self) -> __T;
            }

            impl<__T> #is_given<__T> for #given<__T> {
                #[inline]
                fn take(self) -> __T {
                    self.0
                }
            }
        }
    });
    let allow = allow();
    Some(quote! {
        #[doc(hidden)]
        #allow
        #[allow(missing_docs)]
        #vis mod #module {
            #(#markers)*
        }
    })
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
    let (argument, value) = argument(column);
    if let Some(position) = states.iter().position(|state| state.column.ident == *field) {
        let (builder, module) = (&context.names.builder, &context.names.states);
        let given = &states[position].given;
        let parameters = states.iter().enumerate().map(|(place, state)| {
            let parameter = &state.parameter;
            if place == position { quote!(#module::#given<#base>) } else { quote!(#parameter) }
        });
        let fields = context.insertable().map(|(_, other)| {
            let other = &other.ident;
            if other == field {
                quote!(#field: #module::#given(#value))
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
pub(super) fn argument(column: &Column) -> (TokenStream, TokenStream) {
    let base = &column.ty.base;
    if column.ty.kind.is_primitive() {
        (quote!(value_: #base), quote!(value_))
    } else {
        (
            quote!(value_: impl ::core::convert::Into<#base>),
            quote!(::core::convert::Into::into(value_)),
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
    let (field, module) = (&column.ident, &context.names.states);
    if let Some(state) = states.iter().find(|state| state.column.ident == *field) {
        let is_given = &state.is_given;
        return quote!(#field: #module::#is_given::take(self.#field));
    }
    match (&column.default_fn, column.ty.nullable) {
        (None, _) => quote!(#field: self.#field),
        (Some(path), false) => quote!(#field: self.#field.unwrap_or_else(#path)),
        (Some(path), true) => {
            quote!(#field: self.#field.unwrap_or_else(|| ::core::option::Option::Some(#path())))
        }
    }
}
