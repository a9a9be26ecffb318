//! Pairs of schemas: one, and the same after some changes such as people make.

use orm_core::Dialect;
use orm_core::schema::{
    ColumnDef, ColumnType, DefaultValue, IndexKey, IndexPart, SchemaError, TableDef, create_schema,
};
use orm_kit::diff::Hints;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::pair_views::{Choice, Plans, choice, of_dialect};
use crate::schemas::{can_be_indexed, methods, schema, values_of, with_full_text, with_method};

/// Two schemas, and what was renamed between them.
#[derive(Debug, Clone)]
pub struct Pair {
    pub from: Vec<TableDef>,
    pub to: Vec<TableDef>,
    pub hints: Hints,
}

/// A change to a schema. Where it fits nothing, nothing changes.
#[derive(Debug, Clone)]
enum Change {
    DropTable(Index),
    /// A table of another schema.
    AddTable(Index),
    RenameTable(Index),
    DropColumn(Index, Index),
    AddColumn(Index, ColumnType, bool),
    RenameColumn(Index, Index),
    Retype(Index, Index, ColumnType),
    Nullable(Index, Index),
    Default(Index, Index),
    /// A computed column gets another expression, or becomes a plain one.
    Compute(Index, Index, bool),
    DropUnique(Index, Index),
    AddUnique(Index, Index),
    DropCheck(Index, Index),
    AddCheck(Index, Index),
    DropKey(Index, Index),
    /// One more unique constraint and foreign key, equal to one that is there but for its name.
    Twin(Index, Index),
    DropIndex(Index, Index),
    AddIndex(Index, Index, bool),
    AddMethod(Index, Index, Index),
    /// An index becomes one of another method.
    Method(Index, Index, Index),
    RenameIndex(Index, Index),
    /// The primary key gets its columns in another order.
    TurnKey(Index),
    /// The full text index gets other columns, or goes.
    FullText(Index, Vec<Index>, bool),
    AddView(Choice),
    /// A view becomes another one of the same name.
    View(Index, Choice),
    DropView(Index),
    StoreView(Index),
}

fn ty() -> impl Strategy<Value = ColumnType> {
    let labels = || vec!["draft".to_owned(), "it's".to_owned()];
    prop::sample::select(vec![
        ColumnType::Bool,
        ColumnType::SmallInt,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Double,
        ColumnType::Text,
        ColumnType::Varchar(2000),
        ColumnType::Bytes,
        ColumnType::Timestamptz,
        ColumnType::Uuid,
        ColumnType::Decimal,
        ColumnType::Json,
        ColumnType::Inet,
        ColumnType::Cidr,
        ColumnType::Interval,
        ColumnType::SmallInt.array(),
        ColumnType::BigInt.array(),
        ColumnType::Decimal.array(),
        ColumnType::Text.array(),
        ColumnType::Uuid.array(),
        ColumnType::Bool.array(),
        ColumnType::Other("macaddr".into()),
        ColumnType::Other("int4range".into()),
        ColumnType::Other("numrange".into()),
        ColumnType::Other("macaddr".into()).array(),
        ColumnType::Enum { labels: labels(), native: None },
        ColumnType::Enum { labels: labels(), native: Some("a new mood".into()) },
        ColumnType::Enum { labels: labels(), native: Some("a new mood".into()) }.array(),
    ])
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        1 => at().prop_map(Change::DropTable),
        2 => at().prop_map(Change::AddTable),
        2 => at().prop_map(Change::RenameTable),
        3 => (at(), at()).prop_map(|(table, column)| Change::DropColumn(table, column)),
        4 => (at(), ty(), any::<bool>()).prop_map(|(table, ty, null)| Change::AddColumn(table, ty, null)),
        3 => (at(), at()).prop_map(|(table, column)| Change::RenameColumn(table, column)),
        3 => (at(), at(), ty()).prop_map(|(table, column, ty)| Change::Retype(table, column, ty)),
        2 => (at(), at()).prop_map(|(table, column)| Change::Nullable(table, column)),
        2 => (at(), at()).prop_map(|(table, column)| Change::Default(table, column)),
        2 => (at(), at(), any::<bool>()).prop_map(|(table, column, plain)| Change::Compute(table, column, plain)),
        2 => (at(), at()).prop_map(|(table, unique)| Change::DropUnique(table, unique)),
        2 => (at(), at()).prop_map(|(table, column)| Change::AddUnique(table, column)),
        1 => (at(), at()).prop_map(|(table, check)| Change::DropCheck(table, check)),
        2 => (at(), at()).prop_map(|(table, column)| Change::AddCheck(table, column)),
        2 => (at(), at()).prop_map(|(table, key)| Change::DropKey(table, key)),
        2 => (at(), at()).prop_map(|(table, part)| Change::Twin(table, part)),
        1 => (at(), at()).prop_map(|(table, index)| Change::DropIndex(table, index)),
        2 => (at(), at(), any::<bool>()).prop_map(|(table, column, unique)| Change::AddIndex(table, column, unique)),
        2 => (at(), at(), at()).prop_map(|(table, column, method)| Change::AddMethod(table, column, method)),
        2 => (at(), at(), at()).prop_map(|(table, index, method)| Change::Method(table, index, method)),
        1 => (at(), at()).prop_map(|(table, index)| Change::RenameIndex(table, index)),
        1 => at().prop_map(Change::TurnKey),
        2 => (at(), prop::collection::vec(at(), 0..=2), any::<bool>())
            .prop_map(|(table, over, english)| Change::FullText(table, over, english)),
        2 => choice().prop_map(Change::AddView),
        1 => (at(), choice()).prop_map(|(view, choice)| Change::View(view, choice)),
        1 => at().prop_map(Change::DropView),
        1 => at().prop_map(Change::StoreView),
    ]
}

/// Two schemas that have to do with each other.
pub fn pair() -> impl Strategy<Value = Pair> {
    let views = prop::collection::vec(choice(), 0..=4);
    (schema(), schema(), prop::collection::vec(change(), 0..=6), views).prop_filter_map(
        "a schema that no database could hold",
        |(from, other, changes, choices)| {
            let mut views = Plans::default();
            for choice in &choices {
                views.add(choice, &from);
            }
            let views_before = views.defs(&from);
            let mut pair = Pair { to: from.clone(), from, hints: Hints::default() };
            for change in &changes {
                pair.change(change, &other, &mut views);
            }
            mend(&mut pair.to)?;
            pair.answer();
            pair.from.extend(views_before);
            pair.to.extend(views.defs(&pair.to));
            let is_valid = |tables: &[TableDef]| {
                let valid = |dialect| create_schema(&of_dialect(tables, dialect), dialect).is_ok();
                Dialect::ALL.into_iter().all(valid)
            };
            (is_valid(&pair.from) && is_valid(&pair.to)).then_some(pair)
        },
    )
}

fn pick<T>(list: &mut [T], at: Index) -> Option<&mut T> {
    let length = list.len();
    (length > 0).then(|| &mut list[at.index(length)])
}

impl Pair {
    /// Returns the pair as this database can hold it.
    pub fn of_dialect(&self, dialect: Dialect) -> Self {
        let [from, to] = [&self.from, &self.to].map(|tables| of_dialect(tables, dialect));
        Self { from, to, hints: self.hints.clone() }
    }

    fn change(&mut self, change: &Change, other: &[TableDef], views: &mut Plans) {
        match change {
            Change::AddView(choice) => views.add(choice, &self.to),
            Change::View(at, choice) => views.replace(*at, choice, &self.to),
            Change::DropView(at) => views.remove(*at),
            Change::StoreView(at) => views.store(*at),
            Change::DropTable(at) => {
                if self.to.len() > 1 {
                    let place = at.index(self.to.len());
                    self.to.remove(place);
                }
            }
            Change::AddTable(at) => {
                let table = &other[at.index(other.len())];
                let is_taken = |name: &str| {
                    self.to
                        .iter()
                        .chain(&self.from)
                        .any(|known| known.name.eq_ignore_ascii_case(name))
                };
                if !is_taken(&table.name) {
                    self.to.push(table.clone());
                }
            }
            Change::RenameTable(at) => self.rename_table(*at, views),
            Change::RenameColumn(table, column) => self.rename_column(*table, *column, views),
            Change::DropColumn(table, column) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && table.columns.len() > 1
                {
                    let place = column.index(table.columns.len());
                    if !table.primary_key.contains(&table.columns[place].name) {
                        table.columns.remove(place);
                    }
                }
            }
            Change::AddColumn(table, ty, nullable) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    let mut column = ColumnDef::new(&free(table, "added"), ty.clone());
                    column.nullable = *nullable;
                    if !nullable {
                        column.default = default(ty);
                    }
                    table.columns.push(column);
                }
            }
            Change::Retype(table, column, ty) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    let key = table.primary_key.clone();
                    if let Some(column) = pick(&mut table.columns, *column)
                        && !key.contains(&column.name)
                        && column.generated.is_none()
                    {
                        column.ty = ty.clone();
                        column.default = column.default.take().and_then(|_| default(ty));
                    }
                }
            }
            Change::Nullable(table, column) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && let Some(column) = pick(&mut table.columns, *column)
                {
                    column.nullable = !column.nullable;
                }
            }
            Change::Default(table, column) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && let Some(column) = pick(&mut table.columns, *column)
                    && !column.auto
                    && column.generated.is_none()
                {
                    column.default = match &column.default {
                        Some(_) => None,
                        None => default(&column.ty),
                    };
                }
            }
            Change::Compute(table, column, plain) => {
                let Some(table) = pick(&mut self.to, *table) else { return };
                let computed = table.columns.iter_mut().filter(|column| column.generated.is_some());
                let mut computed: Vec<&mut ColumnDef> = computed.collect();
                if let Some(column) = pick(&mut computed, *column) {
                    column.generated = column
                        .generated
                        .take()
                        .filter(|_| !plain)
                        .map(|sql| format!("coalesce({sql}, NULL)"));
                }
            }
            Change::DropUnique(table, at) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && !table.uniques.is_empty()
                {
                    table.uniques.remove(at.index(table.uniques.len()));
                }
            }
            Change::AddUnique(table, column) => {
                self.with_column(*table, *column, |table, column| table.unique(None, &[&column]));
            }
            Change::DropCheck(table, at) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && !table.checks.is_empty()
                {
                    table.checks.remove(at.index(table.checks.len()));
                }
            }
            Change::AddCheck(table, column) => {
                self.with_column(*table, *column, |table, column| {
                    let quoted = Dialect::Postgres.quote_ident(&column);
                    table
                        .column_check(&column, &format!("{quoted} IS NOT NULL OR {quoted} IS NULL"))
                });
            }
            Change::DropKey(table, at) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && !table.foreign_keys.is_empty()
                {
                    table.foreign_keys.remove(at.index(table.foreign_keys.len()));
                }
            }
            Change::Twin(table, at) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    if let Some(unique) = pick(&mut table.uniques, *at).cloned() {
                        let columns: Vec<&str> =
                            unique.columns.iter().map(String::as_str).collect();
                        *table = table.clone().unique(None, &columns);
                    }
                    if let Some(mut key) = pick(&mut table.foreign_keys, *at).cloned() {
                        key.name = format!("{} 2", key.name).chars().take(40).collect();
                        table.foreign_keys.push(key);
                    }
                }
            }
            Change::DropIndex(table, at) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && !table.indexes.is_empty()
                {
                    table.indexes.remove(at.index(table.indexes.len()));
                }
            }
            Change::FullText(table, over, english) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    table.full_text = None;
                    if !over.is_empty() {
                        *table = with_full_text(table.clone(), over, *english);
                    }
                }
            }
            Change::AddIndex(table, column, unique) => {
                self.with_column(*table, *column, |table, column| {
                    table.index(None, vec![IndexPart::column(&column).desc()], *unique, None)
                });
            }
            Change::AddMethod(table, column, method) => {
                self.with_column(*table, *column, |table, column| {
                    let column = table.find_column(&column).expect("a column").clone();
                    with_method(table, &column, *method, None)
                });
            }
            Change::Method(table, at, method) => {
                if let Some(table) = pick(&mut self.to, *table)
                    && let Some(index) = pick(&mut table.indexes, *at)
                    && let [part] = index.parts.as_mut_slice()
                    && let IndexKey::Column(column) = &part.key
                    && let Some(column) = table.columns.iter().find(|known| known.name == *column)
                {
                    let methods = methods(&column.ty);
                    let (name, ops) = methods[method.index(methods.len())];
                    index.method = Some(name.to_owned()).filter(|name| name != "btree");
                    (index.unique, part.descending) = (false, false);
                    part.ops = ops.map(str::to_owned);
                }
            }
            Change::RenameIndex(table, at) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    let start: String = table.name.chars().take(10).collect();
                    if let Some(index) = pick(&mut table.indexes, *at) {
                        index.name = format!("renamed of {start}");
                    }
                }
            }
            Change::TurnKey(table) => {
                if let Some(table) = pick(&mut self.to, *table) {
                    table.primary_key.reverse();
                }
            }
        }
    }

    fn with_column(
        &mut self,
        table: Index,
        column: Index,
        change: impl FnOnce(TableDef, String) -> TableDef,
    ) {
        if let Some(table) = pick(&mut self.to, table) {
            let column = table.columns[column.index(table.columns.len())].name.clone();
            *table = change(table.clone(), column);
        }
    }

    fn rename_table(&mut self, at: Index, views: &mut Plans) {
        let old = self.to[at.index(self.to.len())].name.clone();
        let is_first = self.from.iter().any(|table| table.name == old);
        let new: String = format!("new {old}").chars().take(40).collect();
        if !is_first || self.to.iter().any(|table| table.name == new) {
            return;
        }
        for table in &mut self.to {
            if table.name == old {
                table.name.clone_from(&new);
            }
            for key in table.foreign_keys.iter_mut().filter(|key| key.table == old) {
                key.table.clone_from(&new);
            }
        }
        for (table, ..) in self.hints.columns.iter_mut().filter(|(table, ..)| *table == old) {
            table.clone_from(&new);
        }
        views.rename_table(&old, &new);
        self.hints.tables.push((old, new));
    }

    fn rename_column(&mut self, table: Index, column: Index, views: &mut Plans) {
        let place = table.index(self.to.len());
        let table = &self.to[place];
        let old = table.columns[column.index(table.columns.len())].name.clone();
        let before = self.hints.tables.iter().find(|(_, new)| *new == table.name);
        let before = before.map_or(&table.name, |(old, _)| old);
        let was_there = self
            .from
            .iter()
            .find(|from| from.name == *before)
            .is_some_and(|from| from.find_column(&old).is_some());
        if !was_there {
            return;
        }
        let name = table.name.clone();
        let new = free(table, "renamed");
        let rename = |name: &mut String| {
            if *name == old {
                name.clone_from(&new);
            }
        };
        let quoted = (Dialect::Postgres.quote_ident(&old), Dialect::Postgres.quote_ident(&new));
        let rename_in = |sql: &mut String| *sql = sql.replace(&quoted.0, &quoted.1);
        for table in &mut self.to {
            for key in table.foreign_keys.iter_mut().filter(|key| key.table == name) {
                key.references.iter_mut().for_each(rename);
            }
        }
        let table = &mut self.to[place];
        for column in &mut table.columns {
            rename(&mut column.name);
            column.generated.iter_mut().for_each(rename_in);
        }
        table.primary_key.iter_mut().for_each(rename);
        table.full_text.iter_mut().flat_map(|index| &mut index.columns).for_each(rename);
        table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(rename);
        table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(rename);
        table.checks.iter_mut().for_each(|check| rename_in(&mut check.condition));
        for index in &mut table.indexes {
            for part in &mut index.parts {
                match &mut part.key {
                    IndexKey::Column(name) => rename(name),
                    IndexKey::Expression(sql) => rename_in(sql),
                }
            }
            index.condition.iter_mut().for_each(rename_in);
        }
        views.rename_column(&name, &old, &new);
        self.hints.columns.push((name, old, new));
    }

    /// Everything that is gone and not renamed is dropped: no question stays open.
    fn answer(&mut self) {
        let hints = &mut self.hints;
        let to = &self.to;
        hints.tables.retain(|(_, new)| to.iter().any(|table| table.name == *new));
        hints.columns.retain(|(table, _, new)| {
            to.iter().any(|known| known.name == *table && known.find_column(new).is_some())
        });
        for table in &self.from {
            let new = hints.tables.iter().find(|(old, _)| *old == table.name);
            let new = new.map_or(&table.name, |(_, new)| new);
            let Some(after) = to.iter().find(|after| after.name == *new) else {
                hints.drops.push(table.name.clone());
                continue;
            };
            for column in &table.columns {
                let is_renamed =
                    hints.columns.iter().any(|(known, old, _)| known == new && *old == column.name);
                if !is_renamed && after.find_column(&column.name).is_none() {
                    hints.drops.push(format!("{}.{}", table.name, column.name));
                }
            }
        }
    }
}

fn free(table: &TableDef, stem: &str) -> String {
    (0..)
        .map(|number| format!("{stem} {number}"))
        .find(|name| table.find_column(name).is_none())
        .expect("a free name")
}

fn default(ty: &ColumnType) -> Option<DefaultValue> {
    let text = |text: &str| DefaultValue::Text(text.into());
    Some(match ty {
        ColumnType::Bool => DefaultValue::Bool(true),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => DefaultValue::Integer(4),
        ColumnType::Real | ColumnType::Double | ColumnType::Decimal => {
            DefaultValue::Number("2.5".into())
        }
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Bytes => text("it's"),
        ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::Timestamptz => {
            DefaultValue::Now
        }
        ColumnType::Uuid => text("550e8400-e29b-41d4-a716-446655440000"),
        ColumnType::Json => text("{}"),
        ColumnType::Inet => text("192.0.2.1"),
        ColumnType::Cidr => text("192.0.2.0/24"),
        ColumnType::Interval => text("P1M2DT3.5S"),
        ColumnType::Other(name) => text(values_of(name)[0]),
        ColumnType::Enum { labels, .. } => text(&labels[0]),
        ColumnType::Array(_) => DefaultValue::EmptyArray,
    })
}

/// Takes away what names something that is gone, until both databases could hold the schema.
fn mend(tables: &mut Vec<TableDef>) -> Option<()> {
    for table in &mut *tables {
        loop {
            let names: Vec<String> =
                table.columns.iter().map(|column| column.name.clone()).collect();
            let all: Vec<String> = names.clone();
            let has = |column: &String| all.contains(column);
            let knows = |sql: &str| quoted_names(sql).iter().all(&has);
            let before = table.columns.len();
            table.columns.retain(|column| column.generated.as_deref().is_none_or(knows));
            table.uniques.retain(|unique| unique.columns.iter().all(has));
            table.checks.retain(|check| knows(&check.condition));
            table.foreign_keys.retain(|key| key.columns.iter().all(has));
            table.indexes.retain(|index| {
                index.condition.as_deref().is_none_or(knows)
                    && index.parts.iter().all(|part| match &part.key {
                        IndexKey::Column(column) => has(column),
                        IndexKey::Expression(sql) => knows(sql),
                    })
            });
            if table.columns.len() == before {
                break;
            }
        }
        if let Some(full_text) = &mut table.full_text {
            let columns = &table.columns;
            let is_text = |name: &String| {
                columns.iter().any(|column| column.name == *name && can_be_indexed(column))
            };
            full_text.columns.retain(is_text);
            let key = table.primary_key.as_slice();
            let is_number = |name: &String| {
                columns.iter().any(|column| column.name == *name && column.ty.is_integer())
            };
            if full_text.columns.is_empty() || key.len() != 1 || !key.iter().all(is_number) {
                table.full_text = None;
            }
        }
        // Expressions over a column are for the type that it had.
        let typed: Vec<(String, ColumnType)> =
            table.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
        let fits = |sql: &str| {
            let is_neutral = !sql.contains("length(")
                && !sql.contains("upper(")
                && !sql.contains("lower(")
                && !sql.contains('>')
                && !sql.contains(" + 1")
                && !sql.contains(" * 2");
            let is_text =
                sql.contains("length(") || sql.contains("upper(") || sql.contains("lower(");
            is_neutral
                || quoted_names(sql).iter().all(|name| {
                    typed.iter().any(|(known, ty)| {
                        known == name
                            && if is_text {
                                matches!(ty, ColumnType::Text | ColumnType::Varchar(_))
                            } else {
                                matches!(
                                    ty,
                                    ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt
                                )
                            }
                    })
                })
        };
        table.checks.retain(|check| fits(&check.condition));
        let gone: Vec<String> = table
            .columns
            .iter()
            .filter(|column| column.generated.as_deref().is_some_and(|sql| !fits(sql)))
            .map(|column| column.name.clone())
            .collect();
        table.columns.retain(|column| !gone.contains(&column.name));
        table.uniques.retain(|unique| unique.columns.iter().all(|column| !gone.contains(column)));
        table.foreign_keys.retain(|key| key.columns.iter().all(|column| !gone.contains(column)));
        table
            .checks
            .retain(|check| quoted_names(&check.condition).iter().all(|name| !gone.contains(name)));
        // Uniques and indexes of what PostgreSQL can't order.
        table.indexes.retain(|index| {
            let names_gone = |sql: &str| quoted_names(sql).iter().any(|name| gone.contains(name));
            !index.condition.as_deref().is_some_and(names_gone)
                && index.parts.iter().all(|part| match &part.key {
                    IndexKey::Column(column) => !gone.contains(column),
                    IndexKey::Expression(sql) => fits(sql) && !names_gone(sql),
                })
        });
        table.indexes.retain(|index| {
            let is_plain =
                index.method.is_none() && index.parts.iter().all(|part| part.ops.is_none());
            is_plain
                || index.parts.iter().all(|part| {
                    let method = (index.method.as_deref().unwrap_or("btree"), part.ops.as_deref());
                    let IndexKey::Column(column) = &part.key else { return false };
                    typed.iter().any(|(name, ty)| name == column && methods(ty).contains(&method))
                })
        });
        for column in &mut table.columns {
            if table.primary_key.contains(&column.name) {
                column.nullable = false;
            }
        }
    }
    for _ in 0..40 {
        let mut error = None;
        for dialect in Dialect::ALL {
            error = error.or(create_schema(tables, dialect).err());
        }
        let (table, key) = match error {
            None => return Some(()),
            Some(
                SchemaError::UnknownTable { table, foreign_key, .. }
                | SchemaError::UnknownReference { table, foreign_key, .. }
                | SchemaError::ReferenceNotUnique { table, foreign_key, .. },
            ) => (table, Some(foreign_key)),
            Some(SchemaError::ReferenceType { table, .. }) => (table, None),
            Some(_) => return None,
        };
        let table = tables.iter_mut().find(|known| *known.name == *table)?;
        let place = match key {
            Some(key) => table.foreign_keys.iter().position(|known| *known.name == *key)?,
            None => table.foreign_keys.len().checked_sub(1)?,
        };
        table.foreign_keys.remove(place);
    }
    None
}

/// The names in double quotes.
fn quoted_names(sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = sql;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = rest.as_bytes()[start] as char;
        rest = &rest[start + 1..];
        let mut name = String::new();
        loop {
            let Some(end) = rest.find(quote) else { return names };
            name.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            if !rest.starts_with(quote) {
                break;
            }
            name.push(quote);
            rest = &rest[1..];
        }
        if quote == '"' {
            names.push(name);
        }
    }
    names
}
