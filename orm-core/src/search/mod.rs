//! Full text search: FTS5 on SQLite, `tsvector` on PostgreSQL.

mod expression;
mod words;

use std::marker::PhantomData;
use std::sync::Arc;

use self::words::Words;
use crate::column::{Column, ColumnIn, ColumnInfo};
use crate::table::Table;

pub use self::expression::{Matches, Rank, Snippet};

/// A table with a full text index. Implemented by `#[derive(Table)]` for a struct with `#[table(full_text(…))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no full text index",
    label = "no full text index",
    note = "add `#[table(full_text(column, …))]` to `{Self}`"
)]
pub trait FullText: Table {
    /// The primary key's column.
    type KeyColumn: ColumnInfo<Table = Self::Dsl>;

    /// The positions of the indexed columns in [`Table::COLUMNS`].
    const TEXTS: &'static [usize];
    /// How much a word counts in each of these columns, for the rank.
    const WEIGHTS: &'static [f64];
    /// The language of the index.
    const LANGUAGE: &'static str;

    /// Returns a search for what `query` asks for: `Article::search("rust -java")`.
    ///
    /// - A row has all words of the query, in any of the indexed columns: `rust orm`.
    /// - `"a phrase"` is words in this order, in one column. Without a closing quotation mark it goes to the end. Words
    ///   that punctuation joins, such as `e-mail` or `user.name`, are a phrase too.
    /// - `-word` and `-"a phrase"` exclude the rows that have it.
    /// - `data*` is all words that begin so, `"open data*` or `"open dat"*` a phrase whose last word does.
    ///
    /// Words consist of letters, their marks and digits; everything else separates words. Case makes no difference,
    /// accents do. No text is an error: a query without a word to look for (an empty one, one of signs, or one that
    /// only excludes) finds no row, and neither does a word of more than 500 characters. A query of more than 4,096 words
    /// fails with `QUERY_ERROR`.
    fn search(query: impl AsRef<str>) -> Search<Self> {
        Search { words: Arc::new(Words::parse(query.as_ref())), table: PhantomData }
    }
}

/// A search in a table's full text index: [`FullText::search`].
pub struct Search<T> {
    words: Arc<Words>,
    table: PhantomData<fn() -> T>,
}

crate::backend::hide_from_debug!([T] Search[T]);

impl<T> Clone for Search<T> {
    fn clone(&self) -> Self {
        Self { words: Arc::clone(&self.words), table: PhantomData }
    }
}

impl<T: FullText> Search<T> {
    /// Returns the condition that the row is found. Both databases look it up in the index.
    pub fn matches(&self) -> Matches<T> {
        Matches { search: self.clone() }
    }

    /// Returns how well the row fits, a number: `order_by(search.rank().desc())` puts the best first. A row that isn't
    /// found has 0, and all others more.
    ///
    /// It counts how often the words occur, by the `weights` of the columns. The databases compute it in their own ways,
    /// bm25 on SQLite and `ts_rank` on PostgreSQL, so compare numbers of one query only.
    pub fn rank(&self) -> Rank<T> {
        Rank { search: self.clone() }
    }

    /// Returns the part of the column's text that fits best, as an `Option<String>`: `None` for a row that isn't found,
    /// and an empty text for NULL. The found words are between `<b>` and `</b>`; see [`Snippet::marks`].
    ///
    /// A column outside the index doesn't compile.
    pub fn snippet<C>(&self, _: Column<C>) -> Snippet<T>
    where
        C: ColumnIn<T>,
    {
        let column = const { place(T::TEXTS, C::PLACE) };
        Snippet::of(self.clone(), column)
    }
}

/// Returns the position of the column at `place` in the index. Runs at compile time.
const fn place(texts: &[usize], place: usize) -> usize {
    let mut index = 0;
    while index < texts.len() {
        if texts[index] == place {
            return index;
        }
        index += 1;
    }
    panic!("the column isn't in the table's full text index: add it to `full_text(…)`")
}
