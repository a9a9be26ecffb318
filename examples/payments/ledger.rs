//! The ledger in double entry: what was booked stays as it is, and each posting sums to zero. The database checks both.

use mizzle::dsl::decimal::sum;
use mizzle::prelude::*;

use crate::error::{Error, Result};
use crate::schema::{
    NewEntry, NewPosting, NewWallet, Posting, PostingKind, Wallet, entries, postings, wallets,
};

/// A wallet of the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// What the payment provider holds for the company. It is below zero by what customers have paid in.
    Cash,
    /// What calls have earned.
    Revenue,
}

impl Own {
    pub const ALL: [Self; 2] = [Self::Cash, Self::Revenue];

    fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Revenue => "revenue",
        }
    }

    /// Returns the id of the wallet.
    pub fn id(self, on: &impl Executor) -> Result<i64> {
        Ok(on.one(wallets::table.filter(wallets::name.eq(self.name())).select(wallets::id))?)
    }
}

/// Opens the company's wallets, those that are missing.
pub fn open_own(on: &impl Executor) -> Result<()> {
    let new = Own::ALL.map(|own| NewWallet::builder().name(own.name()).build());
    on.insert_all_or_ignore(new)?;
    Ok(())
}

/// Opens a wallet of a customer.
pub fn open(on: &impl Executor, user_id: i64) -> Result<Wallet> {
    Ok(on.insert(NewWallet::builder().user_id(user_id).balance(Decimal::default()).build())?)
}

/// Moves an amount from one wallet to another.
///
/// # Errors
/// `AlreadyBooked` if there is a posting with this reference; `InsufficientFunds` if a customer's wallet would be below zero,
/// which ends the transaction.
pub fn book(
    tx: &Tx<'_>,
    kind: PostingKind,
    reference: &str,
    amount: &Decimal,
    (from, to): (i64, i64),
    at: DateTime<Utc>,
) -> Result<Posting> {
    if *amount <= Decimal::default() {
        return Err(Error::Amount { amount: amount.clone() });
    }
    // Waits for a transaction that books the same.
    let new = NewPosting::builder().kind(kind).reference(reference).booked_at(at).build();
    if tx.insert_all_or_ignore([new])? == 0 {
        return Err(Error::AlreadyBooked { reference: reference.into() });
    }
    let posting: Posting = Posting::query().filter(postings::reference.eq(reference)).one(tx)?;
    let mut changes = [(from, -amount), (to, amount.clone())];
    tx.insert_all(changes.clone().map(|(wallet_id, amount)| {
        NewEntry::builder().posting_id(posting.id).wallet_id(wallet_id).amount(amount).build()
    }))?;
    // In one order everywhere, so that two postings never wait for each other.
    changes.sort();
    for (wallet_id, change) in changes {
        let wallet = wallets::table.find(wallet_id).filter(wallets::balance.is_not_null());
        let added = wallets::balance.eq(wallets::balance.plus(change));
        tx.execute(diesel::update(wallet).set(added))
            .map_err(|error| overdrawn(error, wallet_id))?;
    }
    Ok(posting)
}

/// Says what the violation of the check means.
fn overdrawn(error: mizzle::Error, wallet_id: i64) -> Error {
    let check = error.constraint().and_then(|constraint| constraint.name.as_deref());
    if error.is_check_violation() && check == Some("wallets_not_overdrawn") {
        return Error::InsufficientFunds { wallet_id };
    }
    Error::Database(error)
}

/// Returns the sum of a wallet's entries: for a customer's wallet the same as its balance.
pub fn total(on: &impl Executor, wallet_id: i64) -> Result<Decimal> {
    let entries = entries::table.filter(entries::wallet_id.eq(wallet_id));
    let total: Option<Decimal> = on.one(entries.select(sum(entries::amount)))?;
    Ok(total.unwrap_or_default())
}
