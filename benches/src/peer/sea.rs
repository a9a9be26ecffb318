//! SeaORM, on tokio's default runtime.

use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use sea_orm::prelude::Decimal;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DeriveValueType};
use tokio::runtime::Runtime;

use super::{POOL_SIZE, Session};
use crate::data;
use crate::tasks::{self, Measured, Tasks};
use crate::workload::Workload;
use crate::{dispatch, dispatch_trips};

macro_rules! entity {
    ($module:ident, $table:literal, { $($column:ident: $type:ty,)* }, { $($relation:tt)* }, { $($related:tt)* }) => {
        pub mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key)]
                pub id: i64,
                $(pub $column: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation { $($relation)* }

            $($related)*

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

entity!(people, "people", {
    name: String,
    email: String,
    nickname: Option<String>,
    age: i32,
    balance: f64,
    active: bool,
}, {}, {});

entity!(authors, "authors", { name: String, }, {
    #[sea_orm(has_many = "super::posts::Entity")]
    Posts,
}, {
    impl Related<super::posts::Entity> for Entity {
        fn to() -> RelationDef { Relation::Posts.def() }
    }
});

entity!(posts, "posts", { author_id: i64, title: String, }, {
    #[sea_orm(belongs_to = "super::authors::Entity", from = "Column::AuthorId", to = "super::authors::Column::Id")]
    Author,
    #[sea_orm(has_many = "super::comments::Entity")]
    Comments,
}, {
    impl Related<super::authors::Entity> for Entity {
        fn to() -> RelationDef { Relation::Author.def() }
    }
    impl Related<super::comments::Entity> for Entity {
        fn to() -> RelationDef { Relation::Comments.def() }
    }
});

entity!(comments, "comments", { post_id: i64, text: String, }, {
    #[sea_orm(belongs_to = "super::posts::Entity", from = "Column::PostId", to = "super::posts::Column::Id")]
    Post,
}, {
    impl Related<super::posts::Entity> for Entity {
        fn to() -> RelationDef { Relation::Post.def() }
    }
});

pub mod post_counts {
    use sea_orm::entity::prelude::*;

    /// A view: SeaORM wants a key.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "post_counts")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub author_id: i64,
        pub posts: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

macro_rules! wide {
    ($module:ident, $price:ty) => {
        entity!($module, "wide", {
            flag: bool,
            small: i16,
            number: i32,
            big: i64,
            maybe: Option<i64>,
            single: f32,
            real: f64,
            text: String,
            note: Option<String>,
            bytes: Vec<u8>,
            day: Date,
            at: DateTime,
            moment: DateTimeUtc,
            token: Uuid,
            document: Json,
            price: $price,
        }, {}, {});
    };
}

wide!(wide_postgres, Decimal);
wide!(wide_sqlite, super::Exact);

/// SeaORM reads decimals from SQLite as floating point numbers; a custom type is read from text.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Exact(pub Decimal);

impl FromStr for Exact {
    type Err = <Decimal as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

entity!(customers, "customers", {
    company_name: String,
    contact_name: String,
    contact_title: String,
    address: String,
    city: String,
    postal_code: Option<String>,
    region: Option<String>,
    country: String,
    phone: String,
    fax: Option<String>,
}, {}, {});

entity!(employees, "employees", {
    last_name: String,
    first_name: Option<String>,
    title: String,
    title_of_courtesy: String,
    birth_date: Date,
    hire_date: Date,
    address: String,
    city: String,
    postal_code: String,
    country: String,
    home_phone: String,
    extension: i32,
    notes: String,
    recipient_id: Option<i64>,
}, {
    #[sea_orm(belongs_to = "Entity", from = "Column::RecipientId", to = "Column::Id")]
    Recipient,
}, {
    /// The way to the employee that one reports to.
    pub struct ToRecipient;

    impl Linked for ToRecipient {
        type FromEntity = Entity;
        type ToEntity = Entity;
        fn link(&self) -> Vec<RelationDef> { vec![Relation::Recipient.def()] }
    }
});

entity!(suppliers, "suppliers", {
    company_name: String,
    contact_name: String,
    contact_title: String,
    address: String,
    city: String,
    region: Option<String>,
    postal_code: String,
    country: String,
    phone: String,
}, {}, {});

entity!(products, "products", {
    name: String,
    quantity_per_unit: String,
    unit_price: f64,
    units_in_stock: i32,
    units_on_order: i32,
    reorder_level: i32,
    discontinued: i32,
    supplier_id: i64,
}, {
    #[sea_orm(belongs_to = "super::suppliers::Entity", from = "Column::SupplierId", to = "super::suppliers::Column::Id")]
    Supplier,
}, {
    impl Related<super::suppliers::Entity> for Entity {
        fn to() -> RelationDef { Relation::Supplier.def() }
    }
});

entity!(orders, "orders", {
    order_date: Date,
    required_date: Date,
    shipped_date: Option<Date>,
    ship_via: i32,
    freight: f64,
    ship_name: String,
    ship_city: String,
    ship_region: Option<String>,
    ship_postal_code: Option<String>,
    ship_country: String,
    customer_id: i64,
    employee_id: i64,
}, {
    #[sea_orm(has_many = "super::details::Entity")]
    Details,
}, {
    impl Related<super::details::Entity> for Entity {
        fn to() -> RelationDef { Relation::Details.def() }
    }
});

entity!(details, "details", {
    unit_price: f64,
    quantity: i32,
    discount: f64,
    order_id: i64,
    product_id: i64,
}, {
    #[sea_orm(belongs_to = "super::orders::Entity", from = "Column::OrderId", to = "super::orders::Column::Id")]
    Order,
    #[sea_orm(belongs_to = "super::products::Entity", from = "Column::ProductId", to = "super::products::Column::Id")]
    Product,
}, {
    impl Related<super::orders::Entity> for Entity {
        fn to() -> RelationDef { Relation::Order.def() }
    }
    impl Related<super::products::Entity> for Entity {
        fn to() -> RelationDef { Relation::Product.def() }
    }
});

/// Person number `number`, before it has a key.
pub fn new_person(number: i64) -> people::ActiveModel {
    use sea_orm::ActiveValue::{NotSet, Set};
    let data::Values { name, email, nickname, age, balance, active } = data::person(number);
    people::ActiveModel {
        id: NotSet,
        name: Set(name),
        email: Set(email),
        nickname: Set(nickname),
        age: Set(age),
        balance: Set(balance),
        active: Set(active),
    }
}

struct Sea(Runtime, DatabaseConnection);

pub fn connect(url: &str) -> Result<Box<dyn Session>> {
    let runtime = Runtime::new()?;
    let is_file = url.starts_with("sqlite") && !url.contains(":memory:");
    let url = if is_file { format!("{url}?mode=rwc") } else { url.to_owned() };
    let mut options = ConnectOptions::new(url.clone());
    options
        .max_connections(if url.contains(":memory:") { 1 } else { POOL_SIZE })
        .sqlx_logging(false);
    if url.starts_with("sqlite") {
        options.map_sqlx_sqlite_opts(move |options| {
            use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            let options = options.busy_timeout(std::time::Duration::from_secs(30));
            if !is_file {
                return options;
            }
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal)
        });
    }
    let connection = runtime.block_on(Database::connect(options))?;
    Ok(Box::new(Sea(runtime, connection)))
}

impl Session for Sea {
    fn execute(&mut self, sql: &str) -> Result<()> {
        self.0.block_on(self.1.execute_unprepared(sql))?;
        Ok(())
    }

    fn run(&mut self, workload: Workload, times: u64) -> Result<u64> {
        let connection = &self.1;
        self.0.block_on(async {
            if workload.is_about_trips() {
                return dispatch_trips!(workload, sea_orm(connection, times).await);
            }
            dispatch!(workload, sea_orm::run(connection, times).await)
        })
    }

    fn run_tasks(&mut self, workload: Tasks, times: u64) -> Result<Measured> {
        self.0.block_on(tasks::run(&self.1, workload, times))
    }
}
