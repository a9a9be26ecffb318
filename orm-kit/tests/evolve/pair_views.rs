//! The views of a pair of schemas: plans that follow what is renamed, and become text for the tables that there are.

use orm_core::Dialect;
use orm_core::schema::{ColumnDef, ColumnType, IndexPart, TableDef};
use proptest::prelude::*;
use proptest::sample::Index;

const NAMES: &[&str] = &[
    "a view",
    "View",
    "it's a \"view\"",
    "v",
    "zz 日本",
    "a_view_whose_name_is_so_long_that_an_index_is_cut",
];

/// What a view looks like, before it is known which tables there are.
#[derive(Debug, Clone)]
pub struct Choice {
    name: Index,
    over: Index,
    other: Index,
    kind: Kind,
    columns: Vec<(Index, bool)>,
    materialized: bool,
    indexed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Columns,
    Star,
    /// All columns, grouped by the primary key alone: PostgreSQL lets the view depend on the key.
    Grouped,
    Joined,
    Counted,
    Exists,
    With,
    Union,
    /// The whole row as a value.
    Row,
}

/// A view over a table, or over a view before it.
#[derive(Debug, Clone)]
pub struct Plan {
    name: String,
    over: String,
    /// A table, and one of its columns.
    other: (String, String),
    kind: Kind,
    /// The columns, with their aliases.
    columns: Vec<(String, Option<String>)>,
    materialized: bool,
    indexed: bool,
}

/// The views of a schema, each after those that it reads.
#[derive(Debug, Clone, Default)]
pub struct Plans(Vec<Plan>);

pub fn choice() -> impl Strategy<Value = Choice> {
    let kind = prop::sample::select(vec![
        Kind::Columns,
        Kind::Columns,
        Kind::Star,
        Kind::Grouped,
        Kind::Joined,
        Kind::Counted,
        Kind::Exists,
        Kind::With,
        Kind::Union,
        Kind::Row,
    ]);
    let columns = prop::collection::vec((any::<Index>(), any::<bool>()), 1..=4);
    let stored = (any::<bool>(), any::<bool>());
    (any::<Index>(), any::<Index>(), any::<Index>(), kind, columns, stored).prop_map(
        |(name, over, other, kind, columns, (materialized, indexed))| Choice {
            name,
            over,
            other,
            kind,
            columns,
            materialized,
            indexed,
        },
    )
}

impl Plans {
    /// Adds a view, last. `tables` are those that there are.
    pub fn add(&mut self, choice: &Choice, tables: &[TableDef]) {
        let start = choice.name.index(NAMES.len());
        let is_free = |name: &&&str| {
            let known = self.0.iter().map(|view| &view.name);
            let mut known = known.chain(tables.iter().map(|table| &table.name));
            !known.any(|known| known.eq_ignore_ascii_case(name))
        };
        let names = NAMES.iter().cycle().skip(start).take(NAMES.len());
        if let Some(name) = names.into_iter().find(is_free) {
            let plan = self.plan(name, choice, tables, self.0.len());
            self.0.extend(plan);
        }
    }

    /// Writes another view in the place of one.
    pub fn replace(&mut self, at: Index, choice: &Choice, tables: &[TableDef]) {
        if self.0.is_empty() {
            return;
        }
        let place = at.index(self.0.len());
        let name = self.0[place].name.clone();
        if let Some(plan) = self.plan(&name, choice, tables, place) {
            self.0[place] = plan;
        }
    }

    pub fn remove(&mut self, at: Index) {
        if !self.0.is_empty() {
            self.0.remove(at.index(self.0.len()));
        }
    }

    /// A view that stores its rows no longer does, or the other way.
    pub fn store(&mut self, at: Index) {
        if !self.0.is_empty() {
            let place = at.index(self.0.len());
            let view = &mut self.0[place];
            view.materialized = !view.materialized;
        }
    }

    fn plan(
        &self,
        name: &str,
        choice: &Choice,
        tables: &[TableDef],
        before: usize,
    ) -> Option<Plan> {
        let known = Self(self.0[..before].to_vec()).defs(tables);
        let all: Vec<&TableDef> = tables.iter().chain(&known).collect();
        let tables_only: Vec<&TableDef> = tables.iter().collect();
        let pick = |from: &[&TableDef], at: Index| {
            (!from.is_empty()).then(|| from[at.index(from.len())].clone())
        };
        let over = pick(&all, choice.over)?;
        let other = pick(&tables_only, choice.other)?;
        let second = other.columns[choice.over.index(other.columns.len())].name.clone();
        let mut columns: Vec<(String, Option<String>)> = Vec::new();
        for (number, (at, aliased)) in choice.columns.iter().enumerate() {
            let column = over.columns[at.index(over.columns.len())].name.clone();
            columns.push((
                column,
                aliased
                    .then(|| format!("{number} of {}", name.chars().take(3).collect::<String>())),
            ));
        }
        Some(Plan {
            name: name.into(),
            over: over.name,
            other: (other.name, second),
            kind: choice.kind,
            columns,
            materialized: choice.materialized,
            indexed: choice.indexed,
        })
    }

    pub fn rename_table(&mut self, old: &str, new: &str) {
        for view in &mut self.0 {
            for name in [&mut view.over, &mut view.other.0] {
                if name == old {
                    *name = new.into();
                }
            }
        }
    }

    /// Follows the rename of a column, through views that show it by its own name.
    pub fn rename_column(&mut self, relation: &str, old: &str, new: &str) {
        let mut shown = Vec::new();
        for view in &mut self.0 {
            if view.other == (relation.to_owned(), old.to_owned()) {
                view.other.1 = new.into();
            }
            if view.over != relation {
                continue;
            }
            let mut is_shown = matches!(view.kind, Kind::Star | Kind::Grouped);
            for (column, alias) in view.columns.iter_mut().filter(|(column, _)| column == old) {
                *column = new.into();
                is_shown |= alias.is_none();
            }
            if is_shown {
                shown.push(view.name.clone());
            }
        }
        for view in shown {
            self.rename_column(&view, old, new);
        }
    }

    /// Returns the views over these tables. What reads something that is gone is left out.
    pub fn defs(&self, tables: &[TableDef]) -> Vec<TableDef> {
        let mut known: Vec<TableDef> = Vec::new();
        for plan in &self.0 {
            let find = |name: &str| tables.iter().chain(&known).find(|def| def.name == name);
            let Some(over) = find(&plan.over) else { continue };
            let def = plan.def(over, find(&plan.other.0).filter(|other| !other.is_view()));
            known.extend(def);
        }
        known
    }
}

impl Plan {
    fn def(&self, over: &TableDef, other: Option<&TableDef>) -> Option<TableDef> {
        let quote = |name: &str| Dialect::Postgres.quote_ident(name);
        let from = quote(&over.name);
        let mut shown: Vec<ColumnDef> = Vec::new();
        let mut items: Vec<String> = Vec::new();
        let mut show = |name: &str, ty: &ColumnType, sql: String| {
            if shown.iter().all(|known| !known.name.eq_ignore_ascii_case(name)) {
                shown.push(ColumnDef::new(name, ty.clone()).nullable());
                items.push(sql);
            }
        };
        for (name, alias) in &self.columns {
            let Some(column) = over.find_column(name) else { continue };
            let sql = format!("a.{}", quote(name));
            match alias {
                None => show(name, &column.ty, sql),
                Some(alias) => {
                    let (ty, sql) = computed(&column.ty, &sql);
                    show(alias, &ty, format!("{sql} AS {}", quote(alias)));
                }
            }
        }
        let first = over
            .columns
            .iter()
            .find(|column| self.columns.iter().any(|(name, _)| *name == column.name));
        let condition =
            first.map(|column| condition(column, &format!("a.{}", quote(&column.name))));
        let condition = condition.unwrap_or_else(|| "1 = 1".into());
        let sql = match (self.kind, other) {
            (Kind::Star, _) => {
                shown.clone_from(&over.columns);
                format!("SELECT * FROM {from} AS a WHERE {condition}")
            }
            (Kind::Grouped, _) if !over.primary_key.is_empty() => {
                let key: Vec<String> =
                    over.primary_key.iter().map(|name| format!("a.{}", quote(name))).collect();
                shown.clone_from(&over.columns);
                format!("SELECT a.* FROM {from} AS a GROUP BY {}", key.join(", "))
            }
            (Kind::Counted, _) => {
                let column = first?;
                shown = vec![
                    ColumnDef::new("n", ColumnType::BigInt),
                    ColumnDef::new("filled", ColumnType::BigInt),
                ];
                let name = quote(&column.name);
                format!(
                    "SELECT count(*) AS n, count(a.{name}) AS filled FROM {from} AS a WHERE {condition}"
                )
            }
            (Kind::Row, _) if shown.len() == 1 => {
                format!(
                    "SELECT {} FROM {from} AS a GROUP BY {}",
                    items[0],
                    items[0].split(" AS ").next()?
                )
            }
            _ if items.is_empty() => return None,
            (Kind::Joined, Some(other)) => {
                let column = other.find_column(&self.other.1)?;
                let name = format!("b.{}", quote(&column.name));
                shown.push(ColumnDef::new("joined", column.ty.clone()).nullable());
                format!(
                    "SELECT {}, {name} AS joined FROM {from} AS a LEFT JOIN {} AS b ON {name} IS NOT NULL WHERE {condition}",
                    items.join(", "),
                    quote(&other.name)
                )
            }
            (Kind::Exists, Some(other)) => {
                let name = other.find_column(&self.other.1).map_or("1".into(), |c| quote(&c.name));
                format!(
                    "SELECT {} FROM {from} AS a WHERE EXISTS (SELECT {name} FROM {} WHERE {name} IS NOT NULL)",
                    items.join(", "),
                    quote(&other.name)
                )
            }
            (Kind::With, _) => format!(
                "WITH of_it AS (SELECT * FROM {from}) SELECT {} FROM of_it AS a WHERE {condition}",
                items.join(", ")
            ),
            (Kind::Union, _) => {
                let items = items.join(", ");
                format!(
                    "SELECT {items} FROM {from} AS a UNION ALL SELECT {items} FROM {from} AS a WHERE {condition}"
                )
            }
            _ => format!("SELECT {} FROM {from} AS a WHERE {condition}", items.join(", ")),
        };
        let mut def = shown.iter().fold(TableDef::new(&self.name), |def, column| {
            def.column(ColumnDef {
                nullable: true,
                ..ColumnDef::new(&column.name, column.ty.clone())
            })
        });
        let shows = |ty: &ColumnType| !matches!(ty, ColumnType::Json);
        let index =
            def.columns.iter().find(|column| shows(&column.ty)).map(|column| column.name.clone());
        def = def.view(Dialect::Sqlite, &sql).view(Dialect::Postgres, &sql);
        if self.materialized {
            def = def.materialized();
            if let Some(column) = index.filter(|_| self.indexed) {
                def = def.index(None, vec![IndexPart::column(&column)], false, None);
            }
        }
        Some(def)
    }
}

/// An expression that only a column of this type can be in.
fn computed(ty: &ColumnType, sql: &str) -> (ColumnType, String) {
    match ty {
        ColumnType::Text | ColumnType::Varchar(_) => (ColumnType::Text, format!("upper({sql})")),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => {
            (ty.clone(), format!("-{sql}"))
        }
        _ => (ty.clone(), sql.into()),
    }
}

fn condition(column: &ColumnDef, sql: &str) -> String {
    match &column.ty {
        ColumnType::Text | ColumnType::Varchar(_) => format!("{sql} <> 'no' OR {sql} IS NULL"),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => format!("{sql} > 11"),
        ColumnType::Enum { labels, .. } => {
            format!("{sql} = {}", Dialect::Postgres.quote_literal(&labels[0]))
        }
        _ => format!("{sql} IS NOT NULL"),
    }
}

/// The schema as this database can hold it: SQLite stores no views.
pub fn of_dialect(tables: &[TableDef], dialect: Dialect) -> Vec<TableDef> {
    let mut tables = tables.to_vec();
    for table in tables.iter_mut().filter(|_| dialect.is_sqlite()) {
        if let Some(view) = table.view.as_mut().filter(|view| view.materialized) {
            view.materialized = false;
            table.indexes.clear();
        }
    }
    tables
}
