//! The struct as a row that can be written: `Writable`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Context, at};
use crate::parse::column::OnUpdate;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let ident = &context.table.ident;
    let (new, changes) = (&context.names.new, &context.names.changes);
    let on_update = on_update(context);
    let versioned = context.table.columns.iter().any(|column| column.version).then(|| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #mizzle::Versioned for #ident {}
        }
    });
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #mizzle::Writable for #ident {
            type New = #new;
            type Changes = #changes;

            fn on_update() -> Self::Changes {
                #on_update
            }
        }

        #versioned
    }
}

/// Returns the changes that every update makes.
fn on_update(context: &Context<'_>) -> TokenStream {
    let mizzle = &context.crates.mizzle;
    let changes = &context.names.changes;
    let fields: Vec<TokenStream> = context
        .changeable()
        .filter_map(|(_, column)| {
            let (field, ty) = (&column.ident, &column.ty.base);
            let value = match &column.on_update.as_ref()?.value {
                OnUpdate::Now => quote_spanned!(at(column.span())=> <#ty as #mizzle::Now>::now()),
                OnUpdate::Path(path) => quote!(#path()),
            };
            let value = if column.ty.nullable {
                quote!(::core::option::Option::Some(#value))
            } else {
                value
            };
            Some(quote!(#field: ::core::option::Option::Some(#value)))
        })
        .collect();
    if fields.is_empty() {
        return quote!(::core::default::Default::default());
    }
    let rest = (fields.len() < context.changeable().count())
        .then(|| quote!(..::core::default::Default::default()));
    quote!(#changes { #(#fields,)* #rest })
}
