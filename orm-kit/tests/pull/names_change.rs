//! Tables and columns of databases that others made get other names, and their own again.

use orm_core::Db;
use orm_core::migration::run_script;
use orm_core::schema::{IndexKey, TableDef};
use orm_kit::diff::{Hints, diff};
use orm_kit::introspect::{introspect, normal_form};
use orm_kit::managed::{Asked, Managed};
use orm_kit::render::render;

/// What gets another name.
#[derive(Debug, Clone)]
pub struct Rename {
    /// The table, by its name before.
    table: String,
    /// The column, or the table itself.
    column: Option<String>,
    new: String,
}

/// A rename of what no expression mentions: those are text, which a person would change along.
pub fn rename(mut below: impl FnMut(usize) -> usize, tables: &[TableDef]) -> Option<Rename> {
    let place = below(tables.len());
    let table = &tables[place];
    if below(3) == 0 {
        return Some(Rename {
            table: table.name.clone(),
            column: None,
            new: "renamed here".into(),
        });
    }
    let mentions = |name: &str| {
        let own = table.checks.iter().map(|check| check.condition.as_str());
        let computed = table.columns.iter().filter_map(|column| column.generated.as_deref());
        let defaults = table.columns.iter().map(|column| format!("{:?}", column.default));
        let indexes = table.indexes.iter().map(|index| format!("{index:?}"));
        own.chain(computed).any(|text| text.contains(name))
            || defaults.into_iter().any(|text| text.contains(name))
            || indexes.into_iter().any(|text| {
                (text.contains("Expression") || text.contains("condition: Some"))
                    && text.contains(name)
            })
    };
    let name = &table.columns[below(table.columns.len())].name;
    // Expressions and the test's texts write such a name in other ways.
    let is_plain = !name.contains('"');
    (is_plain && !mentions(name)).then(|| Rename {
        table: table.name.clone(),
        column: Some(name.clone()),
        new: "Renamed_here".into(),
    })
}

impl Rename {
    fn back(&self) -> Self {
        match &self.column {
            Some(column) => Self {
                table: self.table.clone(),
                column: Some(self.new.clone()),
                new: column.clone(),
            },
            None => Self { table: self.new.clone(), column: None, new: self.table.clone() },
        }
    }

    /// What structs would say after it. Names that follow from those of the table and its columns follow.
    fn apply(&self, tables: &[TableDef]) -> Vec<TableDef> {
        let mut after = self.names(tables);
        for table in &mut after {
            let name = if self.column.is_none() && table.name == self.new {
                &self.table
            } else {
                &table.name
            };
            let Some(before) = tables.iter().find(|before| before.name == *name) else { continue };
            for (old, new) in before.uniques.iter().zip(&mut table.uniques) {
                let named = |name: &str, columns: &[String]| {
                    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                    TableDef::new(name).unique(None, &columns).uniques.remove(0).name
                };
                if named(&before.name, &old.columns) == old.name {
                    new.name = named(&table.name, &new.columns);
                }
            }
        }
        after
    }

    fn names(&self, tables: &[TableDef]) -> Vec<TableDef> {
        let mut tables = tables.to_vec();
        let Some(column) = &self.column else {
            for table in &mut tables {
                for key in table.foreign_keys.iter_mut().filter(|key| key.table == self.table) {
                    key.table.clone_from(&self.new);
                }
                if table.name == self.table {
                    table.name.clone_from(&self.new);
                }
            }
            return tables;
        };
        let renamed = |name: &mut String| {
            if name == column {
                name.clone_from(&self.new);
            }
        };
        for table in &mut tables {
            let is_it = table.name == self.table;
            for key in &mut table.foreign_keys {
                if is_it {
                    key.columns.iter_mut().for_each(renamed);
                }
                if key.table == self.table {
                    key.references.iter_mut().for_each(renamed);
                }
            }
            if !is_it {
                continue;
            }
            table.columns.iter_mut().for_each(|column| renamed(&mut column.name));
            table.primary_key.iter_mut().for_each(renamed);
            table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(renamed);
            for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
                if let IndexKey::Column(name) = &mut part.key {
                    renamed(name);
                }
            }
        }
        tables
    }

    fn hints(&self) -> (Hints, Asked) {
        let mut hints = Hints::default();
        let mut asked = Asked::default();
        match &self.column {
            Some(column) => {
                hints.columns.push((self.table.clone(), column.clone(), self.new.clone()));
                let place = |name: &str| format!("{}.{name}", self.table);
                asked.renames.push((place(column), place(&self.new)));
            }
            None => {
                hints.tables.push((self.table.clone(), self.new.clone()));
                asked.renames.push((self.table.clone(), self.new.clone()));
            }
        }
        (hints, asked)
    }

    fn push(&self, db: &Db, from: &[TableDef], to: &[TableDef]) -> Result<Vec<String>, String> {
        let dialect = db.dialect();
        let wanted = normal_form(db, to).map_err(|error| format!("{error:?}"))?;
        let found = introspect(db).map_err(|error| format!("{error:?}"))?.tables;
        let (hints, asked) = self.hints();
        let managed = Managed::new(&found, &wanted, from, &asked, dialect);
        let diff = diff(&managed.tables, &wanted, &hints).map_err(|error| error.to_string())?;
        let diff = managed.carry(diff);
        let script = render(&diff, dialect).map_err(|error| error.to_string())?;
        run_script(db, &script.text(), script.runs_in_transaction())
            .map_err(|error| format!("{error:?}\n{}", script.text()))?;
        Ok(diff.summary())
    }

    /// Pushes the rename and takes it back. Returns what is wrong, or nothing; `look` is all that the database has.
    pub fn there_and_back(
        &self,
        db: &Db,
        tables: &[TableDef],
        look: impl Fn() -> Vec<String>,
    ) -> Result<(), String> {
        let before = look();
        let renamed = self.apply(tables);
        let wrong = |what: String| format!("{self:?}: {what}");
        let summary = match self.push(db, tables, &renamed) {
            // A view that no struct has, and that SQLite can't read, or can't rename in.
            Err(error)
                if (error.contains("error in view") || error.contains("for a text"))
                    && look() == before =>
            {
                return Ok(());
            }
            pushed => pushed.map_err(wrong)?,
        };
        // A constraint may get the name that follows from the new one.
        if !summary.iter().any(|line| line.contains(&self.new)) {
            return Err(wrong(format!("no rename: {summary:?}")));
        }
        let left = crate::fixed_point::pushed(db, &renamed, &renamed).map_err(wrong)?;
        if !left.is_empty() {
            return Err(wrong(format!("left: {:?}", left.summary())));
        }
        self.back().push(db, &renamed, tables).map_err(wrong)?;
        let after = look();
        let bare = |lines: Vec<String>| -> Vec<String> {
            lines
                .into_iter()
                .map(|line| line.replace(['(', ')', '`', '"', '\\', '[', ']'], ""))
                .collect()
        };
        let (before, after) = (bare(before), bare(after));
        let lost: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
        let came: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
        match (lost.is_empty(), came.is_empty()) {
            (true, true) => Ok(()),
            _ => Err(wrong(format!("lost: {lost:#?}\ncame: {came:#?}"))),
        }
    }
}
