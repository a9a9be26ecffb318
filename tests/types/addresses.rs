//! Internet addresses compare, sort and refer the same on both databases.

use diesel::dsl::{max, min};
use mizzle::prelude::*;
use test_support::on_each_database;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(visits = Visit))]
pub struct Host {
    #[column(primary_key)]
    pub address: Inet,
    #[column(default = sql("'192.0.2.1'"))]
    pub gateway: Inet,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Visit {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Host))]
    pub host: Inet,
}

mizzle::schema!(pub Network = [Host, Visit]);

fn inet(text: &str) -> Inet {
    text.parse().expect("an address")
}

/// Ascending.
const ADDRESSES: [&str; 8] = [
    "9.255.255.255",
    "10.0.0.0/8",
    "10.0.0.1/8",
    "10.0.0.0",
    "10.0.0.2",
    "10.0.0.10",
    "::1",
    "2001:db8::1",
];

fn store(db: &Db) {
    db.create_all::<Network>().unwrap();
    let hosts: Vec<_> =
        ADDRESSES.iter().rev().map(|text| NewHost::builder().address(inet(text)).build()).collect();
    db.insert_all(&hosts).unwrap();
}

on_each_database! {
    fn they_sort_as_addresses(db: &Db) {
        store(db);
        let hosts = Host::query().order_by(hosts::address).all(db).unwrap();
        let addresses: Vec<String> = hosts.iter().map(|host| host.address.to_string()).collect();
        assert_eq!(addresses, ADDRESSES);
        assert!(hosts.iter().all(|host| host.gateway == inet("192.0.2.1")));

        let above = Host::query().filter(hosts::address.gt(inet("10.0.0.2")));
        assert_eq!(above.count(db).unwrap(), 3);
        let ends: (Option<Inet>, Option<Inet>) =
            db.one(hosts::table.select((min(hosts::address), max(hosts::address)))).unwrap();
        assert_eq!(ends, (Some(inet(ADDRESSES[0])), Some(inet(ADDRESSES[7]))));
    }

    fn they_refer(db: &Db) {
        store(db);
        for address in ["10.0.0.0", "10.0.0.0/8", "10.0.0.0", "::1"] {
            db.insert(NewVisit::builder().host(inet(address)).build()).unwrap();
        }
        let hosts = Host::query().order_by(hosts::address).with(Host::visits()).all(db).unwrap();
        let visits: Vec<usize> = hosts.iter().map(|host| host.visits.len()).collect();
        assert_eq!(visits, [0, 1, 0, 2, 0, 0, 1, 0]);
        assert!(db.insert(NewVisit::builder().host(inet("::2")).build()).is_err());
    }
}
