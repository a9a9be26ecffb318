//! The programs whose compile time is measured: tables of eight columns, each but the first with a reference to the
//! one before, and for each table a read by key, a page, an insert and an update.

use std::path::Path;

/// The name of the generated package.
pub(crate) const PACKAGE: &str = "many-tables";

/// What the program is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Mizzle,
    Diesel,
    SeaOrm,
}

/// What changes in a program from build to build.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Edition {
    /// The number that it prints.
    pub(crate) print: usize,
    /// The number in the name of a column of its last table.
    pub(crate) column: usize,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Mizzle, Self::Diesel, Self::SeaOrm];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mizzle => "mizzle",
            Self::Diesel => "diesel",
            Self::SeaOrm => "sea-orm",
        }
    }

    /// The largest program that is built. diesel writes impls for each pair of tables, so larger ones take too long.
    pub(crate) fn most_tables(self) -> usize {
        if self == Self::Diesel { 250 } else { usize::MAX }
    }

    /// The lock file, with the same versions as the workloads'.
    pub(crate) fn lock(self) -> &'static str {
        match self {
            Self::Mizzle | Self::Diesel => "benches/Cargo.lock",
            Self::SeaOrm => "benches/sqlx/Cargo.lock",
        }
    }

    pub(crate) fn manifest(self, root: &Path) -> String {
        let root = root.display();
        let dependencies = match self {
            Self::Mizzle => format!(
                "mizzle = {{ path = \"{root}\" }}\n\
                 diesel = {{ version = \"2.3\", default-features = false, features = [\"32-column-tables\"] }}\n\
                 serde = {{ version = \"1\", features = [\"derive\"] }}"
            ),
            Self::Diesel => "diesel = { version = \"2.3\", default-features = false, features = [\"32-column-tables\", \
                             \"sqlite\", \"r2d2\", \"returning_clauses_for_sqlite_3_35\"] }\n\
                             libsqlite3-sys = { version = \"0.38\", features = [\"bundled\"] }"
                .to_owned(),
            Self::SeaOrm => "sea-orm = { version = \"2.0\", features = [\"sqlx-sqlite\", \"runtime-tokio\"] }\n\
                             tokio = { version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }"
                .to_owned(),
        };
        format!(
            "[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [workspace]\n\n[dependencies]\n{dependencies}\n"
        )
    }

    pub(crate) fn program(self, tables: usize, edition: Edition) -> String {
        let mut of_tables: Vec<String> = (0..tables)
            .map(|table| {
                let text = match self {
                    Self::Mizzle => MIZZLE,
                    Self::Diesel => DIESEL,
                    Self::SeaOrm => SEA_ORM,
                };
                // The first refers to itself.
                let parent = table.saturating_sub(1);
                text.replace("{n}", &table.to_string()).replace("{p}", &parent.to_string())
            })
            .collect();
        if let Some(last) = of_tables.last_mut() {
            *last = last.replace("note", &format!("note_{}", edition.column));
        }
        let of_tables = of_tables.concat();
        let list = |name: &str| {
            (0..tables).map(|table| format!("{name}{table}")).collect::<Vec<_>>().join(", ")
        };
        let calls = |call: &str| {
            (0..tables).map(|table| call.replace("{n}", &table.to_string())).collect::<String>()
        };
        let marker = format!("println!(\"build {}\");", edition.print);
        match self {
            Self::Mizzle => format!(
                "use mizzle::prelude::*;\n{of_tables}\nmizzle::schema!(pub All = [{}]);\n\n\
                 fn main() -> mizzle::Result<()> {{\n    {marker}\n    let db = Db::connect(\"sqlite::memory:\")?;\n    \
                 db.create_all::<All>()?;\n{}    Ok(())\n}}\n",
                list("Item"),
                calls("    use_{n}(&db)?;\n")
            ),
            Self::Diesel => format!(
                "#![recursion_limit = \"1024\"]\nuse diesel::prelude::*;\n{of_tables}\ndiesel::allow_tables_to_appear_in_same_query!({});\n\n\
                 fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    {marker}\n    \
                 let db = &mut SqliteConnection::establish(\":memory:\")?;\n{}    Ok(())\n}}\n",
                list("items"),
                calls("    use_{n}(db)?;\n")
            ),
            Self::SeaOrm => format!(
                "use sea_orm::entity::prelude::*;\nuse sea_orm::{{Database, IntoActiveModel, QueryOrder, QuerySelect, Set}};\n\
                 {of_tables}\n#[tokio::main]\nasync fn main() -> Result<(), DbErr> {{\n    {marker}\n    \
                 let db = Database::connect(\"sqlite::memory:\").await?;\n{}    Ok(())\n}}\n",
                calls("    use_{n}(&db).await?;\n")
            ),
        }
    }
}

const MIZZLE: &str = r#"
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "items{n}")]
pub struct Item{n} {
    #[column(primary_key, auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: String,
    pub note: Option<String>,
    pub amount: f64,
    pub count: i32,
    pub active: bool,
    #[column(references(Item{p}, as = parent))]
    pub parent_id: Option<i64>,
}

fn use_{n}(db: &Db) -> mizzle::Result<usize> {
    let new = NewItem{n}::builder().name("a").email("b").amount(1.0).count(1).active(true).build();
    let mut item = db.insert(new)?;
    item.count += 1;
    db.update(&item)?;
    let again: Item{n} = db.get(item.id)?;
    let page = Item{n}::query()
        .filter(items{n}::active.eq(true))
        .order_by(items{n}::name)
        .limit(20)
        .all(db)?;
    Ok(page.len() + again.count as usize)
}
"#;

const DIESEL: &str = r#"
diesel::table! {
    items{n} (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        note -> Nullable<Text>,
        amount -> Double,
        count -> Integer,
        active -> Bool,
        parent_id -> Nullable<BigInt>,
    }
}

#[derive(Queryable, Selectable, Identifiable, AsChangeset, Debug, Clone, PartialEq)]
#[diesel(table_name = items{n}, check_for_backend(diesel::sqlite::Sqlite))]
pub struct Item{n} {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub note: Option<String>,
    pub amount: f64,
    pub count: i32,
    pub active: bool,
    pub parent_id: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = items{n})]
pub struct NewItem{n} {
    pub name: String,
    pub email: String,
    pub note: Option<String>,
    pub amount: f64,
    pub count: i32,
    pub active: bool,
    pub parent_id: Option<i64>,
}

fn use_{n}(db: &mut SqliteConnection) -> QueryResult<usize> {
    let new = NewItem{n} {
        name: "a".into(),
        email: "b".into(),
        note: None,
        amount: 1.0,
        count: 1,
        active: true,
        parent_id: None,
    };
    let mut item = diesel::insert_into(items{n}::table)
        .values(new)
        .returning(Item{n}::as_returning())
        .get_result(db)?;
    item.count += 1;
    diesel::update(&item).set(&item).execute(db)?;
    let again = items{n}::table.find(item.id).select(Item{n}::as_select()).first(db)?;
    let page = items{n}::table
        .filter(items{n}::active.eq(true))
        .order_by(items{n}::name)
        .limit(20)
        .select(Item{n}::as_select())
        .load(db)?;
    Ok(page.len() + again.count as usize)
}
"#;

const SEA_ORM: &str = r#"
pub mod items{n} {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "items{n}")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        #[sea_orm(unique)]
        pub email: String,
        pub note: Option<String>,
        pub amount: f64,
        pub count: i32,
        pub active: bool,
        pub parent_id: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::items{p}::Entity",
            from = "Column::ParentId",
            to = "super::items{p}::Column::Id"
        )]
        Parent,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

async fn use_{n}(db: &sea_orm::DatabaseConnection) -> Result<usize, DbErr> {
    let new = items{n}::ActiveModel {
        name: Set("a".into()),
        email: Set("b".into()),
        amount: Set(1.0),
        count: Set(1),
        active: Set(true),
        ..Default::default()
    };
    let item = new.insert(db).await?;
    let count = item.count + 1;
    let mut item = item.into_active_model();
    item.count = Set(count);
    let item = item.update(db).await?;
    let again = items{n}::Entity::find_by_id(item.id).one(db).await?;
    let page = items{n}::Entity::find()
        .filter(items{n}::Column::Active.eq(true))
        .order_by_asc(items{n}::Column::Name)
        .limit(20)
        .all(db)
        .await?;
    Ok(page.len() + again.map_or(0, |item| item.count as usize))
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_all_tables_and_something_to_change() {
        for kind in Kind::ALL {
            let program = kind.program(3, Edition { print: 4, column: 5 });
            assert!(program.contains("items2") && !program.contains("items3"), "{program}");
            assert!(program.contains("build 4") && program.contains("note_5"), "{program}");
            assert!(program.contains(" note:") && !program.contains("{n}"), "{program}");
        }
    }
}
