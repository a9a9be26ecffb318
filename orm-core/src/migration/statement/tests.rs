use super::*;

fn texts(sql: &str, dialect: Dialect) -> Vec<&str> {
    split(sql, dialect).iter().map(Statement::text).collect()
}

#[test]
fn semicolons_end_statements() {
    for dialect in Dialect::ALL {
        assert_eq!(texts("", dialect), [""; 0]);
        assert_eq!(texts(" ; ;\n-- nothing\n/* at all */", dialect), [""; 0]);
        assert_eq!(texts("a; b c ;d", dialect), ["a", "b c", "d"]);
        assert_eq!(texts("\u{feff}a;b", dialect), ["a", "b"]);
        assert_eq!(texts("a -- x;\n;b /* ; */ c", dialect), ["a -- x;", "b /* ; */ c"]);
        assert_eq!(texts("a 'x;''y;' \"q;\"\"\" ü;b", dialect), ["a 'x;''y;' \"q;\"\"\" ü", "b"]);
        assert_eq!(texts("a 'never closed; b", dialect), ["a 'never closed; b"]);
    }
}

#[test]
fn comments_lead_a_statement() {
    let sql = "-- first\nSELECT 1;\n\n-- guard: 1 of\n--  {rows}\n/* x */ SELECT\n 2; -- after\n";
    let statements = split(sql, Dialect::Sqlite);
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0].sql(), "SELECT 1");
    assert_eq!(statements[0].line(), 2);
    assert_eq!(statements[0].guard(), None);
    assert_eq!(statements[1].sql(), "SELECT\n 2");
    assert_eq!(statements[1].short(), "SELECT 2");
    assert_eq!(statements[1].line(), 6);
    assert_eq!(statements[1].guard().as_deref(), Some("1 of {rows}"));
}

#[test]
fn triggers_hold_statements() {
    let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN\n\
                   UPDATE a SET x = CASE WHEN 1 THEN 2 END; -- ;\n SELECT 'END;'; END";
    let sql = format!("{trigger};SELECT 1; create trigger u BEGIN SELECT 1; end; x");
    let statements = texts(&sql, Dialect::Sqlite);
    assert_eq!(statements, [trigger, "SELECT 1", "create trigger u BEGIN SELECT 1; end", "x"]);
    let names = "CREATE TABLE [a;b] (`c;d`); x";
    assert_eq!(texts(names, Dialect::Sqlite), ["CREATE TABLE [a;b] (`c;d`)", "x"]);
}

#[test]
fn postgres_quotes_by_dollars_and_more() {
    for statement in [
        "DO $$ BEGIN PERFORM 1; END $$",
        "DO $a$ x; $$ y; $b$ $a$",
        "SELECT E'it\\'s;', e'\\\\', 'back\\'",
        "SELECT a$b; ",
        "/* a /* b; */ c; */ SELECT 1",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "create or replace procedure p() begin atomic select 1; end",
        "SELECT $1",
    ] {
        let statement = statement.trim_end_matches("; ");
        let sql = format!("{statement};SELECT 'next'");
        assert_eq!(texts(&sql, Dialect::Postgres), [statement, "SELECT 'next'"]);
    }
}

#[test]
fn transactions_are_seen() {
    for (sql, control) in [
        ("begin immediate", Some(Control::Begin)),
        ("/* x */ START TRANSACTION", Some(Control::Begin)),
        ("COMMIT", Some(Control::Commit)),
        ("END TRANSACTION", Some(Control::Commit)),
        ("ROLLBACK", Some(Control::RollBack)),
        ("ROLLBACK TO SAVEPOINT a", None),
        ("SELECT 'BEGIN'", None),
    ] {
        assert_eq!(split(sql, Dialect::Postgres)[0].control(), control, "{sql}");
    }
}

proptest::proptest! {
    /// Whatever the text, only semicolons are lost, and nothing panics.
    #[test]
    fn nothing_is_lost(sql in "[a-zE$@'\"`;\\-/*()\\[\\]\\n\\r\\\\ ü\u{a0}\u{feff}]{0,60}") {
        for dialect in Dialect::ALL {
            let mut at = 0;
            for statement in split(&sql, dialect) {
                let found = sql[at..].find(statement.text());
                proptest::prop_assert!(found.is_some());
                at += found.unwrap_or_default() + statement.text().len();
                proptest::prop_assert!(!statement.sql().is_empty());
            }
        }
    }
}
