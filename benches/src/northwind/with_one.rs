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
                let product = Product::query().find(key_of(time, PRODUCTS)).with(Product::supplier()).one(db)?;
                sum += (product.id + product.supplier.id) as u64;
            }
            Ok(sum)
        }
    }
}

/// An employee with whom they report to, if there is one.
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
                    let recipient =
                        has_recipient.then(|| Employee::from_sqlite(row, Employee::WIDTH)).transpose()?;
                    Ok((Employee::from_sqlite(row, 0)?, recipient))
                })?;
                sum += (found[0].0.id + found[0].1.as_ref().map_or(0, |recipient| recipient.id)) as u64;
            }
            Ok(sum)
        }

        pub fn postgres(on: &mut Postgres, times: u64) -> Result<u64> {
            let sql = sql();
            let mut sum = 0;
            for time in 0..times {
                let found = on.query(&sql, &[&key_of(time, EMPLOYEES)], |row| {
                    let has_recipient = row.get::<_, Option<i64>>(Employee::WIDTH).is_some();
                    let recipient = has_recipient.then(|| Employee::from_postgres(row, Employee::WIDTH));
                    (Employee::from_postgres(row, 0), recipient)
                })?;
                sum += (found[0].0.id + found[0].1.as_ref().map_or(0, |recipient| recipient.id)) as u64;
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
                let employee =
                    Employee::query().find(key_of(time, EMPLOYEES)).with(Employee::recipient()).one(db)?;
                let recipient = employee.recipient.as_ref().map_or(0, |recipient| recipient.id);
                sum += (employee.id + recipient) as u64;
            }
            Ok(sum)
        }
    }
}
