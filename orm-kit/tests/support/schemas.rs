//! Random schemas that both databases can hold.
//!
//! A schema is drawn as choices (how many columns, which type, which column a key is over) that are
//! then resolved into tables, so that proptest can shrink it: a choice that makes no sense where it
//! ends up, such as a foreign key to a table without a fitting key, is left out.
//!
//! Rows fit easily: checks hold for every value of ordinary size, and what is unique is over columns of
//! types with many values.

use std::collections::HashSet;

use orm_core::Dialect;
use orm_core::schema::{
    Action, ColumnDef, ColumnType, DefaultValue, IndexPart, TableDef, create_schema,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Names of tables and columns: plain ones, keywords, and all that must be quoted, up to the longest
/// that PostgreSQL keeps.
const NAMES: &[&str] = &[
    "users",
    "posts",
    "tags",
    "email",
    "a",
    "b",
    "c",
    "author_id",
    "order",
    "select",
    "Group",
    "MixedCase",
    "with space",
    "it's",
    "quo\"te",
    "naïve",
    "日本語",
    "semi;colon -- x",
    "back\\slash",
    "100%",
    "a_name_that_is_so_long_that_those_of_its_constraints_get_cut",
    "a_name_that_is_so_long_that_those_of_its_constraints_get_cut_no",
];

const TEXTS: &[&str] =
    &["", "plain", "it's", "\"quoted\"", "a\\b", "ü 日", "two\nlines", "NULL", "1"];

/// Types of PostgreSQL's whose Rust type only the program knows, or mizzle has, and two values of each.
pub const OTHERS: &[(&str, [&str; 2])] = &[
    ("int4range", ["[1,5)", "empty"]),
    ("numrange", ["[1.50,)", "(,0)"]),
    ("daterange", ["[2024-01-31,2024-02-29)", "[2024-01-31,)"]),
    ("macaddr", ["08:00:2b:01:02:03", "08:00:2b:ff:ff:ff"]),
];

/// Two values of a type that is `Other`.
pub fn values_of(name: &str) -> [&'static str; 2] {
    let known = OTHERS.iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("{name} has no values")).1
}

/// A schema of 1 to 5 tables, valid on both databases.
pub fn schema() -> impl Strategy<Value = Vec<TableDef>> {
    (prop::collection::vec(table(), 1..=5), labels(), labels()).prop_filter_map(
        "names that meet",
        |(tables, mood, level)| {
            let tables = resolve(&tables, &[("mood", mood), ("level of it", level)]);
            let is_valid = |dialect| create_schema(&tables, dialect).is_ok();
            Dialect::ALL.into_iter().all(is_valid).then_some(tables)
        },
    )
}

/// 1 to 4 labels of an enum.
fn labels() -> impl Strategy<Value = Vec<String>> {
    let all = ["draft", "in review", "it's", "Done", "ö", "x,y"];
    prop::sample::subsequence(all.to_vec(), 1..=4)
        .prop_shuffle()
        .prop_map(|labels| labels.into_iter().map(Into::into).collect())
}

#[derive(Debug, Clone)]
struct Table {
    name: Index,
    key: Key,
    columns: Vec<Column>,
    references: Vec<Reference>,
    uniques: Vec<(Vec<Index>, Option<u8>)>,
    checks: Vec<(Index, bool)>,
    indexes: Vec<PartialIndex>,
    /// Which texts, and whether in English.
    full_text: Option<(Vec<Index>, bool)>,
}

#[derive(Debug, Clone)]
enum Key {
    Auto(ColumnType),
    Columns(Vec<(Index, ColumnType)>),
}

#[derive(Debug, Clone)]
struct Column {
    name: Index,
    ty: Type,
    nullable: bool,
    default: Option<Index>,
}

#[derive(Debug, Clone)]
enum Type {
    Plain(ColumnType),
    Labels(Vec<String>),
    Native(Index),
    /// Arrays of a native type.
    Natives(Index),
    /// Computed from another column.
    Generated(Index),
}

#[derive(Debug, Clone)]
struct Reference {
    name: Index,
    to: Index,
    /// Which of the parent's keys.
    key: Index,
    nullable: bool,
    actions: (Action, Action),
    custom: Option<u8>,
}

#[derive(Debug, Clone)]
struct PartialIndex {
    parts: Vec<(Index, bool, bool)>,
    unique: bool,
    condition: Option<Index>,
    custom: Option<u8>,
    /// Of the first part alone.
    method: Option<Index>,
}

fn table() -> impl Strategy<Value = Table> {
    let custom = || prop::option::of(any::<u8>());
    let some = || prop::collection::vec(any::<Index>(), 1..=3);
    let part = (any::<Index>(), any::<bool>(), any::<bool>());
    let index = (
        prop::collection::vec(part, 1..=3),
        any::<bool>(),
        prop::option::of(any::<Index>()),
        custom(),
        prop::option::weighted(0.4, any::<Index>()),
    )
        .prop_map(|(parts, unique, condition, custom, method)| PartialIndex {
            parts,
            unique,
            condition,
            custom,
            method,
        });
    (
        any::<Index>(),
        key(),
        prop::collection::vec(column(), 0..=6),
        prop::collection::vec(reference(), 0..=3),
        prop::collection::vec((some(), custom()), 0..=2),
        prop::collection::vec((any::<Index>(), any::<bool>()), 0..=2),
        prop::collection::vec(index, 0..=3),
        prop::option::of((some(), any::<bool>())),
    )
        .prop_map(|(name, key, columns, references, uniques, checks, indexes, full_text)| {
            Table { name, key, columns, references, uniques, checks, indexes, full_text }
        })
}

fn key() -> impl Strategy<Value = Key> {
    use ColumnType::{BigInt, Date, Decimal, Integer, SmallInt, Text, Uuid, Varchar};
    let integer = || select(vec![BigInt, Integer, SmallInt]);
    let any_type = select(vec![BigInt, Integer, SmallInt, Text, Varchar(40), Uuid, Date, Decimal]);
    prop_oneof![
        2 => integer().prop_map(Key::Auto),
        2 => prop::collection::vec((any::<Index>(), any_type), 1..=3).prop_map(Key::Columns),
    ]
}

fn column() -> impl Strategy<Value = Column> {
    let lengths = [20, 160].map(ColumnType::Varchar);
    let plain: Vec<ColumnType> = ColumnType::PLAIN.iter().cloned().chain(lengths).collect();
    let elements = ColumnType::PLAIN.iter().filter(|ty| **ty != ColumnType::Json);
    let arrays: Vec<ColumnType> = elements.cloned().map(ColumnType::array).collect();
    let ty = prop_oneof![
        6 => select(plain).prop_map(Type::Plain),
        1 => select(arrays).prop_map(Type::Plain),
        1 => labels().prop_map(Type::Labels),
        1 => any::<Index>().prop_map(Type::Native),
        1 => any::<Index>().prop_map(Type::Natives),
        1 => any::<Index>().prop_map(Type::Generated),
    ];
    (any::<Index>(), ty, any::<bool>(), prop::option::of(any::<Index>()))
        .prop_map(|(name, ty, nullable, default)| Column { name, ty, nullable, default })
}

fn reference() -> impl Strategy<Value = Reference> {
    let action = || {
        select(vec![
            Action::NoAction,
            Action::Restrict,
            Action::Cascade,
            Action::SetNull,
            Action::SetDefault,
        ])
    };
    (
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<bool>(),
        (action(), action()),
        prop::option::of(any::<u8>()),
    )
        .prop_map(|(name, to, key, nullable, actions, custom)| Reference {
            name,
            to,
            key,
            nullable,
            actions,
            custom,
        })
}

/// Picks names that differ by more than the case.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn pick(&mut self, at: Index) -> String {
        let start = at.index(NAMES.len());
        let pool =
            NAMES.iter().cycle().skip(start).take(NAMES.len()).map(|name| (*name).to_owned());
        let mut names = pool.chain((1..).map(|number| format!("extra {number}")));
        names.find(|name| self.0.insert(name.to_lowercase())).expect("endless")
    }
}

fn resolve(specs: &[Table], natives: &[(&str, Vec<String>)]) -> Vec<TableDef> {
    let mut names = Names::default();
    for (native, _) in natives {
        names.0.insert((*native).into());
    }
    let mut columns: Vec<Names> = Vec::new();
    let mut tables: Vec<TableDef> = Vec::new();
    for spec in specs {
        let mut used = Names::default();
        let mut def = TableDef::new(&names.pick(spec.name));
        def = keyed(def, &spec.key, &mut used);
        for column in &spec.columns {
            def = with_column(def, column, natives, &mut used);
        }
        for (over, custom) in &spec.uniques {
            def = with_unique(def, over, *custom);
        }
        tables.push(def);
        columns.push(used);
    }
    for (place, spec) in specs.iter().enumerate() {
        for reference in &spec.references {
            let parent = tables[reference.to.index(tables.len())].clone();
            let child = tables[place].clone();
            tables[place] = with_reference(child, &parent, reference, &mut columns[place]);
        }
    }
    for (def, spec) in tables.iter_mut().zip(specs) {
        *def = with_checks(def.clone(), &spec.checks);
        for index in &spec.indexes {
            *def = with_index(def.clone(), index);
        }
        if let Some((over, english)) = &spec.full_text {
            *def = with_full_text(def.clone(), over, *english);
        }
    }
    tables
}

/// Adds a full text index, if the table can have one.
pub fn with_full_text(def: TableDef, over: &[Index], english: bool) -> TableDef {
    let texts: Vec<&ColumnDef> =
        def.columns.iter().filter(|column| can_be_indexed(column)).collect();
    let [key] = def.primary_key.as_slice() else { return def };
    if texts.is_empty() || !def.find_column(key).is_some_and(|key| is_integer(&key.ty)) {
        return def;
    }
    let mut columns: Vec<String> = Vec::new();
    for at in over {
        let name = &texts[at.index(texts.len())].name;
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    def.full_text(&columns, if english { "english" } else { "simple" })
}

/// Whether the column can be in a full text index.
pub fn can_be_indexed(column: &ColumnDef) -> bool {
    matches!(column.ty, ColumnType::Text | ColumnType::Varchar(_)) && column.generated.is_none()
}

fn keyed(def: TableDef, key: &Key, used: &mut Names) -> TableDef {
    match key {
        Key::Auto(ty) => {
            used.0.insert("id".into());
            def.column(ColumnDef::new("id", ty.clone()).auto()).primary_key(&["id"])
        }
        Key::Columns(columns) => {
            let mut def = def;
            let mut key = Vec::new();
            for (name, ty) in columns {
                let name = used.pick(*name);
                def = def.column(ColumnDef::new(&name, ty.clone()));
                key.insert(0, name);
            }
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            def.primary_key(&key)
        }
    }
}

fn with_column(
    def: TableDef,
    column: &Column,
    natives: &[(&str, Vec<String>)],
    used: &mut Names,
) -> TableDef {
    let (ty, generated) = match &column.ty {
        Type::Plain(ty) => (ty.clone(), None),
        Type::Labels(labels) => (ColumnType::Enum { labels: labels.clone(), native: None }, None),
        Type::Native(at) => (native(natives, *at), None),
        Type::Natives(at) => (native(natives, *at).array(), None),
        Type::Generated(at) => {
            let from = &def.columns[at.index(def.columns.len())];
            match computed(from) {
                Some((ty, sql)) => (ty, Some(sql)),
                None => (ColumnType::Bool, None),
            }
        }
    };
    let default = column.default.filter(|_| generated.is_none()).map(|at| default(&ty, at));
    let name = used.pick(column.name);
    let nullable = column.nullable;
    def.column(ColumnDef { nullable, default, generated, ..ColumnDef::new(&name, ty) })
}

fn native(natives: &[(&str, Vec<String>)], at: Index) -> ColumnType {
    let (name, labels) = &natives[at.index(natives.len())];
    ColumnType::Enum { labels: labels.clone(), native: Some((*name).into()) }
}

/// An expression over a column that is not computed itself.
fn computed(from: &ColumnDef) -> Option<(ColumnType, String)> {
    let name = Dialect::Postgres.quote_ident(&from.name);
    match &from.ty {
        _ if from.generated.is_some() => None,
        ty if is_integer(ty) && !from.auto => Some((ColumnType::BigInt, format!("{name} * 2"))),
        ty if is_text(ty) => Some((ColumnType::Text, format!("lower({name})"))),
        _ => None,
    }
}

fn default(ty: &ColumnType, at: Index) -> DefaultValue {
    let text = |text: &str| DefaultValue::Text(text.into());
    let number = |number: &str| DefaultValue::Number(number.into());
    let choices = match ty {
        ColumnType::Bool => vec![DefaultValue::Bool(false), DefaultValue::Bool(true)],
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => vec![
            DefaultValue::Integer(0),
            DefaultValue::Integer(-5),
            DefaultValue::Integer(i16::MAX.into()),
            DefaultValue::Sql("1 + 1".into()),
        ],
        ColumnType::Real | ColumnType::Double => {
            vec![DefaultValue::Integer(3), number("0.1"), number("-2.5e10"), number("1_000.25")]
        }
        ColumnType::Text => {
            let sql = DefaultValue::Sql("lower('ABC')".into());
            TEXTS.iter().map(|literal| text(literal)).chain([sql]).collect()
        }
        ColumnType::Varchar(_) => TEXTS.iter().map(|literal| text(literal)).collect(),
        ColumnType::Bytes => vec![text(""), text("it's\0")],
        ColumnType::Date => vec![DefaultValue::Now, text("2024-01-31")],
        ColumnType::Time => vec![DefaultValue::Now, text("18:30"), text("18:30:00.25")],
        ColumnType::Timestamp => vec![DefaultValue::Now, text("2024-01-31 18:30:00")],
        ColumnType::Timestamptz => vec![DefaultValue::Now, text("2024-01-31T18:30:00+02:00")],
        ColumnType::Uuid => vec![text("550e8400-e29b-41d4-a716-446655440000")],
        ColumnType::Decimal => {
            vec![DefaultValue::Integer(7), number("12.50"), text("-0.10"), number("1.5e3")]
        }
        ColumnType::Cidr => vec![text("192.0.2.0/24"), text("2001:db8::/32")],
        ColumnType::Inet => vec![text("192.0.2.1"), text("2001:db8::/32")],
        ColumnType::Interval => vec![text("P1M"), text("-1 days +00:00:00.5"), text("PT0S")],
        ColumnType::Json => {
            vec![text("{\"a\": [1, \"it's\"]}"), DefaultValue::Bool(true), text("[]")]
        }
        ColumnType::Other(name) => values_of(name).map(text).to_vec(),
        ColumnType::Enum { labels, .. } => labels.iter().map(|label| text(label)).collect(),
        ColumnType::Array(_) => vec![DefaultValue::EmptyArray],
    };
    choices[at.index(choices.len())].clone()
}

fn custom_name(kind: &str, table: &TableDef, number: Option<u8>) -> Option<String> {
    // With the table in it, as names of indexes are shared by all tables.
    let start: String = table.name.chars().take(10).collect();
    number.map(|number| format!("{kind} {number} of {start}"))
}

fn picked(def: &TableDef, over: &[Index], fits: impl Fn(&ColumnDef) -> bool) -> Vec<String> {
    let all: Vec<&ColumnDef> = def.columns.iter().filter(|column| fits(column)).collect();
    let mut names: Vec<String> = Vec::new();
    for at in over.iter().filter(|_| !all.is_empty()) {
        let name = &all[at.index(all.len())].name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn with_unique(def: TableDef, over: &[Index], custom: Option<u8>) -> TableDef {
    let columns = picked(&def, over, has_many_values);
    let is_known = columns == def.primary_key || def.uniques.iter().any(|u| u.columns == columns);
    if columns.is_empty() || is_known {
        return def;
    }
    let name = custom_name("unique", &def, custom);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    def.unique(name.as_deref(), &columns)
}

fn with_reference(
    child: TableDef,
    parent: &TableDef,
    reference: &Reference,
    used: &mut Names,
) -> TableDef {
    let keys: Vec<&Vec<String>> = std::iter::once(&parent.primary_key)
        .chain(parent.uniques.iter().map(|unique| &unique.columns))
        .collect();
    let key = keys[reference.key.index(keys.len())];
    let (on_delete, on_update) = reference.actions;
    let sets = |action| matches!(action, Action::SetNull | Action::SetDefault);
    let nullable = reference.nullable || sets(on_delete) || sets(on_update);
    let mut def = child;
    let mut columns = Vec::new();
    for referred in key {
        let ty = parent.find_column(referred).expect("a column of the key").ty.clone();
        let name = used.pick(reference.name);
        let mut column = ColumnDef::new(&name, ty);
        column.nullable = nullable;
        def = def.column(column);
        columns.push(name);
    }
    let name = custom_name("key", &def, reference.custom);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let references: Vec<&str> = key.iter().map(String::as_str).collect();
    def.foreign_key(name.as_deref(), &columns, &parent.name, &references, on_delete, on_update)
}

fn with_checks(def: TableDef, checks: &[(Index, bool)]) -> TableDef {
    let mut def = def;
    for (place, (at, named)) in checks.iter().enumerate() {
        let column = def.columns[at.index(def.columns.len())].clone();
        let name = Dialect::Postgres.quote_ident(&column.name);
        let condition = match &column.ty {
            ty if is_text(ty) => format!("length({name}) < 1000 AND {name} <> '''x'''"),
            ty if is_integer(ty) => format!("{name} > -1000000"),
            _ => format!("{name} IS NULL OR ({name} IS NOT NULL)"),
        };
        def = match named {
            true => def.check(&format!("check {place}"), &condition),
            false => def.column_check(&column.name, &condition),
        };
    }
    def
}

/// Returns the methods and operator classes that PostgreSQL has for a column of this type, except its usual ones. A random one
/// of them is in an index of one part.
pub fn methods(ty: &ColumnType) -> Vec<(&'static str, Option<&'static str>)> {
    let mut methods = vec![("hash", None)];
    match ty {
        ColumnType::Text | ColumnType::Varchar(_) => methods.extend([
            ("brin", None),
            ("brin", Some("text_bloom_ops")),
            ("spgist", None),
            ("btree", Some("text_pattern_ops")),
        ]),
        ColumnType::Inet | ColumnType::Cidr => {
            methods.extend([("brin", None), ("gist", Some("inet_ops")), ("spgist", None)]);
        }
        ColumnType::Json => methods.extend([("gin", None), ("gin", Some("jsonb_path_ops"))]),
        ColumnType::Array(element) => {
            methods.push(("gin", None));
            // An array has the operators that its elements have.
            if matches!(**element, ColumnType::Inet | ColumnType::Cidr | ColumnType::Bool) {
                methods.remove(0);
            }
        }
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Bytes
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Timestamp
        | ColumnType::Timestamptz
        | ColumnType::Uuid
        | ColumnType::Decimal
        | ColumnType::Interval => methods.push(("brin", None)),
        ColumnType::Bool | ColumnType::Enum { .. } | ColumnType::Other(_) => {}
    }
    methods
}

/// Adds an index of one of the methods for the column.
pub fn with_method(def: TableDef, column: &ColumnDef, at: Index, name: Option<&str>) -> TableDef {
    let methods = methods(&column.ty);
    let (method, ops) = methods[at.index(methods.len())];
    let part = IndexPart::column(&column.name);
    let part = ops.map_or(part.clone(), |class| part.ops(class));
    def.index(name, vec![part], false, None).using(method)
}

fn with_index(def: TableDef, index: &PartialIndex) -> TableDef {
    if let Some(method) = index.method {
        let column = def.columns[index.parts[0].0.index(def.columns.len())].clone();
        let name = custom_name("index", &def, index.custom);
        return with_method(def, &column, method, name.as_deref());
    }
    let mut parts: Vec<IndexPart> = Vec::new();
    for (at, descending, as_expression) in &index.parts {
        let column = &def.columns[at.index(def.columns.len())];
        if index.unique && !has_many_values(column) {
            continue;
        }
        let name = Dialect::Postgres.quote_ident(&column.name);
        let part = match as_expression {
            true if is_text(&column.ty) => IndexPart::expression(&format!("upper({name})")),
            true if is_integer(&column.ty) => IndexPart::expression(&format!("{name} + 1")),
            _ => IndexPart::column(&column.name),
        };
        if parts.iter().all(|other| other.key != part.key) {
            parts.push(if *descending { part.desc() } else { part });
        }
    }
    if parts.is_empty() {
        return def;
    }
    let condition = index.condition.map(|at| {
        let column = &def.columns[at.index(def.columns.len())];
        format!("{} IS NOT NULL", Dialect::Postgres.quote_ident(&column.name))
    });
    let name = custom_name("index", &def, index.custom);
    def.index(name.as_deref(), parts, index.unique, condition.as_deref())
}

fn is_integer(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt)
}

fn is_text(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Text | ColumnType::Varchar(_))
}

/// Whether a thousand rows can have a thousand values.
fn has_many_values(column: &ColumnDef) -> bool {
    let is_wide = is_integer(&column.ty)
        || is_text(&column.ty)
        || matches!(column.ty, ColumnType::Uuid | ColumnType::Bytes | ColumnType::Decimal);
    is_wide && column.generated.is_none()
}
