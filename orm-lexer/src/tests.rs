use super::TokenKind::*;
use super::*;

fn parts(sql: &str, rules: Rules) -> Vec<(TokenKind, &str)> {
    tokens(sql, rules).iter().map(Token::parts).collect()
}

fn values(sql: &str, rules: Rules) -> Vec<Option<String>> {
    tokens(sql, rules).iter().map(|token| token.value().map(Cow::into_owned)).collect()
}

#[test]
fn every_kind_of_token() {
    let both = [
        (Word, "a_1"),
        (Text, "'it''s'"),
        (QuotedName, "\"q\"\"x\""),
        (Blob, "x'0aFF'"),
        (Number, "1.5e-3"),
        (Number, ".5"),
        (Symbol, "<"),
        (Symbol, "="),
        (Word, "ü$"),
    ];
    let sql = "a_1 'it''s' \"q\"\"x\" x'0aFF' 1.5e-3 .5 <= -- end\n /* c */ ü$";
    for rules in [Rules::Sqlite, Rules::Postgres] {
        assert_eq!(parts(sql, rules), both);
    }
    assert_eq!(
        parts("`b` [c d] 0x1F ?1 ? :a @b $c::d(e) 'a\\'", Rules::Sqlite),
        [
            (QuotedName, "`b`"),
            (QuotedName, "[c d]"),
            (Number, "0x1F"),
            (Parameter, "?1"),
            (Parameter, "?"),
            (Parameter, ":a"),
            (Parameter, "@b"),
            (Parameter, "$c::d(e)"),
            (Text, "'a\\'"),
        ]
    );
    assert_eq!(
        parts("a[1] $1 E'it\\'s' $$a$$ $b$c$b$ 1..2 a.b", Rules::Postgres),
        [
            (Word, "a"),
            (Symbol, "["),
            (Number, "1"),
            (Symbol, "]"),
            (Parameter, "$1"),
            (Text, "E'it\\'s'"),
            (Text, "$$a$$"),
            (Text, "$b$c$b$"),
            (Number, "1"),
            (Symbol, "."),
            (Number, ".2"),
            (Word, "a"),
            (Symbol, "."),
            (Word, "b"),
        ]
    );
}

#[test]
fn values_have_no_quotes() {
    let some =
        |values: &[&str]| values.iter().map(|value| Some((*value).to_owned())).collect::<Vec<_>>();
    assert_eq!(
        values("'it''s' \"q\"\"x\" x'0aFF' 1.5 '' '''' a", Rules::Sqlite),
        some(&["it's", "q\"x", "0aFF", "1.5", "", "'", "a"])
    );
    assert_eq!(values("`a``b` [c d]", Rules::Sqlite), some(&["a`b", "c d"]));
    assert_eq!(
        values("E'it\\'s \\\\ ''\\n' $$a'$$ $b$c$b$", Rules::Postgres),
        some(&["it's \\ '\n", "a'", "c"])
    );
    assert_eq!(values("E'\\x41' E'a'\n'b'", Rules::Postgres), [None, None]);
}

#[test]
fn what_never_ends_ends_with_the_text() {
    for rules in [Rules::Sqlite, Rules::Postgres] {
        assert_eq!(values("'a''b", rules), [Some("a'b".to_owned())]);
        assert_eq!(values("'a''", rules), [Some("a'".to_owned())]);
        assert_eq!(values("\"", rules), [Some(String::new())]);
        assert_eq!(parts("a -- b", rules), [(Word, "a")]);
        assert_eq!(parts("a /* b", rules), [(Word, "a")]);
        assert_eq!(parts("", rules), []);
    }
    assert_eq!(values("[a", Rules::Sqlite), [Some("a".to_owned())]);
    assert_eq!(values("$$a", Rules::Postgres), [Some("a".to_owned())]);
    assert_eq!(values("E'a", Rules::Postgres), [None]);
}

#[test]
fn parentheses_around_all_go() {
    for rules in [Rules::Sqlite, Rules::Postgres] {
        for (sql, expected) in [
            ("((a > 0))", "a > 0"),
            ("(a) + (b)", "(a) + (b)"),
            ("( a )", "a"),
            ("(')')", "')'"),
            ("((a) + (b))", "(a) + (b)"),
            ("lower(a)", "lower(a)"),
            ("(a", "(a"),
            ("a)", "a)"),
            ("(a) -- b", "(a) -- b"),
        ] {
            assert_eq!(without_parentheses(sql, rules), expected);
        }
    }
}

const PIECES: &str = "(a|1|\\.|e|E'|x'|'|\"|`|\\[|\\]|\\$|\\$a\\$|\\\\|-|--|/\\*|\\*/|\\?|:|@| |\n|\r|\u{b}|é|\u{feff}|\\(|\\)){0,20}";

proptest::proptest! {
    /// For any text, the tokens and the space between them are the whole text, and nothing panics.
    #[test]
    fn nothing_is_lost(sql in PIECES) {
        for rules in [Rules::Sqlite, Rules::Postgres] {
            let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
            let mut end = 0;
            for token in Lexer::new(&sql, rules) {
                proptest::prop_assert!(token.start >= end && !token.text.is_empty());
                let between = &sql[end..token.start];
                proptest::prop_assert!(between.chars().all(is_space));
                end = token.end();
                let _ = token.value();
            }
            let _ = without_parentheses(&sql, rules);
        }
    }
}
