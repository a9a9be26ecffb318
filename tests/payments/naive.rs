//! What the books should contain, computed from what was reported, row by row.

use std::collections::BTreeMap;

use mizzle::prelude::*;

use crate::ledger::Own;
use crate::schema::{
    Call, Entry, Event, Payment, Posting, PostingKind, Wallet, Webhook, WebhookState, entries,
    wallets, webhooks,
};
use crate::statement::{self, Line};

/// Asserts that no money was made or lost: by the postings, by the wallets, and by what was reported.
pub(super) fn assert_books(db: &Db) {
    let postings: BTreeMap<i64, Posting> = Posting::query()
        .all(db)
        .unwrap()
        .into_iter()
        .map(|posting| (posting.id, posting))
        .collect();
    let entries = Entry::query().order_by(entries::id).all(db).unwrap();
    let wallets = Wallet::query().order_by(wallets::id).all(db).unwrap();

    // Each posting moves an amount from one wallet to another.
    let mut of_posting: BTreeMap<i64, Vec<&Entry>> = BTreeMap::new();
    let mut totals: BTreeMap<i64, Decimal> = BTreeMap::new();
    for entry in &entries {
        of_posting.entry(entry.posting_id).or_default().push(entry);
        *totals.entry(entry.wallet_id).or_default() += entry.amount.clone();
    }
    assert_eq!(of_posting.len(), postings.len());
    for entries in of_posting.values() {
        assert_eq!(entries.len(), 2, "{entries:?}");
        let sum: Decimal = entries.iter().map(|entry| &entry.amount).sum();
        assert_eq!(sum, Decimal::default(), "{entries:?}");
    }

    // Each wallet has what its entries say, and what was reported of it.
    let reported = reported(db);
    for wallet in &wallets {
        let total = totals.get(&wallet.id).cloned().unwrap_or_default();
        if let Some(balance) = &wallet.balance {
            assert_eq!(*balance, total, "{wallet:?}");
            assert!(*balance >= Decimal::default(), "{wallet:?}");
        }
        let expected = reported.get(&wallet.id).cloned().unwrap_or_default();
        assert_eq!(total, expected, "{wallet:?}");
    }
}

/// What each wallet should have, from calls, payments and webhooks alone. Asserts that each is booked as often as it
/// should be: once, or not at all.
fn reported(db: &Db) -> BTreeMap<i64, Decimal> {
    let (cash, revenue) = (Own::Cash.id(db).unwrap(), Own::Revenue.id(db).unwrap());
    let mut expected: BTreeMap<i64, Decimal> = BTreeMap::new();
    let mut references: Vec<String> = Vec::new();
    let mut moves = |from: i64, to: i64, amount: &Decimal, reference: String| {
        *expected.entry(from).or_default() -= amount.clone();
        *expected.entry(to).or_default() += amount.clone();
        references.push(reference);
    };
    let webhooks = Webhook::query().order_by(webhooks::id).all(db).unwrap();
    let mut paid = BTreeMap::new();
    let mut refunded: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut ended = BTreeMap::new();
    for webhook in &webhooks {
        assert_ne!(
            webhook.state == WebhookState::Rejected,
            webhook.reason.is_none(),
            "{webhook:?}"
        );
        if webhook.state != WebhookState::Applied {
            continue;
        }
        match &webhook.event.0 {
            Event::Paid { payment, wallet_id, amount } => {
                // Reported under several ids, it is one payment.
                if paid.insert(payment.clone(), (*wallet_id, amount.clone())).is_none() {
                    moves(cash, *wallet_id, amount, format!("payment:{payment}"));
                }
            }
            Event::Refunded { payment, amount } => {
                let wallet_id = db.get::<Payment>(payment.as_str()).unwrap().wallet_id.unwrap();
                *refunded.entry(payment.clone()).or_default() += amount.clone();
                moves(wallet_id, cash, amount, format!("refund:webhook:{}", webhook.id));
            }
            Event::CallEnded { call_id, seconds } => {
                ended.insert(*call_id, *seconds);
            }
        }
    }
    for payment in Payment::query().all(db).unwrap() {
        assert_eq!(
            payment.refunded,
            refunded.remove(&payment.id).unwrap_or_default(),
            "{payment:?}"
        );
        assert_eq!(
            payment.wallet_id.zip(payment.amount.clone()),
            paid.remove(&payment.id),
            "{payment:?}"
        );
    }
    for call in Call::query().all(db).unwrap() {
        let seconds = ended.remove(&call.id);
        assert_eq!(call.seconds, seconds, "{call:?}");
        let price = seconds.map(|seconds| price(&call.rate, seconds)).unwrap_or_default();
        assert_eq!(call.posting_id.is_some(), price > Decimal::default(), "{call:?}");
        if call.posting_id.is_some() {
            moves(call.wallet_id, revenue, &price, format!("call:{}", call.id));
            let refund = format!("refund:call:{}", call.id);
            let is_refunded = Posting::query()
                .filter(crate::schema::postings::reference.eq(refund.clone()))
                .filter(crate::schema::postings::kind.eq(PostingKind::Refund));
            if is_refunded.count(db).unwrap() > 0 {
                moves(revenue, call.wallet_id, &price, refund);
            }
        }
    }
    let mut booked: Vec<String> =
        Posting::query().all(db).unwrap().into_iter().map(|posting| posting.reference).collect();
    booked.sort();
    references.sort();
    assert_eq!(booked, references);
    expected
}

/// The price of a call, a minute at a time.
pub(super) fn price(rate: &Decimal, seconds: i32) -> Decimal {
    let mut price = Decimal::default();
    let mut left = seconds;
    while left > 0 {
        price += rate.clone();
        left -= 60;
    }
    let mut cents = 0;
    while Decimal::new(cents, 2) < price {
        cents += 1;
    }
    Decimal::new(cents, 2)
}

/// Asserts that the statement of a wallet is what its entries add up to, day by day.
pub(super) fn assert_statement(db: &Db, wallet_id: i64, time_zone: &str) {
    let zone = jiff::tz::TimeZone::get(time_zone).unwrap();
    let mut days: BTreeMap<DateTime<Utc>, (i64, Decimal, Decimal)> = BTreeMap::new();
    for entry in Entry::query().filter(entries::wallet_id.eq(wallet_id)).all(db).unwrap() {
        let booked_at = db.get::<Posting>(entry.posting_id).unwrap().booked_at;
        let moment = jiff::Timestamp::from_microsecond(booked_at.timestamp_micros()).unwrap();
        let day = moment.to_zoned_datetime(zone.clone()).start_of_day().unwrap().timestamp();
        let day = DateTime::from_timestamp_micros(day.as_microsecond()).unwrap();
        let (count, paid_in, paid_out) = days.entry(day).or_default();
        *count += 1;
        *(if entry.amount > Decimal::default() { paid_in } else { paid_out }) += entry.amount;
    }
    let mut balance = Decimal::default();
    let expected: Vec<_> = days
        .into_iter()
        .map(|(day, (count, paid_in, paid_out))| {
            balance += &paid_in + &paid_out;
            (day, count, paid_in, paid_out, balance.clone())
        })
        .collect();
    let stated: Vec<_> = statement::daily(db, wallet_id, time_zone)
        .unwrap()
        .into_iter()
        .map(|line: Line| (line.begins_at, line.entries, line.paid_in, line.paid_out, line.balance))
        .collect();
    assert_eq!(stated, expected);
}
