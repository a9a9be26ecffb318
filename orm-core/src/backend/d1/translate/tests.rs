//! What D1 gets for what SQLite would get.

use super::*;
use crate::backend::d1::value::Value;

fn bound(value: Value) -> Bound {
    Bound { value, loose: None }
}

fn text(text: &str) -> Bound {
    Bound::text(text)
}

fn number(number: i64) -> Bound {
    bound(Value::Integer(number))
}

fn decimal(digits: &str) -> Bound {
    Bound { value: Value::Text(digits.into()), loose: Some("decimal numbers") }
}

/// Returns the SQL and the texts of its parameters.
fn sent(sql: &str, values: &[Bound]) -> (String, Vec<String>) {
    let translated = translate(sql, values).expect(sql);
    let text = |param| match param {
        Param::Text(text) => text,
        Param::Number(number) => number.to_string(),
    };
    (translated.sql, translated.params.into_iter().map(text).collect())
}

fn refused(sql: &str, values: &[Bound]) -> String {
    match translate(sql, values) {
        Ok(translated) => panic!("{sql} became {}", translated.sql),
        Err(error) => error.to_string(),
    }
}

#[test]
fn values_stand_where_their_parameters_did() {
    for (sql, values, expected, params) in [
        ("SELECT ?, ?", vec![number(1), text("a")], "SELECT 1, ?1", vec!["a"]),
        ("SELECT ?2, ?1, ?2", vec![text("a"), text("b")], "SELECT ?1, ?2, ?1", vec!["b", "a"]),
        ("SELECT :a, :b, :a", vec![text("a"), number(-2)], "SELECT ?1, (-2), ?1", vec!["a"]),
        ("SELECT a FROM t ORDER BY ?", vec![number(1)], "SELECT a FROM t ORDER BY (1+0)", vec![]),
        ("SELECT '?', \"a?\" -- ?\n;", vec![], "SELECT '?', `a?`", vec![]),
        ("SELECT a-?", vec![number(-1)], "SELECT a-(-1)", vec![]),
    ] {
        let (written, sent) = sent(sql, &values);
        assert_eq!(
            (written.as_str(), sent),
            (expected, params.into_iter().map(str::to_owned).collect())
        );
    }
    assert!(refused("SELECT ?, ?", &[number(1)]).contains("has 2 parameters, but 1 values"));
    assert!(
        refused("SELECT ?", &[number(1), number(2)]).contains("has 1 parameters, but 2 values")
    );
}

#[test]
fn names_stay_texts_in_ddl() {
    assert_eq!(sent("CREATE TABLE \"t\" (\"a\")", &[]).0, "CREATE TABLE \"t\" (\"a\")");
}

#[test]
fn patterns_are_written_for_glob() {
    let (sql, params) = sent("SELECT (a GLOB :mizzle_like_1)", &[text("a%_*")]);
    assert_eq!(
        (sql.as_str(), params.as_slice()),
        ("SELECT (a GLOB ?1)", &["a*?[*]".to_owned()][..])
    );
    let (sql, params) = sent("SELECT (a GLOB mizzle_glob(?, ?))", &[text("a!%"), text("!")]);
    assert_eq!((sql.as_str(), params.as_slice()), ("SELECT (a GLOB ?1)", &["a%".to_owned()][..]));
    assert!(refused("SELECT a GLOB mizzle_glob(b)", &[]).contains("pattern"));
    assert!(
        refused("SELECT (a GLOB :mizzle_like_1)", &[text(&"a".repeat(51))]).contains("50 bytes")
    );
}

#[test]
fn letters_of_any_language_lose_their_case() {
    let (sql, params) = sent("SELECT mizzle_ilike(a, ?)", &[text("zürich")]);
    assert!(sql.starts_with("SELECT (replace(") && sql.ends_with(" ESCAPE '\\')"), "{sql}");
    assert!(params.contains(&"Ü".to_owned()) && params.contains(&"zürich".to_owned()));
    let (sql, params) = sent("SELECT mizzle_ilike(a, ?)", &[text("AB%")]);
    assert_eq!(
        (sql.as_str(), params.as_slice()),
        ("SELECT (a LIKE ?1 ESCAPE '\\')", &["AB%".to_owned()][..])
    );
}

#[test]
fn calls_become_plain_sql() {
    assert_eq!(sent("SELECT 1 LIMIT mizzle_rows(?)", &[number(3)]).0, "SELECT 1 LIMIT 3");
    let negative = refused("SELECT 1 LIMIT mizzle_rows(?)", &[number(-3)]);
    assert!(negative.contains("is negative"), "{negative}");
    let (sql, _) = sent("SELECT mizzle_checked(0, 32, `a`, ?)", &[number(1)]);
    assert!(sql.contains("typeof((`a`) + (1))") || sql.contains("typeof((`a`)"), "{sql}");
    assert!(!sql.contains("mizzle_checked"), "{sql}");
    let (sql, _) = sent("SELECT CAST(mizzle_text(value) AS TEXT) FROM json_each(?)", &[text("[]")]);
    assert_eq!(sql, "SELECT CAST(unhex(value) AS TEXT) FROM json_each(?1)");
    assert!(refused("SELECT decimal_sum(a) FROM t", &[]).contains("decimal numbers"));
}

#[test]
fn what_would_compare_texts_is_refused() {
    let price = "\"t\".\"price\" COLLATE decimal";
    let plain = "`t`.`price`";
    for (sql, expected) in [
        (format!("SELECT {price}, 1 FROM t"), format!("SELECT {plain}, 1 FROM t")),
        (format!("SELECT {price} AS p FROM t"), format!("SELECT {plain} AS p FROM t")),
        (format!("SELECT count({price}) FROM t"), format!("SELECT count({plain}) FROM t")),
        (
            format!("SELECT 1 FROM t WHERE ({price} IS NOT NULL)"),
            format!("SELECT 1 FROM t WHERE ({plain} IS NOT NULL)"),
        ),
    ] {
        assert_eq!(sent(&sql, &[]).0, expected);
    }
    for sql in [
        format!("SELECT ({price} > '1') FROM t"),
        format!("SELECT max({price}) FROM t"),
        format!("SELECT 1 FROM t WHERE {price} > '1'"),
        format!("SELECT 1 FROM t WHERE {price} = (SELECT {price} FROM t)"),
        format!("SELECT 1 FROM t WHERE {price} IN (SELECT value FROM json_each(?))"),
        format!("SELECT DISTINCT {price} FROM t"),
        format!("SELECT {price} FROM t UNION SELECT {price} FROM t"),
        format!("SELECT 1 FROM t WHERE (1) IN (SELECT {price} FROM t)"),
        format!("SELECT CASE WHEN {price} > '1' THEN 1 END FROM t"),
        format!("SELECT 1 FROM t WHERE coalesce({price}, ?) > ?"),
        "SELECT 1 FROM t WHERE \"price\" IN (SELECT value FROM json_each(?))".to_owned(),
        "DELETE FROM t WHERE \"price\" = ?".to_owned(),
    ] {
        let values = vec![decimal("1.50"); sql.matches('?').count()];
        assert!(refused(&sql, &values).contains("decimal numbers"), "{sql}");
    }
    let one = decimal("1.50");
    assert_eq!(
        sent("UPDATE t SET \"price\" = ?", std::slice::from_ref(&one)).0,
        "UPDATE t SET `price` = ?1"
    );
    assert_eq!(sent("INSERT INTO t VALUES (?)", &[one]).0, "INSERT INTO t VALUES (?1)");
}

#[test]
fn decimals_are_compared_by_their_keys() {
    let price = "\"t\".\"price\" COLLATE decimal";
    let key = decimals::key_of("`t`.`price`");
    for (sql, expected) in [
        (
            format!("SELECT 1 FROM t WHERE ({price} > ?)"),
            format!("SELECT 1 FROM t WHERE ({key} > ?1)"),
        ),
        (
            format!("SELECT 1 FROM t WHERE ({price}) >= ?"),
            format!("SELECT 1 FROM t WHERE ({key}) >= ?1"),
        ),
        (format!("SELECT ({price} = ?) FROM t"), format!("SELECT ({key} = ?1) FROM t")),
        (
            format!("SELECT 1 FROM t WHERE {price} IN (?)"),
            format!("SELECT 1 FROM t WHERE {key} IN (?1)"),
        ),
        (
            format!("SELECT 1 FROM t GROUP BY {price} HAVING max({price}) = ?"),
            format!("SELECT 1 FROM t GROUP BY {key} HAVING max({key}) = ?1"),
        ),
    ] {
        let (sql, params) = sent(&sql, &[decimal("1.50")]);
        assert_eq!((sql, params), (expected, vec!["200000115".to_owned()]));
    }
    let (sql, _) = sent(&format!("SELECT {price} FROM t ORDER BY {price} DESC, 1"), &[]);
    assert_eq!(sql, format!("SELECT `t`.`price` FROM t ORDER BY {key} DESC, 1"));
    let (sql, _) = sent(&format!("SELECT 1 FROM t WHERE {price} < {price}"), &[]);
    assert_eq!(sql, format!("SELECT 1 FROM t WHERE {key} < {key}"));
    let (sql, params) = sent(&format!("SELECT {price}, ? FROM t"), &[decimal("1.50")]);
    assert_eq!((sql.as_str(), params), ("SELECT `t`.`price`, ?1 FROM t", vec!["1.50".to_owned()]));
}

#[test]
fn bound_decimals_may_say_their_collation() {
    let price = "\"t\".\"price\" COLLATE decimal";
    let key = decimals::key_of("`t`.`price`");
    let one = [decimal("1.50")];
    for (sql, expected, param) in [
        (
            "UPDATE t SET \"price\" = (? COLLATE decimal) WHERE \"id\" = 1".to_owned(),
            "UPDATE t SET `price` = (?1) WHERE `id` = 1".to_owned(),
            "1.50",
        ),
        ("SELECT (? COLLATE decimal)".to_owned(), "SELECT (?1)".to_owned(), "1.50"),
        (
            format!("SELECT 1 FROM t WHERE ({price} = (? COLLATE decimal))"),
            format!("SELECT 1 FROM t WHERE ({key} = (?1))"),
            "200000115",
        ),
        (
            format!("SELECT ({price} < (? COLLATE decimal)) FROM t"),
            format!("SELECT ({key} < (?1)) FROM t"),
            "200000115",
        ),
    ] {
        assert_eq!(sent(&sql, &one), (expected, vec![param.to_owned()]));
    }
    for sql in [
        format!("SELECT ((? COLLATE decimal) > {price}) FROM t"),
        "SELECT ((? COLLATE decimal) = (? COLLATE decimal))".to_owned(),
        format!("SELECT coalesce({price}, (? COLLATE decimal)) FROM t"),
        format!("SELECT 1 FROM t WHERE ((? COLLATE decimal) > {price})"),
    ] {
        let values = vec![decimal("1.50"); sql.matches('?').count()];
        assert!(refused(&sql, &values).contains("decimal numbers"), "{sql}");
    }
}
