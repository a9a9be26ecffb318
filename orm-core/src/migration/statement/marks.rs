//! What the comments before a statement say to the runner.

use super::Statement;
use orm_lexer::{Lexer, Token};

impl<'m> Statement<'m> {
    /// Returns how the file knows a table that it rebuilds: what follows `-- was:` in the lines before the statement.
    pub(in crate::migration) fn was(&self) -> Option<String> {
        let line =
            |line: &'m str| line.trim_start().strip_prefix("--")?.trim_start().strip_prefix("was:");
        let lines: Vec<&str> = self.text[..self.body].split('\n').filter_map(line).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Whether it creates an index again that was dropped together with its table.
    pub(in crate::migration) fn is_unchanged_index(&self) -> bool {
        self.has_mark("unchanged:")
    }

    /// Whether it may drop only what it names, which `-- alone:` before it says.
    pub(in crate::migration) fn is_alone(&self) -> bool {
        self.has_mark("alone:")
    }

    /// Whether a line before the statement begins with the mark.
    fn has_mark(&self, mark: &str) -> bool {
        let has = |line: &str| line.trim_start_matches(['-', ' ']).starts_with(mark);
        self.text[..self.body].lines().any(has)
    }

    /// Returns the SELECT of a view that it creates again as it was, which the lines before the statement say. A `*`
    /// stands for the columns that there are when a view is created, so nothing is known of one with it.
    pub(in crate::migration) fn select_as_it_was(&self) -> Option<&'m str> {
        if !self.has_mark("As it was:") {
            return None;
        }
        let tokens: Vec<Token<'m>> = self.tokens().collect();
        let is_view = tokens.first()?.is("create")
            && tokens[1..].iter().take(2).any(|token| token.is("view"));
        let start = tokens.iter().position(|token| token.is("as")).filter(|_| is_view)? + 1;
        let is_star = |pair: &[Token<'m>]| {
            pair[1].is_symbol("*")
                && ([",", "."].iter().any(|symbol| pair[0].is_symbol(symbol))
                    || ["select", "distinct", "all"].iter().any(|word| pair[0].is(word)))
        };
        if tokens[start..].windows(2).any(is_star) {
            return None;
        }
        Some(&self.sql()[tokens.get(start)?.start..])
    }

    /// Returns what it creates again: the old names of a table and of its part, which follow `-- again:`.
    pub(in crate::migration) fn again(&self) -> Option<(String, String)> {
        let (table, part) = self.again_names()?;
        Some((table, part?))
    }

    /// Returns the old name of the view or type that it creates again, which follows `-- again:`.
    pub(in crate::migration) fn again_object(&self) -> Option<String> {
        self.again_names().filter(|(_, part)| part.is_none()).map(|(view, _)| view)
    }

    fn again_names(&self) -> Option<(String, Option<String>)> {
        let mut lines = self.text[..self.body].split('\n');
        let says = |line: &'m str| {
            line.trim_start().strip_prefix("--")?.trim_start().strip_prefix("again:")
        };
        let mut names = lines.find_map(says)?.to_owned();
        // A name may have line breaks.
        for line in lines.filter_map(|line| line.strip_prefix("-- ")) {
            names.push('\n');
            names.push_str(line);
        }
        let mut tokens = Lexer::new(&names, self.dialect).filter(|token| !token.is_blank());
        let first = tokens.next()?.name()?.into_owned();
        let Some(dot) = tokens.next() else { return Some((first, None)) };
        if !dot.is_symbol(".") {
            return None;
        }
        Some((first, Some(tokens.next()?.name()?.into_owned())))
    }
}
