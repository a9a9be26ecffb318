//! Text as a document. serde_json would turn numbers into floating point ones.

use std::collections::BTreeMap;

use super::{Document, Key};
use crate::types::{check_decimal, parse_digits};

/// The most levels of arrays and objects, as for the documents that a program writes.
const DEEPEST: usize = 127;

impl Document {
    /// Returns nothing if the text isn't JSON, is too deep, or has a number that no `numeric` can hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { text, at: 0 };
        let document = parser.value(0)?;
        parser.skip_space();
        (parser.at == text.len()).then_some(document)
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn value(&mut self, depth: usize) -> Option<Document> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.string().map(Document::String),
            b'-' | b'0'..=b'9' => self.number().map(Document::Number),
            _ => {
                let words = [
                    ("null", Document::Null),
                    ("true", Document::Bool(true)),
                    ("false", Document::Bool(false)),
                ];
                let (word, value) = words.into_iter().find(|(word, _)| {
                    self.text.as_bytes()[self.at..].starts_with(word.as_bytes())
                })?;
                self.at += word.len();
                Some(value)
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Document> {
        let mut items = Vec::new();
        self.list(depth, b']', |parser| {
            items.push(parser.value(depth)?);
            Some(())
        })?;
        Some(Document::Array(items))
    }

    fn object(&mut self, depth: usize) -> Option<Document> {
        let mut members = BTreeMap::new();
        self.list(depth, b'}', |parser| {
            parser.skip_space();
            let key = parser.string()?;
            parser.skip_space();
            parser.take(b':')?;
            // The last of equal keys wins.
            members.insert(Key(key), parser.value(depth)?);
            Some(())
        })?;
        Some(Document::Object(members))
    }

    /// Reads items between commas, from the opening bracket to `end`.
    fn list(
        &mut self,
        depth: usize,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.at += 1;
        self.skip_space();
        if self.take(end).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if self.take(end).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.take(b'"')?;
        let mut is_plain = true;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_plain = false;
                    self.at += 2;
                }
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let token = self.text.get(start..self.at)?;
        if is_plain {
            return Some(token[1..token.len() - 1].to_owned());
        }
        serde_json::from_str(token).ok()
    }

    /// Returns a number as PostgreSQL writes it.
    fn number(&mut self) -> Option<String> {
        let start = self.at;
        let is_negative = self.take(b'-').is_some();
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        let is_plain = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if self.take(b'+').is_none() {
                let _ = self.take(b'-');
            }
            self.digits()?;
        }
        let token = &self.text[start..self.at];
        let is_zero = token
            .bytes()
            .take_while(|byte| !matches!(byte, b'e' | b'E'))
            .all(|byte| !(b'1'..=b'9').contains(&byte));
        // A double has 17 digits, and a document hardly more.
        if is_plain == self.at && token.len() < 1000 {
            let token = if is_negative && is_zero { &token[1..] } else { token };
            return Some(token.to_owned());
        }
        let exponent = self.text[is_plain..self.at].trim_start_matches(['e', 'E', '+', '-']);
        // Few characters could stand for gigabytes.
        if exponent.trim_start_matches('0').len() > 6 {
            return None;
        }
        let number = parse_digits(token)?;
        check_decimal(&number).ok()?;
        // The library writes a zero for each power of ten.
        let number = if is_zero {
            number.with_scale(number.fractional_digit_count().max(0))
        } else {
            number
        };
        Some(number.to_plain_string())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn writes_what_jsonb_writes() {
        for (text, written) in [
            ("1e2", "100"),
            ("1.50", "1.50"),
            ("15e-1", "1.5"),
            ("1.50e-1", "0.150"),
            ("1.5E+1", "15"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("-0e3", "0"),
            ("12345678901234567890.123", "12345678901234567890.123"),
            (
                r#" { "bb" : [ 1 , {} ] , "a" : null , "a" : true } "#,
                r#"{"a": true, "bb": [1, {}]}"#,
            ),
            (r#""\u0041\ud83d\ude00\u001f\/\n""#, "\"A😀\\u001f/\\n\""),
            ("[]", "[]"),
        ] {
            assert_eq!(
                Document::parse(text).map(|document| document.to_string()).as_deref(),
                Some(written),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_document() {
        let deep = "[".repeat(128) + &"]".repeat(128);
        for text in [
            "",
            " ",
            "nul",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "1e9999999",
            "1e200000",
            "[1,]",
            "[1",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1,}",
            "\"",
            "\"\\",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\n\"",
            "1 2",
            "truex",
            "'a'",
            &deep,
        ] {
            assert!(Document::parse(text).is_none(), "{text}");
        }
        assert!(Document::parse(&deep[1..deep.len() - 1]).is_some());
    }
}
