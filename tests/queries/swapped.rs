//! A query whose `collect_binds` swaps the binds of two connections can't bind values to the wrong statement.

use std::cell::RefCell;
use test_support::on_each_database;

use diesel::QueryResult;
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Text;
use mizzle::backend::{Any, AnyBinds, AnyConnection};
use mizzle::prelude::*;

/// While its values are bound, runs another query on another connection that takes the binds away.
struct Outer<'c> {
    other: RefCell<&'c mut AnyConnection>,
    text: String,
}

/// Replaces its own binds by those of the outer query.
struct Inner<'b> {
    stolen: RefCell<Option<AnyBinds<'b>>>,
    delete: Delete,
}

struct Delete {
    text: String,
}

impl QueryFragment<Any> for Delete {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("DELETE FROM notes WHERE text = ");
        out.push_bind_param::<Text, _>(&self.text)
    }
}

impl QueryId for Outer<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryId for Inner<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Any> for Outer<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("DELETE FROM notes WHERE text = ");
        out.push_bind_param::<Text, _>(&self.text)
    }

    fn collect_binds<'b>(
        &'b self,
        out: &mut AnyBinds<'b>,
        _: &mut (),
        _: &'b Any,
    ) -> QueryResult<()> {
        let stolen = std::mem::replace(out, AnyBinds::Collected(Default::default()));
        let delete = Delete { text: "short-lived".repeat(100) };
        let inner = Inner { stolen: RefCell::new(Some(stolen)), delete };
        let refused = self.other.borrow_mut().execute_returning_count(&inner);
        assert!(refused.is_err(), "the statement has no values");
        Ok(())
    }
}

impl QueryFragment<Any> for Inner<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        self.delete.walk_ast(out)
    }

    fn collect_binds<'b>(
        &'b self,
        out: &mut AnyBinds<'b>,
        lookup: &mut (),
        backend: &'b Any,
    ) -> QueryResult<()> {
        if let Some(stolen) = self.stolen.take() {
            *out = stolen;
        }
        self.delete.collect_binds(out, lookup, backend)
    }
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes")]
pub struct Note {
    #[column(primary_key)]
    pub id: i64,
    pub text: String,
}

mizzle::schema!(pub Notes = [Note]);

on_each_database! {
    fn binds_of_another_statement_are_refused(db: &Db) {
        db.create_all::<Notes>().expect("the table");
        db.insert(Note { id: 1, text: "short-lived".repeat(100) }).expect("a row");
        let url: String = match db.dialect() {
            #[cfg(feature = "postgres")]
            mizzle::Dialect::Postgres => test_support::postgres_url(),
            _ => "sqlite::memory:".into(),
        };
        let mut second = AnyConnection::establish(&url).expect("another connection");
        second.batch_execute("CREATE TEMP TABLE notes (id int, text text)").expect("a table");
        db.with_connection(|first| {
            for _ in 0..3 {
                let outer = Outer { other: RefCell::new(&mut second), text: "mine".into() };
                assert!(first.execute_returning_count(&outer).is_err());
            }
            Ok(())
        })
        .expect("a connection");
        assert_eq!(db.count(notes::table).expect("the count"), 1);
    }
}
