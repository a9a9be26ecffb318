//! Diagrams of tables with odd names.

use orm_core::schema::{Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef};
use proptest::prelude::*;

use super::*;

/// Returns a table that refers to itself and to another, and has `name` in each of its texts.
fn table(name: &str, other: &str) -> TableDef {
    let [id, sum] = ["id", "sum"].map(|column| format!("{column} {name}"));
    let labels = vec![name.to_owned(), format!("{name}2")];
    TableDef::new(name)
        .column(ColumnDef::new(&id, ColumnType::BigInt).auto())
        .column(
            ColumnDef::new(name, ColumnType::Enum { labels, native: None })
                .default(DefaultValue::Text(name.into())),
        )
        .column(
            ColumnDef::new(&sum, ColumnType::Varchar(7))
                .nullable()
                .default(DefaultValue::Sql(format!("'{name}' || `x`"))),
        )
        .primary_key(&[&id, name])
        .unique(Some(&format!("{name}_key")), &[name, &sum])
        .check(&format!("{name}_check"), &format!("x <> '{name}'"))
        .foreign_key(
            Some(&format!("{name}_fkey")),
            &[&sum, name],
            other,
            &[&format!("id {other}"), other],
            Action::SetNull,
            Action::Cascade,
        )
        .foreign_key(None, &[&sum], name, &[&id], Action::NoAction, Action::Restrict)
        .index(
            Some(&format!("{name}_idx")),
            vec![
                IndexPart::column(&sum).desc(),
                IndexPart::expression(&format!("lower('{name}`')")),
            ],
            true,
            Some(&format!("y = '{name}'")),
        )
}

const ODD: &[&str] = &[
    "a\"b",
    "it's",
    "a\\",
    "\\\"",
    "`",
    "%%",
    "]]>",
    "<script>",
    "--",
    "/*",
    "*/",
    "//",
    "}",
    "a\nb",
    "\r\n",
    "\t",
    "Ünïcode 名前",
    "\u{202e}",
    "0",
    " ",
    "Note",
    "Table",
    "Ref",
    "end",
    "class",
    "style",
    "a.b",
    "[pk]",
    "${x}",
    "{{",
    "&amp;",
    "\u{7f}",
    "'''",
];

fn odd_name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(ODD).prop_map(str::to_owned),
        (prop::sample::select(ODD), prop::sample::select(ODD))
            .prop_map(|(one, other)| format!("{one}{other}")),
        ".{1,8}",
    ]
}

/// Splits a line at blanks outside of double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.trim_start().chars() {
        quoted ^= c == '"';
        match c {
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("a word").push(c),
        }
    }
    assert!(!quoted, "{line}");
    words
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-[]()".contains(c))
}

fn is_quoted(text: &str) -> bool {
    text.len() > 2 && text.starts_with('"') && text.ends_with('"') && !text.contains(['%', '\\'])
}

proptest! {
    #[test]
    fn mermaid_has_one_statement_on_each_line((one, other) in (odd_name(), odd_name())) {
        let tables = [table(&one, &other), table(&other, &one)];
        let text = diagram(&tables, Format::Mermaid);
        let (mut open, mut lines) = (false, 0);
        for line in text.lines().skip(2) {
            lines += 1;
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words[..] {
                [name, "{"] => open = !open && is_quoted(name),
                ["}"] => open = false,
                [ty, name, ref rest @ ..] if open => {
                    prop_assert!(is_word(ty) && is_word(name), "{line}");
                    let comment = rest.iter().position(|word| word.starts_with('"'));
                    let keys = &rest[..comment.unwrap_or(rest.len())];
                    prop_assert!(keys.iter().all(|key| ["PK", "FK", "UK"].contains(&key.trim_end_matches(','))));
                    prop_assert!(rest[keys.len()..].iter().all(|comment| is_quoted(comment)), "{line}");
                }
                [child, _, parent, ":", label] => {
                    prop_assert!(is_quoted(child) && is_quoted(parent) && is_quoted(label), "{line}");
                }
                _ => prop_assert!(false, "{line}"),
            }
        }
        prop_assert_eq!(lines, 2 * (3 + 2) + 4);
    }

    #[test]
    fn dbml_closes_what_it_opens((one, other) in (odd_name(), odd_name())) {
        let text = diagram(&[table(&one, &other), table(&other, &one)], Format::Dbml);
        for line in text.lines() {
            let mut quote = None;
            let mut chars = line.chars();
            while let Some(c) = chars.next() {
                match quote {
                    None if "\"'`".contains(c) => quote = Some(c),
                    Some('"' | '\'') if c == '\\' => drop(chars.next()),
                    Some(open) if c == open => quote = None,
                    _ => {}
                }
            }
            prop_assert_eq!(quote, None, "{}", line);
        }
    }

    #[test]
    fn a_picture_is_well_formed((one, other) in (odd_name(), odd_name())) {
        let text = diagram(&[table(&one, &other), table(&other, &one)], Format::Svg);
        let document = roxmltree::Document::parse(&text).expect("well-formed XML");
        let titles = document.descendants().filter(|node| node.attribute("class") == Some("title"));
        prop_assert_eq!(titles.count(), 2);
        let lines = document.descendants().filter(|node| node.has_tag_name("title"));
        prop_assert_eq!(lines.count(), 4);
    }
}
