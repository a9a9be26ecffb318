//! A SQL type of the program's own, for diesel's tables and statements.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlOrd, SqlType};
use mizzle::backend::{Any, AnyType, AnyValue, Bind};
use mizzle::prelude::*;
use test_support::on_each_database;

use crate::assert_value_error;

/// PostgreSQL's `macaddr`, text on SQLite.
#[derive(Debug, Clone, Copy, QueryId, SqlType)]
pub struct MacAddrType;

impl SqlOrd for MacAddrType {}

impl HasSqlType<MacAddrType> for Any {
    fn metadata(_: &mut ()) -> AnyType {
        AnyType::native("macaddr")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = MacAddrType)]
pub struct Mac([u8; 6]);

impl ToSql<MacAddrType, Any> for Mac {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        let bytes: Vec<String> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        out.set_value(Bind::Text(bytes.join(":").into()));
        Ok(IsNull::No)
    }
}

impl FromSql<MacAddrType, Any> for Mac {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let bytes: Vec<u8> = match value {
            AnyValue::Postgres { bytes, .. } => bytes.to_vec(),
            AnyValue::Text(text) => {
                let bytes = std::str::from_utf8(text)?.split(':');
                bytes.map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<_, _>>()?
            }
            _ => return Err("neither database stores an address so".into()),
        };
        Ok(Self(bytes.as_slice().try_into()?))
    }
}

diesel::table! {
    devices (id) {
        id -> diesel::sql_types::BigInt,
        mac -> crate::custom::MacAddrType,
        former -> diesel::sql_types::Nullable<crate::custom::MacAddrType>,
    }
}

fn mac(last: u8) -> Mac {
    Mac([0x08, 0, 0x2b, 1, 2, last])
}

on_each_database! {
    fn a_program_can_have_sql_types_of_its_own(db: &Db) {
        let ty = if db.dialect().is_sqlite() { "TEXT" } else { "macaddr" };
        db.execute_sql(&format!("CREATE TABLE devices (id bigint PRIMARY KEY, mac {ty} NOT NULL, former {ty})")).unwrap();
        let rows: Vec<_> = [3_u8, 1, 2]
            .map(|last| {
                let former = (last == 1).then(|| mac(9));
                (devices::id.eq(i64::from(last)), devices::mac.eq(mac(last)), devices::former.eq(former))
            })
            .to_vec();
        assert_eq!(db.execute(diesel::insert_into(devices::table).values(rows)).unwrap(), 3);
        let all: Vec<(i64, Mac, Option<Mac>)> = db.load(devices::table.order(devices::mac)).unwrap();
        assert_eq!(all, [(1, mac(1), Some(mac(9))), (2, mac(2), None), (3, mac(3), None)]);
        let found: Vec<i64> =
            db.load(devices::table.filter(devices::mac.eq_any([mac(2), mac(3), mac(7)])).order(devices::id).select(devices::id)).unwrap();
        assert_eq!(found, [2, 3]);
        let greater = devices::table.filter(devices::mac.gt(mac(1))).count();
        assert_eq!(db.first::<i64, _>(greater).unwrap(), Some(2));
        let changed = diesel::update(devices::table.filter(devices::former.eq(mac(9)))).set(devices::mac.eq(mac(8)));
        assert_eq!(db.execute(changed).unwrap(), 1);
        let least = db.first::<Option<Mac>, _>(devices::table.select(diesel::dsl::min(devices::mac)));
        if db.dialect().is_sqlite() {
            assert_eq!(least.unwrap(), Some(Some(mac(2))));
            db.execute_sql("UPDATE devices SET mac = 'secret'").unwrap();
            let read = db.load::<Mac, _>(devices::table.select(devices::mac));
            assert_value_error(read, "", "secret");
        } else {
            // The server has no `min` of this type.
            assert!(least.unwrap_err().to_string().contains("min(macaddr)"));
        }
    }
}
