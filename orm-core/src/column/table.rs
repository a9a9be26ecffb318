//! diesel's traits for the table of a struct. The implementations are those of diesel's `table!`.

/// What the macro names.
pub mod names {
    pub use diesel::associations::HasTable;
    pub use diesel::backend::Backend;
    pub use diesel::expression::Expression;
    pub use diesel::insertable::Insertable;
    pub use diesel::internal::table_macro::*;
    pub use diesel::query_builder::{
        AsQuery, AstPass, IntoUpdateTarget, Only, QueryFragment, QueryId, Tablesample, UpdateTarget,
    };
    pub use diesel::query_source::{
        Alias, AliasSource, AliasedField, AppearsInFromClause, Column, JoinTo, Never, Once,
        QuerySource, Table,
    };
    pub use diesel::result::QueryResult;

    pub use crate::column::StructTable;
}

/// Implements diesel's traits for a table, with its struct, its name, its key (a column or a tuple of columns) and a
/// tuple of all columns.
#[doc(hidden)]
#[macro_export]
macro_rules! __struct_table {
    ($table:ty, $row:ty, $name:literal, [$($key:tt)*], $columns:tt) => {
        const _: () = {
            use $crate::column::names as __diesel;

            $crate::__struct_table!(@reads $table, $row, $crate::Table, $name, [$($key)*], $columns);
            $crate::__struct_table!(@writes $table);
        };
    };
    // A table that statements only read.
    ($trait:path: $table:ty, $row:ty, $name:literal, [$($key:tt)*], $columns:tt) => {
        const _: () = {
            use $crate::column::names as __diesel;

            $crate::__struct_table!(@reads $table, $row, $trait, $name, [$($key)*], $columns);
        };
    };
    (@reads $table:ty, $row:ty, $trait:path, $name:literal, [$($key:tt)*], $columns:tt) => {
            #[automatically_derived]
            impl __diesel::StructTable for $table {
                type Row = $row;

                const COLUMNS: &'static [&'static str] = <$row as $trait>::COLUMNS;
            }

            #[automatically_derived]
            impl __diesel::QueryId for $table {
                type QueryId = Self;

                const HAS_STATIC_QUERY_ID: bool = true;
            }

            #[automatically_derived]
            impl __diesel::StaticQueryFragment for $table {
                type Component = __diesel::Identifier<'static>;

                const STATIC_COMPONENT: &'static Self::Component = &__diesel::Identifier($name);
            }

            #[automatically_derived]
            impl<DB: __diesel::Backend> __diesel::QueryFragment<DB> for $table
            where
                __diesel::Identifier<'static>: __diesel::QueryFragment<DB>,
            {
                fn walk_ast<'b>(
                    &'b self,
                    out: __diesel::AstPass<'_, 'b, DB>,
                ) -> __diesel::QueryResult<()> {
                    let name = <Self as __diesel::StaticQueryFragment>::STATIC_COMPONENT;
                    __diesel::QueryFragment::<DB>::walk_ast(name, out)
                }
            }

            #[automatically_derived]
            impl __diesel::QuerySource for $table {
                type FromClause = __diesel::StaticQueryFragmentInstance<Self>;
                type DefaultSelection = <Self as __diesel::Table>::AllColumns;

                fn from_clause(&self) -> Self::FromClause {
                    __diesel::StaticQueryFragmentInstance::new()
                }

                fn default_selection(&self) -> Self::DefaultSelection {
                    <Self as __diesel::Table>::all_columns()
                }
            }

            #[automatically_derived]
            impl __diesel::AsQuery for $table {
                type SqlType =
                    <<Self as __diesel::Table>::AllColumns as __diesel::Expression>::SqlType;
                type Query = __diesel::SelectStatement<__diesel::FromClause<Self>>;

                fn as_query(self) -> Self::Query {
                    __diesel::SelectStatement::simple(self)
                }
            }

            #[automatically_derived]
            impl __diesel::Table for $table {
                type PrimaryKey = $($key)*;
                type AllColumns = $columns;

                fn primary_key(&self) -> Self::PrimaryKey {
                    $($key)*
                }

                fn all_columns() -> Self::AllColumns {
                    $columns
                }
            }

            #[automatically_derived]
            impl __diesel::HasTable for $table {
                type Table = Self;

                fn table() -> Self {
                    Self
                }
            }

            $crate::__struct_table!(@appears $table);
            $crate::__struct_table!(@joins $table);
    };
    (@writes $table:ty) => {
            #[automatically_derived]
            impl __diesel::IntoUpdateTarget for $table {
                type WhereClause = <<Self as __diesel::AsQuery>::Query
                    as __diesel::IntoUpdateTarget>::WhereClause;

                fn into_update_target(self) -> __diesel::UpdateTarget<Self, Self::WhereClause> {
                    __diesel::IntoUpdateTarget::into_update_target(__diesel::AsQuery::as_query(self))
                }
            }

            #[automatically_derived]
            impl<T> __diesel::Insertable<T> for $table
            where
                <Self as __diesel::AsQuery>::Query: __diesel::Insertable<T>,
            {
                type Values =
                    <<Self as __diesel::AsQuery>::Query as __diesel::Insertable<T>>::Values;

                fn values(self) -> Self::Values {
                    __diesel::Insertable::<T>::values(__diesel::AsQuery::as_query(self))
                }
            }

            #[automatically_derived]
            impl<T> __diesel::Insertable<T> for &$table
            where
                $table: __diesel::Insertable<T>,
            {
                type Values = <$table as __diesel::Insertable<T>>::Values;

                fn values(self) -> Self::Values {
                    __diesel::Insertable::<T>::values(*self)
                }
            }

    };
    // How often the table appears in a FROM clause.
    (@appears $table:ty) => {
        #[automatically_derived]
        impl __diesel::AppearsInFromClause<$table> for $table {
            type Count = __diesel::Once;
        }

        #[automatically_derived]
        impl __diesel::AppearsInFromClause<$table> for __diesel::NoFromClause {
            type Count = __diesel::Never;
        }

        #[automatically_derived]
        impl<S: __diesel::AliasSource> __diesel::AppearsInFromClause<__diesel::Alias<S>>
            for $table
        {
            type Count = __diesel::Never;
        }

        #[automatically_derived]
        impl<S> __diesel::AliasAppearsInFromClause<S, $table> for $table
        where
            S: __diesel::AliasSource<Target = $table>,
        {
            type Count = __diesel::Never;
        }

        #[automatically_derived]
        impl<S, Other> __diesel::AliasAliasAppearsInFromClause<$table, Other, S> for $table
        where
            S: __diesel::AliasSource<Target = $table>
                + __diesel::AliasAliasAppearsInFromClauseSameTable<Other, $table>,
            Other: __diesel::AliasSource<Target = $table>,
        {
            type Count =
                <S as __diesel::AliasAliasAppearsInFromClauseSameTable<Other, $table>>::Count;
        }

        #[automatically_derived]
        impl<S, C> __diesel::FieldAliasMapperAssociatedTypesDisjointnessTrick<$table, S, C>
            for $table
        where
            S: __diesel::AliasSource<Target = $table> + ::core::clone::Clone,
            C: __diesel::Column<Table = $table>,
        {
            type Out = __diesel::AliasedField<S, C>;

            fn map(column: C, alias: &__diesel::Alias<S>) -> Self::Out {
                alias.field(column)
            }
        }

        #[automatically_derived]
        impl __diesel::AppearsInFromClause<__diesel::Only<$table>> for $table {
            type Count = __diesel::Once;
        }

        #[automatically_derived]
        impl __diesel::AppearsInFromClause<$table> for __diesel::Only<$table> {
            type Count = __diesel::Once;
        }

        #[automatically_derived]
        impl<M> __diesel::AppearsInFromClause<__diesel::Tablesample<$table, M>> for $table
        where
            M: __diesel::TablesampleMethod,
        {
            type Count = __diesel::Once;
        }

        #[automatically_derived]
        impl<M> __diesel::AppearsInFromClause<$table> for __diesel::Tablesample<$table, M>
        where
            M: __diesel::TablesampleMethod,
        {
            type Count = __diesel::Once;
        }
    };
    // The table joins what joins it.
    (@joins $table:ty) => {
        $crate::__struct_table!(@join $table, [Left, Right, Kind]
            __diesel::Join<Left, Right, Kind>,
            [Left: __diesel::QuerySource, Right: __diesel::QuerySource]);
        $crate::__struct_table!(@join $table, [Join, On] __diesel::JoinOn<Join, On>, []);
        $crate::__struct_table!(@join $table, [F, S, D, W, O, L, Of, G]
            __diesel::SelectStatement<__diesel::FromClause<F>, S, D, W, O, L, Of, G>,
            [F: __diesel::QuerySource]);
        $crate::__struct_table!(@join $table, ['a, F, S, DB]
            __diesel::BoxedSelectStatement<'a, __diesel::FromClause<F>, S, DB>,
            [F: __diesel::QuerySource]);
        $crate::__struct_table!(@join $table, [S] __diesel::Alias<S>, []);
        $crate::__struct_table!(@join $table, [S] __diesel::Only<S>, []);
        $crate::__struct_table!(@join $table, [S, M]
            __diesel::Tablesample<S, M>, [M: __diesel::TablesampleMethod]);
    };
    (@join $table:ty, [$($generics:tt)*] $to:ty, [$($bounds:tt)*]) => {
        #[automatically_derived]
        impl<$($generics)*> __diesel::JoinTo<$to> for $table
        where
            $to: __diesel::JoinTo<$table>,
            $($bounds)*
        {
            type FromClause = $to;
            type OnClause = <$to as __diesel::JoinTo<$table>>::OnClause;

            fn join_target(to: $to) -> (Self::FromClause, Self::OnClause) {
                (to, <$to as __diesel::JoinTo<$table>>::join_target(Self).1)
            }
        }
    };
}
