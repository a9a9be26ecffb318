//! Attributes in lines, in rustfmt's layout.

use unicode_width::UnicodeWidthStr;

/// The maximum length of a line, in columns of a terminal.
const WIDTH: usize = 100;

/// The maximum length between an attribute's parentheses on one line, if it contains more than one item: rustfmt's
/// `attr_fn_like_width`.
const LIST: usize = 70;

/// Returns `#[name(items)]`, on several lines if it is too long for one.
pub(super) fn attribute(indent: &str, name: &str, items: &[String]) -> String {
    // A single item stays on the first line, and its parts get separate lines.
    let (open, parts, close) = match items {
        [item] => match call(item) {
            Some((function, arguments)) => (format!("{name}({function}("), arguments, "))"),
            None => (format!("{name}("), items.to_vec(), ")"),
        },
        _ => (format!("{name}("), items.to_vec(), ")"),
    };
    let list = parts.join(", ");
    let line = format!("{indent}#[{open}{list}{close}]");
    // rustfmt keeps room for each parenthesis at the end.
    let is_short = line.width() + close.len() <= WIDTH;
    if (parts.len() == 1 || list.width() <= LIST) && is_short {
        return format!("{line}\n");
    }
    let inner = format!("{indent}    ");
    let lines: Vec<String> = parts.iter().map(|part| format!("{inner}{part}")).collect();
    format!("{indent}#[{open}\n{}\n{indent}{close}]\n", lines.join(",\n"))
}

/// A field of a struct.
pub(super) fn field(name: &str, ty: &str) -> String {
    let line = format!("    pub {name}: {ty},");
    if line.width() <= WIDTH { line + "\n" } else { format!("    pub {name}:\n        {ty},\n") }
}

/// Returns the function and the arguments of `function(a, b)`.
fn call(item: &str) -> Option<(&str, Vec<String>)> {
    let (function, arguments) = item.split_once('(')?;
    if !function.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    Some((function, split(arguments.strip_suffix(')')?)))
}

/// Returns the parts between the commas that are in no parentheses and no string.
fn split(arguments: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for character in arguments.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '(' if !in_string => depth += 1,
            ')' if !in_string => depth = depth.saturating_sub(1),
            ',' if !in_string && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_attribute_is_one_line() {
        let items = ["a".to_owned(), "b = 1".to_owned()];
        assert_eq!(attribute("  ", "column", &items), "  #[column(a, b = 1)]\n");
    }

    #[test]
    fn a_long_one_is_several() {
        let long = format!("check = {:?}", "x".repeat(80));
        let items = ["primary_key".to_owned(), long.clone()];
        let expected = format!("    #[column(\n        primary_key,\n        {long}\n    )]\n");
        assert_eq!(attribute("    ", "column", &items), expected);
    }

    #[test]
    fn a_line_leaves_room_for_the_parentheses() {
        for (start, end, longest) in [("check = \"", "\"", 99), ("references(\"", "\")", 98)] {
            for length in longest - 1..=longest + 1 {
                let fixed = "    #[column()]".len() + start.len() + end.len();
                let item = format!("{start}{}{end}", "x".repeat(length - fixed));
                let written = attribute("    ", "column", &[item]);
                assert_eq!(written.lines().count() == 1, length <= longest, "{written}");
            }
        }
    }

    #[test]
    fn what_is_alone_opens_in_the_first_line() {
        let sql = "x".repeat(80);
        let item = format!("index(a.desc(), \"lower(b), \\\"c\", where = \"{sql}\")");
        let expected = format!(
            "#[table(index(\n    a.desc(),\n    \"lower(b), \\\"c\",\n    where = \"{sql}\"\n))]\n"
        );
        assert_eq!(attribute("", "table", &[item]), expected);
    }
}
