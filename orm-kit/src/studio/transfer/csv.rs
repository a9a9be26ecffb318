//! CSV, with the difference between an empty field and an empty text in quotes: the first is NULL. The crate `csv` doesn't
//! report it.

use super::super::failure::{Failure, Result};

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

/// A record, with the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) fields: Vec<Field>,
}

/// Writes a field. NULL is `None`.
pub(super) fn write(field: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(field) = field else { return };
    let is_special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    let has_space = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    let quoted = field.is_empty()
        || field.iter().any(is_special)
        || has_space(field.first())
        || has_space(field.last());
    if !quoted {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for byte in field {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Reads all records. Empty lines are none.
///
/// # Errors
/// If a quote is never closed, or text follows a closed one.
pub(super) fn read(text: &str) -> Result<Vec<Record>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1 };
    let mut records = Vec::new();
    while !reader.rest.is_empty() {
        let record = reader.record()?;
        let is_empty =
            matches!(record.fields.as_slice(), [one] if !one.is_quoted && one.text.is_empty());
        if !is_empty {
            records.push(record);
        }
    }
    Ok(records)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl Reader<'_> {
    fn record(&mut self) -> Result<Record> {
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            self.end_line();
            return Ok(Record { line, fields });
        }
    }

    fn end_line(&mut self) {
        let rest = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\n', '\r']));
        if let Some(rest) = rest {
            self.rest = rest;
            self.line += 1;
        }
    }

    fn field(&mut self) -> Result<Field> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(Field { text: text.into(), is_quoted: false });
        };
        let line = self.line;
        self.rest = quoted;
        let mut text = String::new();
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(wrong(line, "a quote is never closed"));
            };
            let (part, rest) = (&self.rest[..end], &self.rest[end + 1..]);
            text.push_str(part);
            self.line += part.matches('\n').count();
            match rest.strip_prefix('"') {
                Some(rest) => {
                    text.push('"');
                    self.rest = rest;
                }
                None => {
                    self.rest = rest;
                    break;
                }
            }
        }
        if !self.rest.is_empty() && !self.rest.starts_with([',', '\n', '\r']) {
            return Err(wrong(self.line, "text follows a closing quote"));
        }
        Ok(Field { text, is_quoted: true })
    }
}

fn wrong(line: usize, what: &str) -> Failure {
    Failure::request(format!("line {line} of the CSV: {what}"))
        .advised("fields with a comma, a quote or a line break stand in quotes, and quotes in them are doubled")
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn what_is_written_reads_back() {
        let rows: Vec<Vec<Option<&str>>> = vec![
            vec![Some("a"), None, Some("")],
            vec![Some("a,b"), Some("say \"hi\""), Some("two\nlines\r\nand more")],
            vec![Some(" space "), Some("\""), Some("ü")],
            vec![None, None, None],
        ];
        let mut out = Vec::new();
        for row in &rows {
            for (place, field) in row.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(field.map(str::as_bytes), &mut out);
            }
            out.extend_from_slice(b"\r\n");
        }
        let text = String::from_utf8(out).expect("UTF-8");
        let records = read(&text).expect("CSV");
        let back: Vec<Vec<Option<&str>>> = records
            .iter()
            .map(|record| {
                let fields = record.fields.iter();
                fields
                    .map(|field| {
                        (field.is_quoted || !field.text.is_empty()).then_some(field.text.as_str())
                    })
                    .collect()
            })
            .collect();
        assert_eq!(back, rows);
        assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 2, 5, 6]);
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, line) in
            [("a,b\n\"c", "line 2"), ("\"a\"b", "line 1"), ("\"a\n\n\"x\n", "line 3")]
        {
            let failure = read(text).expect_err(text);
            assert!(failure.message.contains(line), "{text:?}: {}", failure.message);
        }
        assert!(read("\n\n").expect("nothing").is_empty());
    }
}
