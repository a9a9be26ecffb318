//! What the database refuses, and what a webhook does when it arrives.

use mizzle::prelude::*;
use mizzle::{Dialect, ErrorCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use test_support::on_each_database;

use crate::error::Error;
use crate::ledger::{self, Own};
use crate::naive::{self, assert_books, assert_statement};
use crate::schema::{
    Call, Entry, Event, NewEntry, NewPosting, Posting, PostingKind, User, Wallet, WebhookState,
};
use crate::webhooks::{self, Outcome, receive};
use crate::{calls, minute, money, prepare, profiles, sign_up};

fn paid(payment: &str, wallet: &Wallet, cents: i64) -> Event {
    Event::Paid { payment: payment.into(), wallet_id: wallet.id, amount: money(cents) }
}

fn refunded(payment: &str, cents: i64) -> Event {
    Event::Refunded { payment: payment.into(), amount: money(cents) }
}

fn balance(db: &Db, wallet: &Wallet) -> Decimal {
    db.get::<Wallet>(wallet.id).unwrap().balance.unwrap()
}

const APPLIED: Outcome = Outcome::New(WebhookState::Applied);
const WAITING: Outcome = Outcome::New(WebhookState::Waiting);
const REJECTED: Outcome = Outcome::New(WebhookState::Rejected);

on_each_database! {
    fn a_posting_sums_to_zero(db: &Db) {
        prepare(db);
        let (ada, bob) = (sign_up(db, "ada", "UTC"), sign_up(db, "bob", "UTC"));
        let book = |entries: &[(i64, &str)]| {
            db.transaction(|tx| {
                let posting = NewPosting::builder()
                    .kind(PostingKind::TopUp)
                    .reference(format!("{entries:?}"))
                    .booked_at(minute(0));
                let posting = tx.insert(posting.build())?;
                for (wallet_id, amount) in entries {
                    let entry = NewEntry::builder().posting_id(posting.id).wallet_id(*wallet_id);
                    tx.insert(entry.amount(amount.parse::<Decimal>().unwrap()).build())?;
                }
                Ok(())
            })
        };
        let refused = |entries: &[(i64, &str)]| {
            let error = book(entries).expect_err("it is not balanced");
            assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
        };
        refused(&[]);
        refused(&[(ada.id, "1")]);
        refused(&[(ada.id, "0.1"), (bob.id, "-0.10000000000000000000000000000000001")]);
        refused(&[(ada.id, "1"), (bob.id, "-1"), (ada.id, "0.5")]);
        refused(&[(ada.id, "0"), (bob.id, "0")]);
        // Exactly zero, which a sum of floating point numbers is not.
        book(&[(ada.id, "0.1"), (ada.id, "0.2"), (bob.id, "-0.3")]).unwrap();
        assert_eq!(Posting::query().count(db).unwrap(), 1);
        // One more entry for what is booked already.
        let posting = Posting::query().one(db).unwrap();
        let more = NewEntry::builder().posting_id(posting.id).wallet_id(ada.id).amount(money(1)).build();
        let error = db.insert(more).expect_err("it is not balanced any more");
        assert_eq!(error.code(), ErrorCode::ConstraintError, "{error:?}");
        assert_eq!(Entry::query().count(db).unwrap(), 3);
    }

    fn what_is_booked_stays(db: &Db) {
        prepare(db);
        let ada = sign_up(db, "ada", "UTC");
        assert_eq!(receive(db, "1", &paid("p", &ada, 100), minute(0)).unwrap(), APPLIED);
        let before = (Posting::query().all(db).unwrap(), Entry::query().all(db).unwrap());
        let mut statements = vec![
            "UPDATE entries SET amount = amount", "DELETE FROM entries", "UPDATE postings SET kind = kind",
            "DELETE FROM postings", "UPDATE entries SET wallet_id = 1 WHERE wallet_id <> 1",
        ];
        if db.dialect() == Dialect::Postgres {
            statements.push("TRUNCATE entries");
            statements.push("TRUNCATE postings CASCADE");
        } else {
            statements.push("REPLACE INTO entries SELECT * FROM entries");
        }
        for statement in statements {
            db.execute_sql(statement).expect_err(statement);
        }
        assert_eq!((Posting::query().all(db).unwrap(), Entry::query().all(db).unwrap()), before);
        let entry = before.1[0].clone();
        let error = db.update(&Entry { amount: money(1), ..entry.clone() }).unwrap_err();
        assert_eq!(error.code(), ErrorCode::UpdateError, "{error:?}");
        assert_eq!(db.delete(&entry).unwrap_err().code(), ErrorCode::DeleteError);
    }

    fn a_wallet_is_never_overdrawn(db: &Db) {
        prepare(db);
        let ada = sign_up(db, "ada", "UTC");
        receive(db, "1", &paid("p", &ada, 1_000), minute(0)).unwrap();
        let book = |cents: i64| {
            db.try_transaction(|tx| {
                let wallets = (ada.id, Own::Revenue.id(tx)?);
                ledger::book(tx, PostingKind::Call, &cents.to_string(), &money(cents), wallets, minute(1))
            })
        };
        let error = book(1_001).unwrap_err();
        assert!(matches!(error, Error::InsufficientFunds { wallet_id } if wallet_id == ada.id), "{error:?}");
        assert!(matches!(book(0), Err(Error::Amount { .. })));
        assert!(matches!(book(-1), Err(Error::Amount { .. })));
        book(1_000).unwrap();
        assert!(matches!(book(1_000), Err(Error::AlreadyBooked { .. })));
        assert_eq!(balance(db, &ada), money(0));
    }

    fn a_webhook_counts_once_in_any_order(db: &Db) {
        prepare(db);
        let ada = sign_up(db, "ada", "UTC");
        assert_eq!(receive(db, "2", &refunded("p", 300), minute(2)).unwrap(), WAITING);
        assert_eq!(receive(db, "2", &refunded("p", 300), minute(2)).unwrap(), Outcome::Duplicate);
        assert_eq!(receive(db, "1", &paid("p", &ada, 1_000), minute(1)).unwrap(), APPLIED);
        assert_eq!(balance(db, &ada), money(700));
        // The same payment by another webhook, and another payment by that name.
        assert_eq!(receive(db, "3", &paid("p", &ada, 1_000), minute(3)).unwrap(), APPLIED);
        assert_eq!(receive(db, "4", &paid("p", &ada, 2_000), minute(4)).unwrap(), REJECTED);
        assert_eq!(receive(db, "5", &refunded("p", 701), minute(5)).unwrap(), REJECTED);
        assert_eq!(receive(db, "6", &refunded("p", 700), minute(6)).unwrap(), APPLIED);
        // Wallets and calls that don't exist.
        let nobody = Wallet { id: 99, ..ada.clone() };
        assert_eq!(receive(db, "7", &paid("q", &nobody, 100), minute(7)).unwrap(), REJECTED);
        let no_call = Event::CallEnded { call_id: 99, seconds: 1 };
        assert_eq!(receive(db, "8", &no_call, minute(8)).unwrap(), REJECTED);
        assert_eq!(webhooks::retry_rejected(db, minute(9_000)).unwrap(), 0);
        assert_eq!(balance(db, &ada), money(0));
        assert_eq!(ledger::total(db, Own::Cash.id(db).unwrap()).unwrap(), money(0));
        assert_books(db);
    }

    fn a_call_is_billed_once(db: &Db) {
        prepare(db);
        let ada = sign_up(db, "ada", "UTC");
        let begun = |rate: &str| db.insert(calls::begin(ada.id, rate.parse().unwrap(), minute(0))).unwrap();
        let ended = |id: &str, call: &Call, seconds: i32| {
            receive(db, id, &Event::CallEnded { call_id: call.id, seconds }, minute(1)).unwrap()
        };
        let call = begun("0.035");
        assert_eq!(ended("1", &call, 121), REJECTED);
        receive(db, "2", &paid("p", &ada, 20), minute(2)).unwrap();
        assert_eq!(webhooks::retry_rejected(db, minute(9_000)).unwrap(), 1);
        assert_eq!(balance(db, &ada), money(9));
        assert_eq!(ended("1", &call, 121), Outcome::Duplicate);
        assert_eq!(ended("3", &call, 121), APPLIED);
        assert_eq!(ended("4", &call, 61), REJECTED);
        let free = begun("0");
        assert_eq!(ended("5", &free, 600), APPLIED);
        let missed = begun("1");
        assert_eq!(ended("6", &missed, 0), APPLIED);
        assert_eq!(balance(db, &ada), money(9));
        assert!(matches!(calls::refund(db, free.id, minute(3)), Err(Error::CallNotBilled { .. })));
        calls::refund(db, call.id, minute(3)).unwrap();
        assert!(matches!(calls::refund(db, call.id, minute(4)), Err(Error::AlreadyBooked { .. })));
        assert_eq!(balance(db, &ada), money(20));
        assert_books(db);
    }

    fn two_devices_lose_nothing(db: &Db) {
        prepare(db);
        let wallet = sign_up(db, "ada", "UTC");
        let read = db.get::<User>(wallet.user_id.unwrap()).unwrap();
        profiles::save(db, &User { name: "Ada L.".into(), ..read.clone() }).unwrap();
        let late = profiles::save(db, &User { time_zone: "Asia/Tokyo".into(), ..read.clone() });
        assert!(matches!(late, Err(Error::Database(error)) if error.is_stale_row()));
        let both = profiles::change(db, read.id, |user| user.time_zone = "Asia/Tokyo".into()).unwrap();
        assert_eq!((both.name.as_str(), both.time_zone.as_str(), both.version), ("Ada L.", "Asia/Tokyo", 3));
    }
}

#[test]
fn minutes_are_rounded_up() {
    for (rate, seconds, price) in [
        ("0.10", 0, "0"),
        ("0.10", 1, "0.10"),
        ("0.10", 60, "0.10"),
        ("0.10", 61, "0.20"),
        ("0.035", 121, "0.11"),
        ("0.001", 1, "0.01"),
        ("0.005", 120, "0.01"),
        ("0", 600, "0"),
        ("0.10", i32::MAX, "3579139.50"),
    ] {
        let rate: Decimal = rate.parse().unwrap();
        assert_eq!(calls::price(&rate, seconds), price.parse().unwrap(), "{rate} × {seconds} s");
    }
    let mut runner =
        TestRunner::new(Config { cases: 500, failure_persistence: None, ..Config::default() });
    runner
        .run(&(0..20_000_i64, 0..4_u16, 0..2_000), |(digits, scale, seconds)| {
            let rate = Decimal::new(digits, scale + 2);
            prop_assert_eq!(calls::price(&rate, seconds), naive::price(&rate, seconds));
            Ok(())
        })
        .unwrap();
}

/// A webhook of one of two wallets: which payment or call it is about, and an amount or a length.
#[derive(Debug, Clone)]
enum Report {
    Paid(u8, i64),
    Refunded(u8, i64),
    Ended(u8, i32),
}

fn reports() -> impl Strategy<Value = Vec<Report>> {
    let report = prop_oneof![
        3 => (0..4_u8, 1..3_i64).prop_map(|(payment, tens)| Report::Paid(payment, 1_000 * tens)),
        2 => (0..4_u8, 1..1_500_i64).prop_map(|(payment, cents)| Report::Refunded(payment, cents)),
        3 => (0..6_u8, 0..200).prop_map(|(call, seconds)| Report::Ended(call, 60 * seconds / 7)),
    ];
    // Some of them twice, in any order.
    proptest::collection::vec(report, 1..20).prop_flat_map(|reports| {
        let twice: Vec<_> = reports.iter().step_by(2).cloned().collect();
        Just([reports, twice].concat()).prop_shuffle()
    })
}

on_each_database! {
    fn any_reports_leave_the_books_in_order(db: &Db) {
        prepare(db);
        let cases = std::env::var("MIZZLE_CASES").map_or(25, |cases| cases.parse().expect("a number"));
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let rounds = std::cell::Cell::new(0);
        runner
            .run(&(reports(), prop::sample::select(vec!["UTC", "Europe/Zurich", "America/Los_Angeles"])), |(reports, zone)| {
                rounds.set(rounds.get() + 1);
                let round = rounds.get();
                let wallets = [sign_up(db, &format!("a{round}"), zone), sign_up(db, &format!("b{round}"), zone)];
                let calls: Vec<Call> = (0..6)
                    .map(|place| db.insert(calls::begin(wallets[place % 2].id, Decimal::new(35, 2), minute(0))).unwrap())
                    .collect();
                for (place, report) in reports.iter().enumerate() {
                    let wallet = |payment: u8| &wallets[usize::from(payment) % 2];
                    let name = |payment: u8| format!("{round}-{payment}");
                    let event = match *report {
                        Report::Paid(payment, cents) => paid(&name(payment), wallet(payment), cents),
                        Report::Refunded(payment, cents) => refunded(&name(payment), cents),
                        Report::Ended(call, seconds) => {
                            Event::CallEnded { call_id: calls[usize::from(call)].id, seconds }
                        }
                    };
                    let id = format!("{round}-{event:?}");
                    receive(db, &id, &event, minute(211 * place as i64)).unwrap();
                }
                webhooks::retry_rejected(db, minute(9_000)).unwrap();
                assert_books(db);
                for wallet in &wallets {
                    assert_statement(db, wallet.id, zone);
                }
                Ok(())
            })
            .unwrap();
    }
}
