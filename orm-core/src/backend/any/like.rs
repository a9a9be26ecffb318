//! diesel's `like` on SQLite, whose own LIKE ignores case.
//!
//! A pragma could change that, but it would also change LIKE in the database's own checks, triggers, views and indexes.
//! SQLite's GLOB respects case, with other wildcards. A parameter becomes `GLOB :mizzle_like_1`, and its value is
//! translated when it is bound. So SQLite finds rows by an index if the pattern begins with letters. Any other pattern
//! goes through the function `mizzle_glob`.

/// The name of a parameter that is a pattern of LIKE, without its number.
pub(crate) const PATTERN_PARAMETER: &str = ":mizzle_like_";

/// The function that translates a pattern of LIKE. Its optional second argument is the escape character.
const FUNCTION: &str = "mizzle_glob(";

/// The comparisons that are being written, each inside the pattern of the previous one.
#[derive(Debug, Default)]
pub(super) struct Likes(Vec<Like>);

#[derive(Debug)]
struct Like {
    /// The start of the pattern in the SQL.
    start: usize,
    form: Form,
    /// The number of open parentheses in the pattern.
    depth: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// Nothing is written yet.
    Nothing,
    /// A parameter, which may be the whole pattern.
    Parameter,
    /// A call of the function.
    Call,
}

impl Likes {
    /// Whether no comparison is being written.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `sql` begins a comparison, or may be part of one.
    #[inline]
    pub(super) fn takes(&self, sql: &str) -> bool {
        !self.0.is_empty() || sql == " LIKE " || sql == " NOT LIKE "
    }

    pub(super) fn push_sql(&mut self, out: &mut String, sql: &str) {
        match sql {
            " LIKE " => self.open(out, " GLOB "),
            " NOT LIKE " => self.open(out, " NOT GLOB "),
            " ESCAPE " if self.0.last().is_some_and(|like| like.depth == 0) => {
                self.begin_expression(out);
                out.push_str(", ");
            }
            _ => self.push_other(out, sql),
        }
    }

    fn open(&mut self, out: &mut String, operator: &str) {
        self.begin_expression(out);
        out.push_str(operator);
        self.0.push(Like { start: out.len(), form: Form::Nothing, depth: 0 });
    }

    /// Writes SQL of the pattern. diesel puts each comparison in parentheses, and the closing one ends it.
    pub(super) fn push_other(&mut self, out: &mut String, sql: &str) {
        let mut quote = None;
        for character in sql.chars() {
            match (quote, character) {
                (Some(open), _) if open == character => quote = None,
                (None, '\'' | '"') => quote = Some(character),
                _ => {}
            }
            let parenthesis = quote.is_none().then_some(character);
            if parenthesis != Some(')') || self.0.last().is_none_or(|like| like.depth > 0) {
                self.begin_expression(out);
            }
            match (parenthesis, self.0.last_mut()) {
                (Some('('), Some(like)) => like.depth += 1,
                (Some(')'), Some(like)) if like.depth > 0 => like.depth -= 1,
                (Some(')'), Some(_)) => {
                    self.close(out);
                    // It closes a parenthesis from before the comparison.
                    if let Some(outer) = self.0.last_mut() {
                        outer.depth = outer.depth.saturating_sub(1);
                    }
                }
                _ => {}
            }
            out.push(character);
        }
    }

    /// The pattern is more than a single parameter.
    #[inline]
    pub(super) fn begin_expression(&mut self, out: &mut String) {
        let Some(like) = self.0.last_mut() else { return };
        match like.form {
            Form::Call => return,
            Form::Nothing => out.push_str(FUNCTION),
            Form::Parameter => {
                out.truncate(like.start);
                out.push_str(FUNCTION);
                out.push('?');
            }
        }
        like.form = Form::Call;
    }

    /// Writes parameter `number` if it may be a whole pattern.
    #[inline]
    pub(super) fn push_parameter(&mut self, out: &mut String, number: u32) -> bool {
        match self.0.last_mut() {
            Some(like) if like.form == Form::Nothing => {
                like.form = Form::Parameter;
                out.push_str(PATTERN_PARAMETER);
                push_decimal(out, number);
                true
            }
            Some(_) => {
                self.begin_expression(out);
                false
            }
            None => false,
        }
    }

    fn close(&mut self, out: &mut String) {
        if let Some(Like { form: Form::Call, .. }) = self.0.pop() {
            out.push(')');
        }
    }

    pub(super) fn finish(&mut self, out: &mut String) {
        while !self.0.is_empty() {
            self.close(out);
        }
    }
}

/// Returns a pattern of LIKE as a pattern of GLOB. `escape` takes the next character literally. At the end it matches
/// nothing; PostgreSQL reports an error.
#[cfg(feature = "sqlite")]
pub(crate) fn to_glob(pattern: &str, escape: Option<char>) -> String {
    let mut glob = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = if Some(character) == escape {
            match characters.next() {
                Some(next) => next,
                None => {
                    glob.push('[');
                    break;
                }
            }
        } else {
            match character {
                '%' => {
                    glob.push('*');
                    continue;
                }
                '_' => {
                    glob.push('?');
                    continue;
                }
                other => other,
            }
        };
        match literal {
            '*' | '?' | '[' => {
                glob.push('[');
                glob.push(literal);
                glob.push(']');
            }
            other => glob.push(other),
        }
    }
    glob
}

/// `write!` would cost more than the rest of a statement with hundreds of parameters.
pub(super) fn push_decimal(sql: &mut String, mut number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    sql.extend(digits[at..].iter().map(|&digit| digit as char));
}

#[cfg(test)]
mod tests {
    use diesel::query_builder::QueryBuilder as _;

    #[cfg(feature = "sqlite")]
    use super::*;
    use crate::backend::AnyQueryBuilder;
    use crate::dialect::Dialect;

    /// `?` is a parameter, capitals between spaces are SQL with them, the rest is SQL as it is.
    fn written(parts: &[&str]) -> String {
        let mut sql = AnyQueryBuilder::new(Dialect::Sqlite);
        for part in parts {
            match *part {
                "?" => sql.push_bind_param(),
                part => sql.push_sql(part),
            }
        }
        sql.finish()
    }

    #[test]
    fn writes_parameters_by_name_and_all_else_through_the_function() {
        for (parts, expected) in [
            (&["(", "a", " LIKE ", "?", ")", " AND ", "?"][..], "(a GLOB :mizzle_like_1) AND ?"),
            (&["?", "(", "a", " NOT LIKE ", "?", ")"], "?(a NOT GLOB :mizzle_like_2)"),
            (&["(", "a", " LIKE ", "b", ")"], "(a GLOB mizzle_glob(b))"),
            (&["(", "a", " LIKE ", "?", " ESCAPE ", "?", ")"], "(a GLOB mizzle_glob(?, ?))"),
            (
                &["(", "a", " LIKE ", "(", "?", " || ", "b", ")", ")", " OR ", "c"],
                "(a GLOB mizzle_glob((? || b))) OR c",
            ),
            (
                &[
                    "(",
                    "a",
                    " LIKE ",
                    "(SELECT b FROM c WHERE ",
                    "(",
                    "d",
                    " LIKE ",
                    "?",
                    ")",
                    ")",
                    ")",
                ],
                "(a GLOB mizzle_glob((SELECT b FROM c WHERE (d GLOB :mizzle_like_1))))",
            ),
            (
                &["(", "(", "a", " LIKE ", "lower(b)", ")", " IN (", "?", ")", ")"],
                "((a GLOB mizzle_glob(lower(b))) IN (?))",
            ),
            (&["(", "a", " LIKE ", "')' || b", ")"], "(a GLOB mizzle_glob(')' || b))"),
            (&["(", "a", " LIKE ", "?", "::text", ")"], "(a GLOB mizzle_glob(?::text))"),
            (&["a", " LIKE ", "b"], "a GLOB mizzle_glob(b)"),
        ] {
            assert_eq!(written(parts), expected, "{parts:?}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn translates_patterns() {
        for (pattern, escape, expected) in [
            ("a%b_c", Some('\\'), "a*b?c"),
            ("100\\%", Some('\\'), "100%"),
            ("100!%", Some('!'), "100%"),
            ("a\\%", Some('!'), "a\\*"),
            ("[*?]", Some('\\'), "[[][*][?]]"),
            ("\\*\\\\", Some('\\'), "[*]\\"),
            ("%%%", Some('%'), "%["),
            ("a\\", Some('\\'), "a["),
            ("a\\", None, "a\\"),
        ] {
            assert_eq!(to_glob(pattern, escape), expected, "{pattern}");
        }
    }
}
