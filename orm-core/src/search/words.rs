//! The small language of full text queries, turned into the one of each database.

/// The most words of a query. PostgreSQL's stack holds some more.
pub(super) const MOST: usize = 4096;

/// The longest word, in characters. PostgreSQL indexes none of more than 2,046 bytes.
const LONGEST: usize = 500;

/// What a query looks for.
pub(super) enum Words {
    /// No row has it.
    Nothing,
    /// It has too many words for the databases: so many.
    TooMany(usize),
    Some(Wanted),
}

/// The query of each database, for a bound value.
pub(super) struct Wanted {
    pub(super) sqlite: String,
    pub(super) postgres: String,
    /// PostgreSQL's query without what is excluded: `ts_rank` takes NOT for a word that must be near.
    pub(super) ranked: String,
}

/// A word, or several in a row.
struct Term {
    /// Words without punctuation.
    words: Vec<String>,
    /// Whether the last word is the start of one.
    is_start: bool,
    is_excluded: bool,
}

impl Words {
    pub(super) fn parse(query: &str) -> Self {
        let terms = terms(query);
        let count = terms.iter().map(|term| term.words.len()).sum();
        if count > MOST {
            return Self::TooMany(count);
        }
        let is_possible =
            |term: &&Term| term.words.iter().all(|word| word.chars().nth(LONGEST).is_none());
        let (excluded, wanted): (Vec<&Term>, Vec<&Term>) =
            terms.iter().partition(|term| term.is_excluded);
        if wanted.is_empty() || !wanted.iter().all(is_possible) {
            return Self::Nothing;
        }
        let excluded: Vec<&Term> = excluded.into_iter().filter(is_possible).collect();
        let join = |terms: &[&Term], one: fn(&Term) -> String, between: &str| {
            terms.iter().map(|term| one(term)).collect::<Vec<_>>().join(between)
        };
        let mut sqlite = join(&wanted, Term::sqlite, " ");
        let mut postgres = join(&wanted, Term::postgres, " & ");
        let ranked = postgres.clone();
        if !excluded.is_empty() {
            sqlite = format!("{sqlite} NOT ({})", join(&excluded, Term::sqlite, " OR "));
            postgres = format!("{postgres} & !({})", join(&excluded, Term::postgres, " | "));
        }
        Self::Some(Wanted { sqlite, postgres, ranked })
    }
}

impl Term {
    fn sqlite(&self) -> String {
        let start = if self.is_start { " *" } else { "" };
        format!("\"{}\"{start}", self.words.join(" "))
    }

    /// PostgreSQL makes a phrase of all words in one pair of quotes, and would look for the start of each of them.
    fn postgres(&self) -> String {
        let (last, before) = match self.words.split_last() {
            Some((last, before)) if self.is_start => (format!("'{last}':*"), before),
            _ => return format!("'{}'", self.words.join(" ")).replace('ς', "σ"),
        };
        let term = match before {
            [] => last,
            before => format!("('{}' <-> {last})", before.join(" ")),
        };
        term.replace('ς', "σ")
    }
}

/// Returns the terms that have words.
fn terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let is_excluded = rest.starts_with('-');
        rest = rest.strip_prefix('-').unwrap_or(rest);
        let (text, after) = match rest.strip_prefix('"') {
            // A phrase that isn't closed goes to the end.
            Some(phrase) => phrase.split_once('"').unwrap_or((phrase, "")),
            None => rest.split_at(rest.find(is_end).unwrap_or(rest.len())),
        };
        let (is_start, after) = match after.strip_prefix('*') {
            Some(after) if rest.starts_with('"') => (true, after),
            _ => (text.ends_with('*') && !rest.starts_with('"'), after),
        };
        let words = words(text);
        if !words.is_empty() {
            terms.push(Term { words, is_start, is_excluded });
        }
        rest = after.trim_start();
    }
    terms
}

fn is_end(character: char) -> bool {
    character.is_whitespace() || character == '"'
}

/// Returns the parts of the text that can be words, without the ones that both databases pass over.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|character: char| {
        character.is_ascii() && !character.is_ascii_alphanumeric()
            || character.is_whitespace()
            || is_fraction(character)
    });
    parts.filter(|part| part.chars().any(char::is_alphanumeric)).map(Into::into).collect()
}

/// The numbers that aren't digits, such as `²` and `½`, make no words.
fn is_fraction(character: char) -> bool {
    matches!(
        character,
        '²' | '³' | '¹' | '¼'..='¾' | '\u{2070}'..='\u{2089}' | '\u{2150}'..='\u{215f}' | '\u{2460}'..='\u{249b}'
            | '\u{24ea}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' | '\u{3220}'..='\u{3229}' | '\u{3280}'..='\u{3289}'
    )
}
