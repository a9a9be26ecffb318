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

#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(routes = Route))]
pub struct Subnet {
    #[column(primary_key)]
    pub network: Cidr,
    pub others: Vec<Cidr>,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Route {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Subnet))]
    pub to: Cidr,
}

mizzle::schema!(pub Subnets = [Subnet, Route]);

fn cidr(text: &str) -> Cidr {
    text.parse().expect("a network")
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

    fn networks_sort_and_refer(db: &Db) {
        db.create_all::<Subnets>().unwrap();
        // Ascending.
        let networks = ["0.0.0.0/0", "9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/32", "192.0.2.1/32", "::/0", "2001:db8::/32"];
        for network in networks.iter().rev() {
            let others = vec![cidr(network), cidr("::1")];
            db.insert(NewSubnet::builder().network(cidr(network)).others(others).build()).unwrap();
        }
        let read = Subnet::query().order_by(subnets::network).all(db).unwrap();
        let texts: Vec<String> = read.iter().map(|row| row.network.to_string()).collect();
        assert_eq!(texts, networks);
        assert_eq!(Subnet::query().filter(subnets::network.gt(cidr("10.0.0.0/8"))).count(db).unwrap(), 4);
        assert_eq!(Subnet::query().filter(subnets::others.any(cidr("192.0.2.1"))).count(db).unwrap(), 1);
        for to in ["192.0.2.1", "10.0.0.0/8", "192.0.2.1/32"] {
            db.insert(NewRoute::builder().to(cidr(to)).build()).unwrap();
        }
        let read = Subnet::query().order_by(subnets::network).with(Subnet::routes()).all(db).unwrap();
        let routes: Vec<usize> = read.iter().map(|row| row.routes.len()).collect();
        assert_eq!(routes, [0, 0, 1, 0, 2, 0, 0]);
        assert!(db.insert(NewRoute::builder().to(cidr("10.0.0.0/9")).build()).is_err());
        let network = cidr("10.0.0.0/8");
        let found: Subnet = sql!("SELECT * FROM subnets WHERE network = {network}").one(db).unwrap();
        assert_eq!((found.network, Inet::from(found.network)), (network, "10.0.0.0/8".parse().unwrap()));
    }

    fn an_address_is_no_network(db: &Db) {
        db.create_all::<Subnets>().unwrap();
        let stored = db.execute_sql("INSERT INTO subnets (network, others) VALUES ('10.0.0.1/8', '{}')");
        if db.dialect().is_sqlite() {
            stored.unwrap();
            crate::assert_value_error(Subnet::query().first(db), "subnets.network", "10.0.0.1");
        } else {
            stored.unwrap_err();
        }
    }
}
