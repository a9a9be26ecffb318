//! The snapshot of the schema beside each migration.

use std::fs;
use std::path::Path;

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, IndexDef, TableDef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::FolderError;

/// The format that is written. If a snapshot joins two branches, its format is `FORMAT_OF_MERGE`, and if it has views,
/// `FORMAT_OF_VIEWS`. With a full text index it is `FORMAT_OF_FULL_TEXT`. With an index that has a method or an operator class,
/// or a column of a type that only PostgreSQL has, it is `FORMAT_OF_METHODS`, the newest that can be read.
const FORMAT: u64 = 1;
const FORMAT_OF_MERGE: u64 = 2;
const FORMAT_OF_VIEWS: u64 = 3;
const FORMAT_OF_FULL_TEXT: u64 = 4;
const FORMAT_OF_METHODS: u64 = 5;

/// The schema after a migration, which the next migration is compared with.
///
/// Snapshots form a chain. Each has an id computed from its content and its parent's id, so two snapshots that were
/// created side by side from one parent can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    format: u64,
    /// The dialect of the migration.
    pub dialect: Dialect,
    /// The id: a digest of the parent's id, the dialect and the tables.
    pub id: String,
    /// The id of the previous snapshot; `None` for the first.
    pub parent: Option<String>,
    /// The id of the other branch's last snapshot, if this one joins two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<String>,
    /// The tables.
    pub tables: Vec<TableDef>,
}

/// The format, which says whether the rest can be read.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

impl Snapshot {
    /// Returns the snapshot of `tables` that follows `parent`.
    pub fn new(dialect: Dialect, parent: Option<&Self>, tables: Vec<TableDef>) -> Self {
        let parent = parent.map(|parent| parent.id.clone());
        let id = id(dialect, parent.as_deref(), None, &tables);
        Self { format: format(&tables, FORMAT), dialect, id, parent, merged: None, tables }
    }

    /// Returns the snapshot of `tables` that joins two branches.
    pub fn joining(parents: [&Self; 2], tables: Vec<TableDef>) -> Self {
        let dialect = parents[0].dialect;
        let [parent, merged] = parents.map(|parent| Some(parent.id.clone()));
        let id = id(dialect, parent.as_deref(), merged.as_deref(), &tables);
        Self { format: format(&tables, FORMAT_OF_MERGE), dialect, id, parent, merged, tables }
    }

    /// Returns the ids of the snapshots that it follows.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        self.parent.as_deref().into_iter().chain(self.merged.as_deref())
    }

    /// Returns the text of the file, which depends only on the content.
    pub fn text(&self) -> String {
        let mut text = json(self, true);
        text.push('\n');
        text
    }

    /// Reads the snapshot of a migration in the folder of `dialect`. Returns `None` if there is no such file.
    pub(super) fn read(path: &Path, dialect: Dialect) -> Result<Option<Self>, FolderError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FolderError::io("read", path)(error)),
        };
        let malformed = |problem: &str| {
            let advice =
                "restore it from version control, or delete the migration and run `generate` again";
            FolderError::malformed(path, format!("{problem}: {advice}"))
        };
        let unreadable =
            |error: serde_json::Error| malformed(&format!("this is not a snapshot ({error})"));
        let header: Header = serde_json::from_str(&text).map_err(unreadable)?;
        if header.format > FORMAT_OF_METHODS {
            return Err(FolderError::NewerFormat {
                path: path.to_owned(),
                found: header.format,
                known: FORMAT_OF_METHODS,
            });
        }
        let snapshot: Self = serde_json::from_str(&text).map_err(unreadable)?;
        if snapshot.dialect != dialect {
            let found = snapshot.dialect;
            return Err(malformed(&format!("the snapshot is for {found}, not for {dialect}")));
        }
        let Self { parent, merged, tables, .. } = &snapshot;
        if snapshot.id != id(dialect, parent.as_deref(), merged.as_deref(), tables) {
            return Err(malformed("the snapshot was edited: its id doesn't fit its content"));
        }
        Ok(Some(snapshot))
    }
}

/// Returns the format of a snapshot with these tables, or a newer one.
fn format(tables: &[TableDef], otherwise: u64) -> u64 {
    let has_method = |index: &IndexDef| {
        index.method.is_some() || index.parts.iter().any(|part| part.ops.is_some())
    };
    let is_other = |column: &ColumnDef| matches!(column.ty.item(), ColumnType::Other(_));
    if tables
        .iter()
        .any(|table| table.indexes.iter().any(has_method) || table.columns.iter().any(is_other))
    {
        FORMAT_OF_METHODS
    } else if tables.iter().any(|table| table.full_text.is_some()) {
        FORMAT_OF_FULL_TEXT
    } else if tables.iter().any(TableDef::is_view) {
        FORMAT_OF_VIEWS
    } else {
        otherwise
    }
}

fn id(dialect: Dialect, parent: Option<&str>, merged: Option<&str>, tables: &[TableDef]) -> String {
    let mut digest = Sha256::new();
    // The parts are unambiguous: an id contains no line break, nor does JSON text on one line.
    for part in [parent.unwrap_or_default(), dialect.name(), &json(tables, false)] {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    digest.update(merged.unwrap_or_default().as_bytes());
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json<T: Serialize + ?Sized>(value: &T, pretty: bool) -> String {
    let text =
        if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.expect("plain data with text for keys is always JSON")
}

#[cfg(test)]
mod tests {
    use orm_core::schema::IndexPart;

    use super::*;

    fn tables() -> Vec<TableDef> {
        vec![TableDef::new("users").column(ColumnDef::new("id", ColumnType::BigInt))]
    }

    fn read(text: &str) -> Result<Option<Snapshot>, FolderError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.json");
        fs::write(&path, text).unwrap();
        Snapshot::read(&path, Dialect::Sqlite)
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let first = Snapshot::new(Dialect::Sqlite, None, tables());
        let second = Snapshot::new(Dialect::Sqlite, Some(&first), tables());
        for snapshot in [&first, &second] {
            assert!(snapshot.text().ends_with("}\n"));
            assert_eq!(read(&snapshot.text()).unwrap().as_ref(), Some(snapshot));
        }
        assert_eq!(second.parent.as_deref(), Some(first.id.as_str()));
    }

    #[test]
    fn the_format_says_what_is_in_it() {
        let format = |table: TableDef| {
            let snapshot = Snapshot::new(Dialect::Postgres, None, vec![table]);
            assert!(snapshot.text().contains(&format!("\"format\": {},", snapshot.format)));
            snapshot.format
        };
        let index = |part| tables().remove(0).index(None, vec![part], false, None);
        let of_id = || IndexPart::column("id");
        assert_eq!(format(index(of_id())), FORMAT);
        assert_eq!(format(index(of_id()).using("btree")), FORMAT);
        assert_eq!(format(index(of_id()).using("brin")), FORMAT_OF_METHODS);
        assert_eq!(format(index(of_id().ops("int8_minmax_ops"))), FORMAT_OF_METHODS);
        let other = ColumnType::Other("macaddr".into());
        for ty in [other.clone(), other.array()] {
            assert_eq!(
                format(TableDef::new("t").column(ColumnDef::new("c", ty))),
                FORMAT_OF_METHODS
            );
        }
    }

    #[test]
    fn the_id_is_that_of_parent_dialect_and_tables() {
        let first = Snapshot::new(Dialect::Sqlite, None, tables());
        // The id must stay the same: a different id on another machine, or in a later version, would break every
        // existing folder.
        insta::assert_snapshot!(first.id, @"c4d241206dbfd538548d67249451aa7a21114219b3b34911b44ece4583405f2f");
        assert_eq!(first, Snapshot::new(Dialect::Sqlite, None, tables()));
        for other in [
            Snapshot::new(Dialect::Postgres, None, tables()),
            Snapshot::new(Dialect::Sqlite, Some(&first), tables()),
            Snapshot::new(Dialect::Sqlite, None, Vec::new()),
        ] {
            assert_ne!(other.id, first.id);
        }
    }

    #[test]
    fn what_can_not_be_used_is_refused() {
        let good = Snapshot::new(Dialect::Sqlite, None, tables());
        let next = FORMAT_OF_METHODS + 1;
        let newer = good.text().replace("\"format\": 1", &format!("\"format\": {next}"));
        let newer = newer.replace("tables", "units");
        let edited = good.text().replace("\"users\"", "\"people\"");
        let other = Snapshot::new(Dialect::Postgres, None, tables()).text();
        for (text, says) in [
            (
                newer.as_str(),
                "has format 6, and this version of mizzle reads formats up to 5: update mizzle",
            ),
            (&edited, "the snapshot was edited: its id doesn't fit its content: restore it"),
            (&other, "the snapshot is for PostgreSQL, not for SQLite"),
            ("<<<<<<< HEAD", "this is not a snapshot (expected value at line 1 column 1)"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
