//! All names of the file, decided before the first line is written.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use orm_core::schema::{ColumnDef, ColumnType, ForeignKeyDef, TableDef};

use super::names::{self, Fields, Items, Relations};

/// The file.
pub(super) struct Plan<'a> {
    pub(super) tables: Vec<Table<'a>>,
    pub(super) enums: Vec<Enum<'a>>,
}

/// A struct.
pub(super) struct Table<'a> {
    pub(super) def: &'a TableDef,
    pub(super) name: String,
    pub(super) module: String,
    pub(super) fields: Vec<Field<'a>>,
    pub(super) keys: Vec<Key<'a>>,
    /// `has_many(posts = Post)`: which of the two, its name, and the struct.
    pub(super) relations: Vec<(&'static str, String, String)>,
}

/// A field.
pub(super) struct Field<'a> {
    pub(super) def: &'a ColumnDef,
    pub(super) name: String,
    /// Its type without `Option`.
    pub(super) ty: String,
}

/// A foreign key.
pub(super) struct Key<'a> {
    pub(super) def: &'a ForeignKeyDef,
    /// The parent's struct.
    pub(super) parent: String,
    /// The fields of the parent, if they aren't its primary key.
    pub(super) references: Vec<String>,
    /// The name of the relation, if it isn't the conventional one.
    pub(super) relation: Option<String>,
    /// Whether the two tables may be joined along it.
    pub(super) joins: bool,
}

/// An enum.
pub(super) struct Enum<'a> {
    pub(super) name: String,
    /// The struct that it follows, the first one with a field of it.
    pub(super) table: String,
    pub(super) native: Option<&'a str>,
    pub(super) labels: &'a [String],
}

impl Table<'_> {
    /// Returns the field of a column.
    pub(super) fn field(&self, column: &str) -> &str {
        let field = self.fields.iter().find(|field| field.def.name == column);
        field.map_or("", |field| &field.name)
    }
}

pub(super) fn plan(tables: &[TableDef]) -> Plan<'_> {
    let mut items = Items::new();
    let fields: Vec<Vec<String>> = tables
        .iter()
        .map(|table| {
            let mut fields = Fields::default();
            table.columns.iter().map(|column| fields.field(&column.name)).collect()
        })
        .collect();
    let modules: Vec<String> = tables
        .iter()
        .zip(&fields)
        .map(|(table, fields)| items.module(&table.name, fields))
        .collect();
    let structs: Vec<String> = tables.iter().map(|table| items.table(&table.name)).collect();
    let mut enums = Enums { items, enums: Vec::new(), natives: BTreeMap::new() };
    let mut planned: Vec<Table<'_>> = Vec::new();
    for (place, (def, names)) in tables.iter().zip(fields).enumerate() {
        let fields = def.columns.iter().zip(names).map(|(column, name)| {
            let ty = enums.type_of(&structs[place], column);
            Field { def: column, name, ty }
        });
        planned.push(Table {
            def,
            name: structs[place].clone(),
            module: modules[place].clone(),
            fields: fields.collect(),
            keys: Vec::new(),
            relations: Vec::new(),
        });
    }
    relate(&mut planned);
    Plan { tables: planned, enums: enums.enums }
}

struct Enums<'a> {
    items: Items,
    enums: Vec<Enum<'a>>,
    natives: BTreeMap<&'a str, String>,
}

impl<'a> Enums<'a> {
    fn type_of(&mut self, table: &str, column: &'a ColumnDef) -> String {
        match column.ty.element() {
            Some(element) => format!("Vec<{}>", self.type_of_value(table, column, element)),
            None => self.type_of_value(table, column, &column.ty),
        }
    }

    fn type_of_value(&mut self, table: &str, column: &ColumnDef, ty: &'a ColumnType) -> String {
        if let ColumnType::Other(name) = ty
            && let Some((_, rust)) = ColumnType::OTHERS.iter().find(|(other, _)| other == name)
        {
            return (*rust).into();
        }
        let ColumnType::Enum { labels, native } = ty else {
            return ty.facts().rust.into();
        };
        if let Some(known) = native.as_ref().and_then(|native| self.natives.get(native.as_str())) {
            return known.clone();
        }
        let name = match native {
            Some(native) => self.items.enumeration(native),
            None => self.items.enumeration(&format!("{table} {}", column.name)),
        };
        if let Some(native) = native {
            self.natives.insert(native, name.clone());
        }
        let table = table.to_owned();
        self.enums.push(Enum { name: name.clone(), table, native: native.as_deref(), labels });
        name
    }
}

/// Gives the tables their keys and relations.
fn relate(tables: &mut [Table<'_>]) {
    let mut names: Vec<Relations> = tables.iter().map(|_| Relations::default()).collect();
    for child in 0..tables.len() {
        let mut keys = Vec::new();
        for def in &tables[child].def.foreign_keys {
            let Some(parent) = tables.iter().find(|parent| parent.def.name == def.table) else {
                continue;
            };
            let fields: Vec<&str> =
                def.columns.iter().map(|column| tables[child].field(column)).collect();
            let usual = names::relation(&fields, &parent.name);
            let relation =
                if names[child].take(&usual) { None } else { Some(names[child].free(&usual)) };
            let references = if refers_to_key(&tables[child], parent, def) {
                Vec::new()
            } else {
                def.references.iter().map(|column| parent.field(column).to_owned()).collect()
            };
            let parent = parent.name.clone();
            keys.push(Key { def, parent, references, relation, joins: true });
        }
        tables[child].keys = keys;
    }
    let joining: Vec<Vec<(usize, usize)>> =
        (0..tables.len()).map(|child| joining(tables, child)).collect();
    for child in 0..tables.len() {
        for (key, parent) in &joining[child] {
            // diesel joins two tables only one way: from the one that comes first.
            if *parent < child && joining[*parent].iter().any(|(_, other)| *other == child) {
                tables[child].keys[*key].joins = false;
            }
        }
    }
    for child in 0..tables.len() {
        for (parent, kind, name) in back(tables, child) {
            if names[parent].take(&name) {
                let target = tables[child].name.clone();
                tables[parent].relations.push((kind, name, target));
            }
        }
    }
}

/// Whether `references(Parent)` says everything: the primary key in its order, with the same types.
fn refers_to_key(child: &Table<'_>, parent: &Table<'_>, key: &ForeignKeyDef) -> bool {
    let ty = |table: &Table<'_>, column: &String| {
        table.fields.iter().find(|field| field.def.name == *column).map(|field| field.ty.clone())
    };
    let pairs = key.columns.iter().zip(&key.references);
    key.references == parent.def.primary_key
        && pairs.into_iter().all(|(own, other)| ty(child, own) == ty(parent, other))
}

/// Returns the keys along which diesel would join the table to another: those of one column to the primary key, if
/// there is no other key to that table.
fn joining(tables: &[Table<'_>], child: usize) -> Vec<(usize, usize)> {
    let keys = &tables[child].keys;
    let alone = |key: &Key<'_>| keys.iter().filter(|other| other.parent == key.parent).count() == 1;
    let joining = keys.iter().enumerate().filter_map(|(place, key)| {
        let parent = tables.iter().position(|table| table.name == key.parent)?;
        let joins = key.def.columns.len() == 1
            && key.references.is_empty()
            && parent != child
            && alone(key);
        joins.then_some((place, parent))
    });
    joining.collect()
}

/// Returns the relations from parents to this table, if it has one key to the parent: each with the parent.
fn back(tables: &[Table<'_>], child: usize) -> Vec<(usize, &'static str, String)> {
    let table = &tables[child];
    let keys = table.keys.iter().filter_map(|key| {
        let parent = tables.iter().position(|parent| parent.name == key.parent)?;
        let alone = table.keys.iter().filter(|other| other.parent == key.parent).count() == 1;
        if parent == child || !alone {
            return None;
        }
        let one = table.name.to_snake_case();
        let is_unique = table.def.primary_key == key.def.columns
            || table.def.uniques.iter().any(|unique| unique.columns == key.def.columns);
        Some(if is_unique {
            (parent, "has_one", one)
        } else {
            (parent, "has_many", names::plural(&one))
        })
    });
    keys.collect()
}
