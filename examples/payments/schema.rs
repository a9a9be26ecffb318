//! The tables. A change here becomes a migration by `cargo run --example payments-db --features kit -- generate`. What
//! structs can't say about the ledger is in the migration `ledger_rules`, written by hand.

use mizzle::prelude::*;
use serde::{Deserialize, Serialize};

/// Who pays.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct User {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(unique)]
    pub email: String,
    pub name: String,
    /// Where their days begin: a name of the tz database.
    pub time_zone: String,
    /// Refuses what a device writes that has read an older version.
    #[column(version)]
    pub version: i32,
}

/// Where money is: with a customer, or with the company.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    index(user_id),
    check(wallets_owner = "(user_id IS NULL) = (name IS NOT NULL)"),
    check(wallets_balance = "(user_id IS NULL) = (balance IS NULL)"),
    check(wallets_not_overdrawn = "balance >= 0")
)]
pub struct Wallet {
    #[column(primary_key, auto)]
    pub id: i64,
    /// `None` for the company's own.
    #[column(references(User))]
    pub user_id: Option<i64>,
    /// What the company calls its own: `cash`, `revenue`.
    #[column(unique)]
    pub name: Option<String>,
    /// The sum of the wallet's entries. `None` for the company's own: almost every posting has an entry in one of these, and
    /// would wait for all others if it updated their balance.
    pub balance: Option<Decimal>,
}

/// What a posting is for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostingKind {
    TopUp,
    Call,
    Refund,
}

/// Moves money between wallets: its entries sum to zero. The database refuses one that doesn't, and any change to it.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(has_many(entries = Entry))]
pub struct Posting {
    #[column(primary_key, auto)]
    pub id: i64,
    pub kind: PostingKind,
    /// What it books, once: `call:17`.
    #[column(unique)]
    pub reference: String,
    pub booked_at: DateTime<Utc>,
}

/// What a posting adds to a wallet, or takes from it.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "entries", index(wallet_id, id), check(entries_amount = "amount <> 0"))]
pub struct Entry {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Posting), index)]
    pub posting_id: i64,
    #[column(references(Wallet))]
    pub wallet_id: i64,
    pub amount: Decimal,
}

/// A call, billed per minute when it has ended.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    index(wallet_id),
    check(calls_rate = "rate >= 0"),
    check(calls_seconds = "seconds >= 0"),
    check(calls_billed_after_end = "posting_id IS NULL OR seconds IS NOT NULL")
)]
pub struct Call {
    #[column(primary_key, auto)]
    pub id: i64,
    #[column(references(Wallet))]
    pub wallet_id: i64,
    /// The price of a minute.
    pub rate: Decimal,
    pub started_at: DateTime<Utc>,
    /// How long it was, once it has ended.
    pub seconds: Option<i32>,
    /// The posting that bills it. A call that costs nothing has none.
    #[column(unique, references(Posting))]
    pub posting_id: Option<i64>,
    #[column(version)]
    pub version: i32,
}

/// A payment of the payment provider, known from its webhooks.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    index(wallet_id),
    check(payments_known = "(wallet_id IS NULL) = (amount IS NULL)"),
    check(payments_refunded = "refunded >= 0 AND refunded <= coalesce(amount, 0)")
)]
pub struct Payment {
    /// The provider's.
    #[column(primary_key)]
    pub id: String,
    /// `None` until the provider reports that it was paid, which may be after it reports a refund.
    #[column(references(Wallet))]
    pub wallet_id: Option<i64>,
    pub amount: Option<Decimal>,
    #[column(default_fn = Decimal::default)]
    pub refunded: Decimal,
    /// Counted up by each webhook of the payment, so that two at a time know of each other.
    #[column(version)]
    pub version: i32,
}

/// What has become of a webhook.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// What it is about is not known yet.
    Waiting,
    Applied,
    /// A person has to look at it: `reason`.
    Rejected,
}

/// A webhook, by the provider's id, so that it counts once.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(index(payment_id))]
pub struct Webhook {
    #[column(primary_key)]
    pub id: String,
    #[column(references(Payment))]
    pub payment_id: Option<String>,
    pub event: Json<Event>,
    pub occurred_at: DateTime<Utc>,
    pub state: WebhookState,
    pub reason: Option<String>,
}

/// What a webhook reports.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody has topped up a wallet.
    Paid { payment: String, wallet_id: i64, amount: Decimal },
    /// The provider has paid back some of it.
    Refunded { payment: String, amount: Decimal },
    /// A call has ended.
    CallEnded { call_id: i64, seconds: i32 },
}

mizzle::schema! {
    pub Payments = [User, Wallet, Posting, Entry, Call, Payment, Webhook]
}
