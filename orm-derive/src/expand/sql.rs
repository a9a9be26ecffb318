//! `sql!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use crate::model::sql::{Argument, Piece, Sql, Words};
use crate::parse::sql::Kind;

/// The most arguments that don't need an array in the caller's memory, by the variant that holds them: `FEW` and
/// `SEVERAL` of the run time.
const SIZES: [(&str, usize); 2] = [("Few", 6), ("Several", 16)];

pub(crate) fn expand(sql: &Sql, mizzle: &TokenStream) -> TokenStream {
    let (sqlite, postgres) =
        (words(sql.sqlite.as_ref(), mizzle), words(sql.postgres.as_ref(), mizzle));
    let all = sql.arguments.iter().map(|given| argument(given, mizzle));
    let count = sql.arguments.len();
    let size = SIZES.into_iter().find(|(_, most)| count <= *most);
    let arguments = match size {
        Some((variant, most)) => {
            let variant = Ident::new(variant, Span::call_site());
            let rest = (count..most).map(|_| quote!(#mizzle::sql::NOTHING));
            let all = all.chain(rest);
            quote!(#mizzle::sql::Arguments::#variant { all: [#(#all),*], count: #count })
        }
        None => quote!(#mizzle::sql::Arguments::Many { all: &[#(#all),*] }),
    };
    let registered = registered(sql, mizzle);
    let code = quote! {
        #mizzle::sql::Sql {
            site: const {
                const SITE: &#mizzle::sql::Site = &#mizzle::sql::Site {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                    sqlite: #sqlite,
                    postgres: #postgres,
                };
                #registered
                SITE
            },
            arguments: #arguments,
        }
    };
    match &sql.row {
        None => code,
        Some(row) => quote! {
            #mizzle::sql::TypedSql::<'_, #row> { sql: #code, of: ::core::marker::PhantomData }
        },
    }
}

/// Registers it for the check, which knows nothing else of it.
fn registered(sql: &Sql, mizzle: &TokenStream) -> TokenStream {
    // A constant also if nothing is registered, so that whether a type is accepted doesn't depend on that.
    let (checked, row) = match &sql.row {
        Some(row) => (
            quote_spanned! {row.span().resolved_at(Span::mixed_site())=>
                #[allow(dead_code)]
                const __ROW: #mizzle::sql::RowColumns = <#row as #mizzle::sql::Row>::COLUMNS;
            },
            quote!(::core::option::Option::Some(__ROW)),
        ),
        None => (TokenStream::new(), quote!(::core::option::Option::None)),
    };
    let columns = sql.arguments.iter().enumerate().filter_map(|(place, argument)| {
        let column = &argument.expression;
        let is_known = argument.kind == Kind::Column && is_item(column);
        is_known.then(|| quote!((#place, || #mizzle::sql::NamesColumn::name(&#column))))
    });
    quote! {
        #checked
        #mizzle::registered_sql! {
            #mizzle::sql::Registered { site: SITE, row: #row, columns: &[#(#columns),*] }
        }
    }
}

/// Returns whether an expression is the path of an item, such as `users::name`, and no variable and nothing of a type
/// parameter.
fn is_item(expression: &Expr) -> bool {
    let Expr::Path(path) = expression else { return false };
    let segments = &path.path.segments;
    let begins_lower = |name: String| name.starts_with(|first: char| first.is_lowercase());
    let first = segments.first().is_some_and(|first| begins_lower(first.ident.to_string()));
    path.qself.is_none() && segments.len() > 1 && first
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
        Piece::OnlyOfIn(place) => quote!(OnlyOfIn(#place)),
        Piece::Column(place) => quote!(Column(#place)),
        Piece::In(place) => quote!(In(#place)),
        Piece::NotIn(place) => quote!(NotIn(#place)),
        Piece::Array(place) => quote!(Array(#place)),
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
