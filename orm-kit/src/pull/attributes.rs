//! The attributes of a struct and its fields.

use orm_core::Dialect;
use orm_core::schema::{Action, ColumnType, IndexDef, IndexKey, IndexPart, PerDialect, TableDef};

use super::plan::{Field, Key, Table};
use super::{defaults, names};

/// The items of `#[table(…)]` and of each field's `#[column(…)]`.
pub(super) struct Attributes {
    pub(super) table: Vec<String>,
    /// One list for each field.
    pub(super) columns: Vec<Vec<String>>,
}

pub(super) fn of(table: &Table<'_>, dialect: Dialect) -> Attributes {
    let mut attributes = Attributes {
        table: Vec::new(),
        columns: table.fields.iter().map(|field| of_column(table, field, dialect)).collect(),
    };
    attributes.names(table);
    attributes.view(table, dialect);
    attributes.uniques(table);
    attributes.checks(table);
    attributes.foreign_keys(table);
    attributes.indexes(table);
    attributes.full_text(table);
    for (kind, name, target) in &table.relations {
        attributes.table.push(format!("{kind}({name} = {target})"));
    }
    attributes
}

/// Whether the table uses this name for nothing else.
fn is_alone(table: &TableDef, name: &str) -> bool {
    let names = table
        .uniques
        .iter()
        .map(|unique| &unique.name)
        .chain(table.checks.iter().map(|check| &check.name))
        .chain(table.foreign_keys.iter().map(|key| &key.name))
        .chain(table.indexes.iter().map(|index| &index.name));
    names.filter(|other| *other == name).count() == 1 && name != table.primary_key_name()
}

/// Returns a table with only the same columns and key: the name that it would choose is the conventional one.
fn bare(table: &TableDef) -> TableDef {
    let key: Vec<&str> = table.primary_key.iter().map(String::as_str).collect();
    let bare = TableDef::new(&table.name).primary_key(&key);
    table.columns.iter().cloned().fold(bare, TableDef::column)
}

/// Returns `, name = "…"` if it isn't the conventional one.
fn name(table: &TableDef, given: &str, conventional: &str) -> String {
    if given == conventional && is_alone(table, given) {
        String::new()
    } else {
        format!(", name = {given:?}")
    }
}

impl Attributes {
    fn names(&mut self, table: &Table<'_>) {
        let TableDef { name, primary_key, .. } = table.def;
        let mut items = Vec::new();
        if names::table_differs(&table.name, name) {
            items.push(format!("name = {name:?}"));
        }
        if names::module_differs(&table.module, name) {
            items.push(format!("module = {}", table.module));
        }
        if !items.is_empty() {
            self.table.push(items.join(", "));
        }
        if primary_key.len() > 1 {
            self.table.push(format!("primary_key({})", fields(table, primary_key)));
        }
    }

    /// The SELECT is for the database that it was read from: another may understand something else by it.
    fn view(&mut self, table: &Table<'_>, dialect: Dialect) {
        let Some(view) = &table.def.view else { return };
        let words = match dialect {
            Dialect::Sqlite | Dialect::D1 => "sqlite",
            Dialect::Postgres => "postgres",
        };
        let select = table.def.select(dialect).unwrap_or_default();
        self.table.push(format!("{words} = {select:?}"));
        if view.materialized {
            self.table.push("materialized".into());
        }
    }

    fn column(&mut self, table: &Table<'_>, column: &str) -> Option<&mut Vec<String>> {
        let place = table.fields.iter().position(|field| field.def.name == column)?;
        self.columns.get_mut(place)
    }

    fn uniques(&mut self, table: &Table<'_>) {
        for unique in &table.def.uniques {
            let columns: Vec<&str> = unique.columns.iter().map(String::as_str).collect();
            let usual = bare(table.def).unique(None, &columns);
            let usual = usual.uniques.first().map_or("", |unique| &unique.name);
            let name = name(table.def, &unique.name, usual);
            if let ([column], "") = (columns.as_slice(), name.as_str())
                && let Some(items) = self.column(table, column)
            {
                items.push("unique".into());
                continue;
            }
            self.table.push(format!("unique({}{name})", fields(table, &unique.columns)));
        }
    }

    fn checks(&mut self, table: &Table<'_>) {
        let mut checked: Vec<&str> = Vec::new();
        for check in &table.def.checks {
            let column = table.def.columns.iter().find(|column| {
                let usual = bare(table.def).column_check(&column.name, &check.condition);
                usual.checks.first().is_some_and(|usual| usual.name == check.name)
            });
            let column = column.filter(|column| {
                is_alone(table.def, &check.name) && !checked.contains(&column.name.as_str())
            });
            if let Some(column) = column
                && let Some(items) = self.column(table, &column.name)
            {
                items.push(format!("check = {:?}", check.condition));
                checked.push(&column.name);
                continue;
            }
            let name = match names::is_identifier(&check.name) && check.name.is_ascii() {
                true => check.name.clone(),
                false => format!("{:?}", check.name),
            };
            self.table.push(format!("check({name} = {:?})", check.condition));
        }
    }

    fn foreign_keys(&mut self, table: &Table<'_>) {
        for key in &table.keys {
            let columns: Vec<&str> = key.def.columns.iter().map(String::as_str).collect();
            let usual = bare(table.def).foreign_key(
                None,
                &columns,
                &key.def.table,
                &[],
                Action::NoAction,
                Action::NoAction,
            );
            let usual = usual.foreign_keys.first().map_or("", |key| &key.name);
            let name = name(table.def, &key.def.name, usual);
            let references = references(key);
            if let ([column], "") = (columns.as_slice(), name.as_str())
                && let Some(items) = self.column(table, column)
            {
                items.push(references);
                continue;
            }
            let fields = fields(table, &key.def.columns);
            self.table.push(format!("foreign_key({fields}, {references}{name})"));
        }
    }

    fn indexes(&mut self, table: &Table<'_>) {
        for index in &table.def.indexes {
            let usual = bare(table.def).index(None, index.parts.clone(), false, None);
            let usual = usual.indexes.first().map_or("", |index| &index.name);
            let name = name(table.def, &index.name, usual);
            if let Some(column) = plain_index(index)
                && name.is_empty()
                && !table.def.is_view()
                && let Some(items) = self.column(table, column)
            {
                items.push("index".into());
                continue;
            }
            let parts: Vec<String> = index.parts.iter().map(|part| part_of(table, part)).collect();
            let unique = if index.unique { ", unique" } else { "" };
            let condition = index
                .condition
                .as_ref()
                .map(|sql| format!(", where = {sql:?}"))
                .unwrap_or_default();
            let method = index.method.as_ref().map(|name| format!(", using = {}", method(name)));
            let (parts, method) = (parts.join(", "), method.unwrap_or_default());
            self.table.push(format!("index({parts}{unique}{name}{condition}{method})"));
        }
    }
}

impl Attributes {
    fn full_text(&mut self, table: &Table<'_>) {
        let Some(full_text) = &table.def.full_text else { return };
        let fields = fields(table, &full_text.columns);
        let language = match full_text.language.as_str() {
            "simple" => String::new(),
            language => format!(", language = {language:?}"),
        };
        self.table.push(format!("full_text({fields}{language})"));
    }
}

/// Returns the column of an index with only that column.
fn plain_index(index: &IndexDef) -> Option<&str> {
    match index.parts.as_slice() {
        [IndexPart { key: IndexKey::Column(column), descending: false, ops: None }]
            if !index.unique && index.condition.is_none() && index.method.is_none() =>
        {
            Some(column)
        }
        _ => None,
    }
}

fn part_of(table: &Table<'_>, part: &IndexPart) -> String {
    let key = match &part.key {
        IndexKey::Column(column) => in_list(table.field(column)),
        IndexKey::Expression(sql) => format!("{sql:?}"),
    };
    let direction = if part.descending { ".desc()" } else { "" };
    let ops = part.ops.as_ref().map(|class| format!(".ops({class:?})")).unwrap_or_default();
    format!("{key}{direction}{ops}")
}

/// Returns the method of an index as the attribute has it: one of an extension in quotes.
fn method(name: &str) -> String {
    match name {
        "hash" | "brin" | "gin" | "gist" | "spgist" => name.to_owned(),
        _ => format!("{name:?}"),
    }
}

/// Returns fields in a list.
fn fields(table: &Table<'_>, columns: &[String]) -> String {
    let fields: Vec<String> = columns.iter().map(|column| in_list(table.field(column))).collect();
    fields.join(", ")
}

/// Returns a field in a list that may also contain the keywords `unique`, `references` and `language`.
fn in_list(field: &str) -> String {
    match field {
        "unique" | "references" | "language" => format!("r#{field}"),
        _ => field.to_owned(),
    }
}

fn references(key: &Key<'_>) -> String {
    let mut items = vec![key.parent.clone()];
    items.extend(key.references.iter().cloned());
    for (event, what) in [("on_delete", key.def.on_delete), ("on_update", key.def.on_update)] {
        let action = match what {
            Action::NoAction => continue,
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set_null",
            Action::SetDefault => "set_default",
        };
        items.push(format!("{event} = {action}"));
    }
    items.extend(key.relation.as_ref().map(|relation| format!("as = {relation}")));
    items.extend((!key.joins).then(|| "join = false".to_owned()));
    format!("references({})", items.join(", "))
}

fn of_column(table: &Table<'_>, field: &Field<'_>, dialect: Dialect) -> Vec<String> {
    let column = field.def;
    let mut items = Vec::new();
    if table.def.primary_key == [column.name.as_str()] {
        items.push("primary_key".to_owned());
    }
    if column.auto {
        items.push("auto".into());
    }
    if names::column_differs(&field.name, &column.name) {
        items.push(format!("name = {:?}", column.name));
    }
    if let ColumnType::Varchar(length) = column.ty {
        items.push(format!("max_length = {length}"));
    }
    items.extend(column.stored.map(|form| format!("stored = {}", form.name())));
    items.extend(per_dialect("db_type", &column.db_type));
    items.extend(per_dialect("collate", &column.collate));
    if let Some(value) = &column.default {
        items.push(format!("default = {}", defaults::written(field, value, dialect)));
    }
    if let Some(sql) = &column.generated {
        items.push(format!("generated = {sql:?}"));
    }
    items
}

fn per_dialect(name: &str, given: &PerDialect) -> Option<String> {
    let named = |dialect: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!("{dialect} = {text:?}"))
    };
    let texts = [named("sqlite", &given.sqlite), named("postgres", &given.postgres)];
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| format!("{name}({})", texts.join(", ")))
}
