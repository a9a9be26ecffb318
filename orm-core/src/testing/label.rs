//! The names of tests, as parts of other names.

use sha2::{Digest, Sha256};

use super::case::hex;

/// Returns so many hexadecimal digits that stand for these texts.
pub(super) fn digits(texts: &[&str], count: usize) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut digits = hex(&hash.finalize());
    digits.truncate(count);
    digits
}

/// Returns a test's name as that of a file: readable, and different for each test.
#[cfg(feature = "sqlite")]
pub(super) fn file_name(package: &str, test: &str) -> String {
    /// Names of files have at most 255 bytes nearly everywhere, and the database's other files have longer ones.
    const LONGEST: usize = 160;
    let mut name: String = test
        .replace("::", ".")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
        .collect();
    name.truncate(LONGEST);
    format!("{name}-{}", digits(&[package, test], 8))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn file_names_differ_and_are_short() {
        let long = "a::".repeat(200);
        let names = [
            file_name("shop", "orders::paid::on_sqlite"),
            file_name("bank", "orders::paid::on_sqlite"),
            file_name("shop", "orders_paid::on_sqlite"),
            file_name("shop", &format!("{long}a")),
            file_name("shop", &format!("{long}b")),
            file_name("shop", "größe/../x"),
        ];
        assert!(names[0].starts_with("orders.paid.on_sqlite-"), "{}", names[0]);
        for (place, name) in names.iter().enumerate() {
            assert!(name.len() < 200 && !name.contains('/'), "{name}");
            assert!(!names[..place].contains(name), "{name}");
        }
    }
}
