//! One row by its key with the one that it refers to.

/// A product with its supplier.
pub mod product_with_supplier {
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::raw::{FromRow, Postgres, Product, Sqlite, Supplier};

        fn sql() -> String {
            let (product, supplier) = (Product::COLUMNS, Supplier::COLUMNS);
            format!(
                "SELECT {product}, {supplier} FROM products JOIN suppliers ON suppliers.id = products.supplier_id
                 WHERE products.id = $1"
            )
        }

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let found = on.query(&sql, [key_of(time, PRODUCTS)], |row| {
                    Ok((Product::from_sqlite(row, 0)?, Supplier::from_sqlite(row, Product::WIDTH)?))
                })?;
                sum += (found[0].0.id + found[0].1.id) as u64;
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let found = on.query(&sql, &[&key_of(time, PRODUCTS)], |row| {
                    (Product::from_postgres(row, 0), Supplier::from_postgres(row, Product::WIDTH))
                })?;
                sum += (found[0].0.id + found[0].1.id) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel {
        use diesel::prelude::*;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::diesel_orm::{Product, Supplier, products, suppliers};

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let (product, supplier): (Product, Supplier) = products::table
                        .inner_join(suppliers::table)
                        .filter(products::id.eq(key_of(time, PRODUCTS)))
                        .select((Product::as_select(), Supplier::as_select()))
                        .first(on)?;
                    sum += (product.id + supplier.id) as u64;
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use mizzle::prelude::*;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::mizzle_orm::Product;

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let product = Product::query()
                    .find(key_of(time, PRODUCTS))
                    .with(Product::supplier())
                    .one(db)?;
                sum += (product.id + product.supplier.id) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "drizzle")]
    pub mod drizzle {
        use anyhow::{Context, Result};
        use drizzle::core::expr::eq;
        use drizzle::sqlite::prelude::*;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let products = on.tables.products;
            let id = products.id.placeholder("id");
            let query = on.db.query(products).with(products.supplier());
            let find = query.r#where(eq(products.id, id)).prepare();
            let mut sum = 0;
            for time in 0..times {
                let found = find.find_first(on.db.conn(), [id.bind(key_of(time, PRODUCTS))])?;
                let found = found.context("no row")?;
                sum += (found.id + found.supplier.id) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use sqlx::FromRow;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::sqlx_driver::Product;

        /// The columns of the supplier have other names, as both tables have an `id`.
        #[derive(FromRow)]
        #[allow(dead_code, reason = "read, but not shown")]
        pub struct Found {
            #[sqlx(flatten)]
            product: Product,
            the_supplier_id: i64,
            company_name: String,
            contact_name: String,
            contact_title: String,
            address: String,
            city: String,
            region: Option<String>,
            postal_code: String,
            country: String,
            phone: String,
        }

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let found: Found = sqlx::query_as(
                        "SELECT products.*, suppliers.id AS the_supplier_id, company_name, contact_name,
                         contact_title, address, city, region, postal_code, country, phone
                         FROM products JOIN suppliers ON suppliers.id = products.supplier_id
                         WHERE products.id = $1",
                    )
                    .bind(key_of(time, PRODUCTS))
                    .fetch_one(on)
                    .await?;
                    sum += (found.product.id + found.the_supplier_id) as u64;
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sea-orm")]
    pub mod sea_orm {
        use anyhow::{Context, Result};
        use sea_orm::{DatabaseConnection, EntityTrait};

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::sea::{products, suppliers};

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let found = products::Entity::find_by_id(key_of(time, PRODUCTS))
                    .find_also_related(suppliers::Entity)
                    .one(on)
                    .await?;
                let (product, supplier) = found.context("no row")?;
                sum += (product.id + supplier.context("no supplier")?.id) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "toasty")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use crate::data::{PRODUCTS, key_of};
        use crate::peer::toasty_orm::Product;

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let product = Product::filter_by_id(key_of(time, PRODUCTS) as u64)
                    .include(Product::fields().supplier())
                    .get(on)
                    .await?;
                sum += (product.id + product.supplier.get().id) as u64;
            }
            Ok(sum)
        }
    }
}

/// An employee with the one they report to, if there is one.
pub mod employee_with_recipient {
    #[cfg(feature = "native")]
    pub mod raw {
        use anyhow::Result;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::raw::{Employee, FromRow, Postgres, Sqlite};

        fn sql() -> String {
            let employee = Employee::COLUMNS;
            let recipient = employee.replace("employees.", "recipients.");
            format!(
                "SELECT {employee}, {recipient} FROM employees
                 LEFT JOIN employees AS recipients ON recipients.id = employees.recipient_id
                 WHERE employees.id = $1"
            )
        }

        pub fn sqlite(on: &mut Sqlite, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let found = on.query(&sql, [key_of(time, EMPLOYEES)], |row| {
                    let has_recipient = row.get::<_, Option<i64>>(Employee::WIDTH)?.is_some();
                    let recipient = has_recipient
                        .then(|| Employee::from_sqlite(row, Employee::WIDTH))
                        .transpose()?;
                    Ok((Employee::from_sqlite(row, 0)?, recipient))
                })?;
                sum += (found[0].0.id + found[0].1.as_ref().map_or(0, |recipient| recipient.id))
                    as u64;
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let found = on.query(&sql, &[&key_of(time, EMPLOYEES)], |row| {
                    let has_recipient = row.get::<_, Option<i64>>(Employee::WIDTH).is_some();
                    let recipient =
                        has_recipient.then(|| Employee::from_postgres(row, Employee::WIDTH));
                    (Employee::from_postgres(row, 0), recipient)
                })?;
                sum += (found[0].0.id + found[0].1.as_ref().map_or(0, |recipient| recipient.id))
                    as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "native")]
    pub mod diesel {
        use diesel::prelude::*;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::diesel_orm::{Employee, employees};

        diesel::alias!(employees as recipients: Recipients);

        crate::on_each_diesel_connection! {
            fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let (employee, recipient): (Employee, Option<Employee>) = employees::table
                        .left_join(recipients.on(recipients.field(employees::id).nullable().eq(employees::recipient_id)))
                        .filter(employees::id.eq(key_of(time, EMPLOYEES)))
                        .select((employees::all_columns, recipients.fields(employees::all_columns).nullable()))
                        .first(on)?;
                    sum += (employee.id + recipient.map_or(0, |recipient| recipient.id)) as u64;
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "native")]
    pub mod mizzle {
        use mizzle::prelude::*;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::mizzle_orm::Employee;

        pub fn run(db: &Db, times: u64) -> anyhow::Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let employee = Employee::query()
                    .find(key_of(time, EMPLOYEES))
                    .with(Employee::recipient())
                    .one(db)?;
                let recipient = employee.recipient.as_ref().map_or(0, |recipient| recipient.id);
                sum += (employee.id + recipient) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "drizzle")]
    pub mod drizzle {
        use anyhow::{Context, Result};
        use drizzle::core::expr::eq;
        use drizzle::sqlite::prelude::*;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::drizzle_orm::Drizzle;

        pub fn run(on: &mut Drizzle, times: u64) -> Result<u64> {
            let employees = on.tables.employees;
            let id = employees.id.placeholder("id");
            let query = on.db.query(employees).with(employees.recipient());
            let find = query.r#where(eq(employees.id, id)).prepare();
            let mut sum = 0;
            for time in 0..times {
                let found = find.find_first(on.db.conn(), [id.bind(key_of(time, EMPLOYEES))])?;
                let found = found.context("no row")?;
                sum += (found.id + found.recipient.as_ref().map_or(0, |recipient| recipient.id))
                    as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "sqlx")]
    pub mod sqlx {
        use sqlx::FromRow;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::sqlx_driver::Employee;

        /// The columns of the recipient have other names, as both rows are of the same table.
        #[derive(FromRow)]
        #[allow(dead_code, reason = "read, but not shown")]
        pub struct Found {
            #[sqlx(flatten)]
            employee: Employee,
            r_id: Option<i64>,
            r_last_name: Option<String>,
            r_first_name: Option<String>,
            r_title: Option<String>,
            r_title_of_courtesy: Option<String>,
            r_birth_date: Option<chrono::NaiveDate>,
            r_hire_date: Option<chrono::NaiveDate>,
            r_address: Option<String>,
            r_city: Option<String>,
            r_postal_code: Option<String>,
            r_country: Option<String>,
            r_home_phone: Option<String>,
            r_extension: Option<i32>,
            r_notes: Option<String>,
            r_recipient_id: Option<i64>,
        }

        crate::on_each_pool! {
            async fn run(on, times) {
                let mut sum = 0;
                for time in 0..times {
                    let found: Found = sqlx::query_as(
                        "SELECT employees.*, r.id AS r_id, r.last_name AS r_last_name,
                         r.first_name AS r_first_name, r.title AS r_title,
                         r.title_of_courtesy AS r_title_of_courtesy, r.birth_date AS r_birth_date,
                         r.hire_date AS r_hire_date, r.address AS r_address, r.city AS r_city,
                         r.postal_code AS r_postal_code, r.country AS r_country, r.home_phone AS r_home_phone,
                         r.extension AS r_extension, r.notes AS r_notes, r.recipient_id AS r_recipient_id
                         FROM employees LEFT JOIN employees AS r ON r.id = employees.recipient_id
                         WHERE employees.id = $1",
                    )
                    .bind(key_of(time, EMPLOYEES))
                    .fetch_one(on)
                    .await?;
                    sum += (found.employee.id + found.r_id.unwrap_or(0)) as u64;
                }
                Ok(sum)
            }
        }
    }

    #[cfg(feature = "sea-orm")]
    pub mod sea_orm {
        use anyhow::{Context, Result};
        use sea_orm::{DatabaseConnection, EntityTrait};

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::sea::employees::{Entity, ToRecipient};

        pub async fn run(on: &DatabaseConnection, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let query =
                    Entity::find_by_id(key_of(time, EMPLOYEES)).find_also_linked(ToRecipient);
                let (employee, recipient) = query.one(on).await?.context("no row")?;
                sum += (employee.id + recipient.map_or(0, |recipient| recipient.id)) as u64;
            }
            Ok(sum)
        }
    }

    #[cfg(feature = "toasty")]
    pub mod toasty {
        use anyhow::Result;
        use toasty::Db;

        use crate::data::{EMPLOYEES, key_of};
        use crate::peer::toasty_orm::Employee;

        pub async fn run(on: &mut Db, times: u64) -> Result<u64> {
            let mut sum = 0;
            for time in 0..times {
                let employee = Employee::filter_by_id(key_of(time, EMPLOYEES) as u64)
                    .include(Employee::fields().recipient())
                    .get(on)
                    .await?;
                let recipient =
                    employee.recipient.get().as_ref().map_or(0, |recipient| recipient.id);
                sum += (employee.id + recipient) as u64;
            }
            Ok(sum)
        }
    }
}
