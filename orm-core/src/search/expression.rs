//! What a search says of a row, in the words of each database.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{Bool, Double, Integer, Nullable, Text};

use super::words::{MOST, Wanted, Words};
use super::{FullText, Search};
use crate::backend::{Any, hide_from_debug};
use crate::column::Column;
use crate::schema::names;

/// The condition that a row is found: [`Search::matches`].
#[derive(Clone)]
pub struct Matches<T> {
    pub(super) search: Search<T>,
}

/// How well a row fits: [`Search::rank`].
#[derive(Clone)]
pub struct Rank<T> {
    pub(super) search: Search<T>,
}

/// The best part of a text: [`Search::snippet`].
#[derive(Clone)]
pub struct Snippet<T> {
    search: Search<T>,
    /// The position of the column in the index.
    column: usize,
    before: String,
    after: String,
    words: i32,
    /// The same for PostgreSQL.
    options: String,
}

hide_from_debug!([T] Matches[T]);
hide_from_debug!([T] Rank[T]);
hide_from_debug!([T] Snippet[T]);

impl<T> Snippet<T> {
    pub(super) fn of(search: Search<T>, column: usize) -> Self {
        let snippet = Self {
            search,
            column,
            before: String::new(),
            after: String::new(),
            words: 16,
            options: String::new(),
        };
        snippet.marks("<b>", "</b>")
    }

    /// Sets the text before and after each found word, in place of `<b>` and `</b>`.
    ///
    /// The text stays as it is stored. For a web page choose marks that no text has, such as `"\u{1}"` and `"\u{2}"`, escape
    /// the snippet, and then replace them.
    #[must_use]
    pub fn marks(mut self, before: &str, after: &str) -> Self {
        (self.before, self.after) = (before.into(), after.into());
        self.with_options()
    }

    /// Sets the most words of the snippet, from 2 to 64; by default 16. A smaller or larger number counts as one of these.
    #[must_use]
    pub fn words(mut self, most: u32) -> Self {
        self.words = i32::try_from(most.clamp(2, 64)).unwrap_or(64);
        self.with_options()
    }

    fn with_options(mut self) -> Self {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        self.options = format!(
            "StartSel={}, StopSel={}, MaxWords={}, MinWords={}, ShortWord=0, MaxFragments=0",
            quoted(&self.before),
            quoted(&self.after),
            self.words,
            self.words / 2,
        );
        self
    }
}

macro_rules! expressions {
    ($($name:ident: $ty:ty;)*) => { $(
        impl<T: FullText> Expression for $name<T> {
            type SqlType = $ty;
        }

        impl<T: FullText, G> ValidGrouping<G> for $name<T>
        where
            Column<T::KeyColumn>: ValidGrouping<G>,
        {
            type IsAggregate = <Column<T::KeyColumn> as ValidGrouping<G>>::IsAggregate;
        }

        impl<T: FullText, QS> SelectableExpression<QS> for $name<T> where
            Column<T::KeyColumn>: SelectableExpression<QS>
        {
        }

        impl<T: FullText, QS> AppearsOnTable<QS> for $name<T> where
            Column<T::KeyColumn>: AppearsOnTable<QS>
        {
        }

        /// The type doesn't determine whether there are words.
        impl<T> QueryId for $name<T> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }

        impl<T: FullText> QueryFragment<Any> for $name<T> {
            fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
                match &*self.search.words {
                    Words::Some(wanted) => {
                        let mut sql = Sql::<'_, 'b, T> { out, of: PhantomData };
                        match sql.out.backend().dialect().capabilities().tsvector {
                            true => self.postgres(&mut sql, wanted),
                            false => self.sqlite(&mut sql, wanted),
                        }
                    }
                    Words::Nothing => self.nothing(out),
                    Words::TooMany(count) => Err(QueryBuilderError(
                        format!("a full text query has {count} words, and may have {MOST}").into(),
                    )),
                }
            }
        }
    )* };
}

expressions! {
    Matches: Bool;
    Rank: Double;
    Snippet: Nullable<Text>;
}

/// Writes SQL about the table.
struct Sql<'c, 'b, T> {
    out: AstPass<'c, 'b, Any>,
    of: PhantomData<fn() -> T>,
}

impl<'b, T: FullText> Sql<'_, 'b, T> {
    fn push(&mut self, sql: &str) -> &mut Self {
        self.out.push_sql(sql);
        self
    }

    /// Writes SQLite's table, or PostgreSQL's column.
    fn index(&mut self) -> QueryResult<&mut Self> {
        self.out.push_identifier(&names::full_text(T::NAME))?;
        Ok(self)
    }

    /// Writes a column with its table.
    fn column(&mut self, name: &str) -> QueryResult<&mut Self> {
        self.out.push_identifier(T::NAME)?;
        self.push(".").out.push_identifier(name)?;
        Ok(self)
    }

    fn key(&mut self) -> QueryResult<&mut Self> {
        self.column(T::COLUMNS[T::KEY[0]])
    }

    fn text(&mut self, value: &'b String) -> QueryResult<&mut Self> {
        self.out.push_bind_param::<Text, _>(value)?;
        Ok(self)
    }

    /// Writes PostgreSQL's query.
    fn query(&mut self, words: &'b String) -> QueryResult<&mut Self> {
        self.call("to_tsquery").text(words)?;
        Ok(self.push(")"))
    }

    /// Writes the start of a call of a function that depends on the language.
    fn call(&mut self, function: &str) -> &mut Self {
        self.push(function).push("('").push(T::LANGUAGE).push("'::regconfig, ")
    }

    /// Writes PostgreSQL's condition.
    fn is_found(&mut self, words: &'b String) -> QueryResult<&mut Self> {
        self.push("(").column(&names::full_text(T::NAME))?.push(" @@ ").query(words)?;
        Ok(self.push(")"))
    }
}

impl<T: FullText> Matches<T> {
    fn nothing(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        out.push_sql("(1 = 0)");
        Ok(())
    }

    fn sqlite<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.push("(").key()?.push(" IN (SELECT rowid FROM ").index()?;
        sql.push(" WHERE ").index()?.push(" MATCH ").text(&wanted.sqlite)?.push("))");
        Ok(())
    }

    fn postgres<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.is_found(&wanted.postgres).map(|_| ())
    }
}

impl<T: FullText> Rank<T> {
    fn nothing(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        let zero =
            if out.backend().dialect().capabilities().tsvector { "0::float8" } else { "0.0" };
        out.push_sql(zero);
        Ok(())
    }

    /// FTS5 counts the rows with each word once for each statement, so the ranks of all rows are computed together.
    fn sqlite<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.push("coalesce((WITH __found (id, fits) AS MATERIALIZED (SELECT rowid, -bm25(")
            .index()?;
        for weight in T::WEIGHTS {
            sql.push(&format!(", {weight:?}"));
        }
        sql.push(") FROM ")
            .index()?
            .push(" WHERE ")
            .index()?
            .push(" MATCH ")
            .text(&wanted.sqlite)?;
        sql.push(") SELECT fits FROM __found WHERE id = ").key()?.push("), 0.0)");
        Ok(())
    }

    fn postgres<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.push("(CASE WHEN ").is_found(&wanted.postgres)?.push(" THEN ts_rank('{");
        // From D to A, none of them more than 1
        let most = T::WEIGHTS.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        for place in (0..4).rev() {
            let weight = T::WEIGHTS.get(place).map_or(1.0, |weight| weight / most);
            sql.push(&format!("{weight:?}{}", if place == 0 { "" } else { "," }));
        }
        sql.push("}'::float4[], ").column(&names::full_text(T::NAME))?;
        sql.push(", ").query(&wanted.ranked)?.push(")::float8 ELSE 0 END)");
        Ok(())
    }
}

impl<T: FullText> Snippet<T> {
    fn nothing(&self, mut out: AstPass<'_, '_, Any>) -> QueryResult<()> {
        out.push_sql("CAST(NULL AS text)");
        Ok(())
    }

    fn sqlite<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.push("(SELECT coalesce(snippet(").index()?.push(&format!(", {}, ", self.column));
        sql.text(&self.before)?.push(", ").text(&self.after)?.push(", '…', ");
        sql.out.push_bind_param::<Integer, _>(&self.words)?;
        sql.push("), '') FROM ")
            .index()?
            .push(" WHERE ")
            .index()?
            .push(" MATCH ")
            .text(&wanted.sqlite)?;
        sql.push(" AND rowid = ").key()?.push(")");
        Ok(())
    }

    fn postgres<'b>(&'b self, sql: &mut Sql<'_, 'b, T>, wanted: &'b Wanted) -> QueryResult<()> {
        sql.push("(CASE WHEN ")
            .is_found(&wanted.postgres)?
            .push(" THEN ")
            .call("ts_headline")
            .push("coalesce(");
        sql.column(T::COLUMNS[T::TEXTS[self.column]])?.push("::text, ''), ");
        sql.query(&wanted.postgres)?.push(", ").text(&self.options)?.push(") END)");
        Ok(())
    }
}
