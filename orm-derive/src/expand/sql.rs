//! `sql!`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

use crate::model::sql::{Argument, Piece, Sql, Words};
use crate::parse::sql::Kind;

/// The most arguments that don't need an array in the caller's memory: `FEW` of the run time.
const FEW: usize = 6;

pub(crate) fn expand(sql: &Sql, mizzle: &TokenStream) -> TokenStream {
    let (sqlite, postgres) =
        (words(sql.sqlite.as_ref(), mizzle), words(sql.postgres.as_ref(), mizzle));
    let all = sql.arguments.iter().map(|given| argument(given, mizzle));
    let count = sql.arguments.len();
    let arguments = if count > FEW {
        quote!(#mizzle::sql::Arguments::Many { all: &[#(#all),*] })
    } else {
        let rest = (count..FEW).map(|_| quote!(#mizzle::sql::NOTHING));
        let all = all.chain(rest);
        quote!(#mizzle::sql::Arguments::Few { all: [#(#all),*], count: #count })
    };
    quote! {
        #mizzle::sql::Sql {
            site: const {
                &#mizzle::sql::Site {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                    sqlite: #sqlite,
                    postgres: #postgres,
                }
            },
            arguments: #arguments,
        }
    }
}

fn words(words: Option<&Words>, mizzle: &TokenStream) -> TokenStream {
    let Some(Words { pieces, reads, writes, is_expression }) = words else {
        return quote!(::core::option::Option::None);
    };
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Sql(sql) => {
            // What the query builder takes for text, whatever it is.
            let raw = format!("\u{1}:{sql}");
            quote!(Sql(#raw))
        }
        Piece::Value(place) => quote!(Value(#place)),
        Piece::Column(place) => quote!(Column(#place)),
        Piece::In(place) => quote!(In(#place)),
        Piece::NotIn(place) => quote!(NotIn(#place)),
    });
    quote! {
        ::core::option::Option::Some(#mizzle::sql::Words {
            pieces: &[#(#mizzle::sql::Piece::#pieces),*],
            reads: #reads,
            writes: #writes,
            is_expression: #is_expression,
        })
    }
}

fn argument(argument: &Argument, mizzle: &TokenStream) -> TokenStream {
    let expression = &argument.expression;
    let value = match expression {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Lit(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Index(_)
        | Expr::Macro(_)
        | Expr::Reference(_)
        | Expr::Unary(_) => quote!(&#expression),
        _ => quote!(&(#expression)),
    };
    match argument.kind {
        Kind::Value => value,
        Kind::List => quote!(&#mizzle::sql::List { of: #value }),
        Kind::Column => quote!(&#mizzle::sql::Name { of: #value }),
    }
}
