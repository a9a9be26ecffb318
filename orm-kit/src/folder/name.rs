//! Names of migrations.

use heck::ToSnakeCase;

use super::FolderError;
use crate::diff::{Diff, TableChange};

/// File systems allow 255 bytes for a folder's name, which also contains the version.
const MAX_BYTES: usize = 200;

/// Keeps a default name short enough for people to read.
const MAX_DEFAULT_BYTES: usize = 60;

/// Returns a migration's name as part of a folder's name: letters and digits in snake case.
///
/// # Errors
/// Fails if the name has no letter or digit, or is too long.
pub fn safe_name(name: &str) -> Result<String, FolderError> {
    let safe = name.to_snake_case();
    let problem = if safe.is_empty() {
        "it has no letter or digit"
    } else if safe.len() > MAX_BYTES {
        "it is too long; the folder's name must stay under 255 bytes"
    } else {
        return Ok(safe);
    };
    Err(FolderError::Name { name: name.into(), problem })
}

/// Returns a default name from the changes of a migration: `create_users_posts`, `alter_users`.
pub fn default_name(diff: &Diff) -> String {
    let mut words = [
        ("create", Vec::new()),
        ("rename", Vec::new()),
        ("alter", Vec::new()),
        ("drop", Vec::new()),
    ];
    for change in &diff.tables {
        let (verb, table) = match change {
            TableChange::Create(table) => (0, table.name.clone()),
            TableChange::Alter(change) if change.from.name != change.to.name => {
                (1, format!("{} to {}", change.from.name, change.to.name))
            }
            TableChange::Alter(change) => (2, change.to.name.clone()),
            TableChange::Drop(table) => (3, table.name.clone()),
        };
        words[verb].1.push(table.to_snake_case());
    }
    for view in diff.views.created() {
        words[0].1.push(view.name.to_snake_case());
    }
    for view in diff.views.changed() {
        words[2].1.push(view.name.to_snake_case());
    }
    for view in diff.views.dropped() {
        words[3].1.push(view.name.to_snake_case());
    }
    let mut parts: Vec<String> = Vec::new();
    let mut left_out = 0_usize;
    let mut bytes = 0;
    for (verb, tables) in words {
        let mut verb = Some(verb);
        for table in tables.iter().filter(|table| !table.is_empty()) {
            bytes += table.len() + 1;
            if !parts.is_empty() && bytes > MAX_DEFAULT_BYTES {
                left_out += 1;
                continue;
            }
            parts.extend(verb.take().map(str::to_owned));
            parts.push(table.chars().take(MAX_DEFAULT_BYTES / 2).collect());
        }
    }
    if left_out > 0 {
        parts.push(format!("and_{left_out}_more"));
    }
    if parts.is_empty() { "change_types".into() } else { parts.join("_") }
}

#[cfg(test)]
mod tests {
    use orm_core::schema::TableDef;

    use super::*;
    use crate::diff::{Alteration, Views};

    fn named(tables: Vec<TableChange>) -> String {
        let (from, to, enums) = (Vec::new(), Vec::new(), Vec::new());
        default_name(&Diff { from, to, enums, tables, views: Views::default() })
    }

    fn create(name: &str) -> TableChange {
        TableChange::Create(TableDef::new(name))
    }

    fn alter(from: &str, to: &str) -> TableChange {
        let (from, to) = (TableDef::new(from), TableDef::new(to));
        TableChange::Alter(Box::new(Alteration { from, to, columns: Vec::new() }))
    }

    #[test]
    fn a_name_is_made_safe() {
        for (name, safe) in [
            ("add nick", "add_nick"),
            ("Add Nick!", "add_nick"),
            ("addNick", "add_nick"),
            ("../../etc/passwd", "etc_passwd"),
            ("v2: users", "v2_users"),
            ("größe", "größe"),
        ] {
            assert_eq!(safe_name(name).unwrap(), safe);
        }
        assert_eq!(
            safe_name("…").unwrap_err().to_string(),
            "\"…\" can't name a migration: it has no letter or digit"
        );
        assert!(safe_name(&"x".repeat(300)).is_err());
    }

    #[test]
    fn a_default_name_says_what_happens() {
        assert_eq!(named(vec![create("users"), create("posts")]), "create_users_posts");
        assert_eq!(named(vec![alter("users", "users")]), "alter_users");
        assert_eq!(
            named(vec![
                alter("users", "people"),
                create("posts"),
                TableChange::Drop(TableDef::new("logs"))
            ]),
            "create_posts_rename_users_to_people_drop_logs"
        );
        assert_eq!(named(vec![create("Odd name/…")]), "create_odd_name");
        assert_eq!(named(vec![create("…")]), "change_types");
        let many = (0..30).map(|number| create(&format!("table{number}"))).collect();
        assert_eq!(
            named(many),
            "create_table0_table1_table2_table3_table4_table5_table6_table7_and_22_more"
        );
    }
}
