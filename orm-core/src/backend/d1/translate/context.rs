//! Which clause of a statement a token is in: whether values are compared there.

use orm_lexer::Token;

/// A clause, by what it does with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    /// It returns or stores values.
    Values,
    /// It compares them.
    Compares,
    /// It orders or groups them.
    Sorts,
    /// Neither.
    Other,
}

impl Clause {
    /// Returns the clause that begins with a word.
    pub(super) fn of(word: &Token<'_>, next: Option<&Token<'_>>) -> Option<Self> {
        const VALUES: [&str; 6] = ["SELECT", "RETURNING", "SET", "VALUES", "THEN", "ELSE"];
        const COMPARES: [&str; 4] = ["WHERE", "HAVING", "WHEN", "ON"];
        const OTHERS: [&str; 6] = ["FROM", "LIMIT", "OFFSET", "INTO", "UPDATE", "CONFLICT"];
        let is_one_of = |words: &[&str]| words.iter().any(|known| word.is(known));
        if word.is("ON") && next.is_some_and(|next| next.is("CONFLICT")) {
            return Some(Self::Other);
        }
        if is_one_of(&VALUES) {
            Some(Self::Values)
        } else if is_one_of(&COMPARES) {
            Some(Self::Compares)
        } else if word.is("BY") {
            Some(Self::Sorts)
        } else if is_one_of(&OTHERS) {
            Some(Self::Other)
        } else {
            None
        }
    }
}

/// The clauses around a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    clause: Clause,
    /// Whether the query around is compared with something.
    is_compared: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self { clause: Clause::Other, is_compared: false }
    }
}

impl Context {
    pub(super) fn enter(&mut self, clause: Clause) {
        self.clause = clause;
    }

    /// Returns the context between parentheses: those of a query or not, and those of a function that makes no difference
    /// between equal values or not.
    pub(super) fn inside(self, is_query: bool, is_indifferent: bool) -> Self {
        if is_indifferent {
            return Self { clause: Clause::Values, is_compared: false };
        }
        if is_query {
            let is_compared = self.is_compared || self.compares();
            return Self { clause: Clause::Other, is_compared };
        }
        self
    }

    /// Whether values are compared.
    pub(super) fn compares(self) -> bool {
        matches!(self.clause, Clause::Compares | Clause::Sorts)
    }

    /// Whether values are ordered or grouped.
    pub(super) fn sorts(self) -> bool {
        self.clause == Clause::Sorts
    }

    /// Whether what a query returns is compared.
    pub(super) fn is_compared(self) -> bool {
        self.is_compared
    }
}

/// Returns the words for the values that a collation of mizzle's compares.
pub(super) fn values_of(collation: &str) -> &'static str {
    match collation {
        "decimal" => "decimal numbers",
        "inet" => "internet addresses",
        "interval" => "intervals",
        "mizzle_json" => "JSON documents",
        _ => "arrays",
    }
}
