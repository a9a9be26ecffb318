//! What diesel's own functions need to read, insert and update rows with the structs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Context, at};
use crate::crates::Crates;
use crate::model::{Column, Given};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    [rows(context), inserts(context), updates(context).unwrap_or_default()].into_iter().collect()
}

/// Implements reading rows, alone and in tuples, and naming the columns for `as_select`.
fn rows(context: &Context<'_>) -> TokenStream {
    let Crates { mizzle, diesel } = context.crates;
    let table = context.table;
    let (ident, module, count) = (&table.ident, &table.module, table.columns.len());
    let types = table.columns.iter().map(|column| context.sql_type(column));
    let row = quote!((#(#types,)*));
    let fields: Vec<_> = table.columns.iter().map(|column| &column.ident).collect();
    let columns = quote!((#(#module::#fields,)*));
    let key: Vec<&Column> = table.key.iter().map(|place| &table.columns[*place]).collect();
    // If a key's type lacks `Hash` or `Eq`, the error points at its field.
    let key_types = key.iter().map(|column| {
        let ty = &column.ty.full;
        quote_spanned!(at(column.span())=> &'ident #ty)
    });
    let key_fields = key.iter().map(|column| &column.ident);
    let (id_type, id) = match key.as_slice() {
        [_] => (quote!(#(#key_types)*), quote!(#(&self.#key_fields)*)),
        _ => (quote!((#(#key_types,)*)), quote!((#(&self.#key_fields,)*))),
    };
    quote! {
        #[automatically_derived]
        impl #diesel::deserialize::FromSqlRow<#row, #mizzle::Any> for #ident {
            #[inline]
            fn build_from_row<'a>(
                __row: &impl #diesel::row::Row<'a, #mizzle::Any>,
            ) -> #diesel::deserialize::Result<Self> {
                <Self as #mizzle::Table>::from_row(__row, 0)
            }
        }

        #[automatically_derived]
        impl #diesel::deserialize::StaticallySizedRow<#row, #mizzle::Any> for #ident {
            const FIELD_COUNT: usize = #count;
        }

        #[automatically_derived]
        impl #diesel::expression::Selectable<#mizzle::Any> for #ident {
            type SelectExpression = #columns;

            fn construct_selection() -> Self::SelectExpression {
                #columns
            }
        }

        #[automatically_derived]
        impl #diesel::associations::HasTable for #ident {
            type Table = #module::table;

            fn table() -> Self::Table {
                #module::table
            }
        }

        #[automatically_derived]
        impl<'ident> #diesel::associations::Identifiable for &'ident #ident {
            type Id = #id_type;

            fn id(self) -> Self::Id {
                #id
            }
        }

        #[automatically_derived]
        impl<'ident> #diesel::associations::Identifiable for &'_ &'ident #ident {
            type Id = #id_type;

            fn id(self) -> Self::Id {
                #id
            }
        }
    }
}

/// Implements `insert_into(users::table).values(…)` for new rows and for whole rows.
fn inserts(context: &Context<'_>) -> TokenStream {
    let diesel = &context.crates.diesel;
    let (ident, new) = (&context.table.ident, &context.names.new);
    let module = &context.table.module;
    let optional = |column: &Column| column.given() == Given::Default;
    let insertable = || context.insertable().map(|(_, column)| column);
    let owned = Assignments::of(context, insertable(), optional, false);
    let borrowed = Assignments::of(context, insertable(), optional, true);
    let whole = Assignments::of(context, insertable(), |_| false, true);
    let insert = |generics: TokenStream, target: TokenStream, assignments: &Assignments| {
        let (types, values) = (&assignments.types, &assignments.values);
        quote! {
            #[automatically_derived]
            impl #generics #diesel::insertable::Insertable<#module::table> for #target {
                type Values = <(#(#types,)*) as #diesel::insertable::Insertable<#module::table>>::Values;

                fn values(self) -> Self::Values {
                    #diesel::insertable::Insertable::<#module::table>::values((#(#values,)*))
                }
            }
        }
    };
    let undecorated =
        quote!(#diesel::internal::derives::insertable::UndecoratedInsertRecord<#module::table>);
    let inserts = [
        insert(quote!(), quote!(#new), &owned),
        insert(quote!(<'values>), quote!(&'values #new), &borrowed),
        insert(quote!(<'values>), quote!(&'values #ident), &whole),
    ];
    quote! {
        #(#inserts)*

        #[automatically_derived]
        impl #undecorated for #new {}

        #[automatically_derived]
        impl #undecorated for #ident {}
    }
}

/// Implements `update(…).set(…)`.
fn updates(context: &Context<'_>) -> Option<TokenStream> {
    let Crates { mizzle, diesel } = context.crates;
    let (ident, changes, module) =
        (&context.table.ident, &context.names.changes, &context.table.module);
    context.changeable().next()?;
    let update = |generics: TokenStream, target: TokenStream| {
        quote! {
            #[automatically_derived]
            impl #generics #diesel::query_builder::AsChangeset for #target {
                type Target = #module::table;
                type Changeset = #mizzle::Changeset<#ident, Self>;

                fn as_changeset(self) -> Self::Changeset {
                    #mizzle::Changeset::new(self)
                }
            }
        }
    };
    let owned = update(quote!(), quote!(#changes));
    let borrowed = update(quote!(<'values>), quote!(&'values #changes));
    Some(quote!(#owned #borrowed))
}

/// `column = value` for each column, as types and as expressions.
struct Assignments {
    types: Vec<TokenStream>,
    values: Vec<TokenStream>,
}

impl Assignments {
    /// Returns the assignments of a struct whose field is an `Option` if `optional` says so.
    fn of<'a>(
        context: &Context<'_>,
        columns: impl Iterator<Item = &'a Column>,
        optional: impl Fn(&Column) -> bool,
        borrowed: bool,
    ) -> Self {
        let (diesel, module) = (&context.crates.diesel, &context.table.module);
        let (mut types, mut values) = (Vec::new(), Vec::new());
        for column in columns {
            let (field, ty) = (&column.ident, &column.ty.full);
            let lifetime = borrowed.then(|| quote!(&'values));
            let wrapper = column.ty.is_wrapped().then(|| {
                let mizzle = &context.crates.mizzle;
                quote!(#mizzle::stored::Stored)
            });
            let value_type = match &wrapper {
                Some(wrapper) => quote!(#wrapper<#lifetime #ty>),
                None => quote!(#lifetime #ty),
            };
            let assignment = quote!(#diesel::dsl::Eq<#module::#field, #value_type>);
            let eq = quote!(#diesel::expression_methods::ExpressionMethods::eq);
            if optional(column) {
                types.push(quote!(::core::option::Option<#assignment>));
                let given =
                    if borrowed { quote!(self.#field.as_ref()) } else { quote!(self.#field) };
                let value = wrap(wrapper.as_ref(), quote!(__value));
                values.push(quote!(#given.map(|__value| #eq(#module::#field, #value))));
            } else {
                types.push(assignment);
                let reference = borrowed.then(|| quote!(&));
                let value = wrap(wrapper.as_ref(), quote!(#reference self.#field));
                values.push(quote!(#eq(#module::#field, #value)));
            }
        }
        Self { types, values }
    }
}

fn wrap(wrapper: Option<&TokenStream>, value: TokenStream) -> TokenStream {
    match wrapper {
        Some(wrapper) => quote!(#wrapper(#value)),
        None => value,
    }
}
