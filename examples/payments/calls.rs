//! Calls, billed per minute: each minute that has begun is paid in full.

use mizzle::prelude::*;

use crate::error::{Error, Result};
use crate::ledger::{Own, book};
use crate::schema::{Call, NewCall, Posting, PostingKind};

/// Returns a call that begins, at the price of a minute, to insert.
pub fn begin(wallet_id: i64, rate: Decimal, at: DateTime<Utc>) -> NewCall {
    NewCall::builder().wallet_id(wallet_id).rate(rate).started_at(at).build()
}

/// Returns the price of a call: its minutes, rounded up, times the rate, rounded up to hundredths.
pub fn price(rate: &Decimal, seconds: i32) -> Decimal {
    let minutes = i64::from(seconds.max(0)).div_euclid(60) + i64::from(seconds.max(0) % 60 > 0);
    (Decimal::from(minutes) * rate).ceil(2)
}

/// Ends a call and bills it, once: a call that is billed stays so.
///
/// # Errors
/// `CallHasEnded` if it has ended after another time; `InsufficientFunds` if the wallet has too little for it.
pub fn end(tx: &Tx<'_>, call_id: i64, seconds: i32, at: DateTime<Utc>) -> Result<Call> {
    let call = tx.get::<Call>(call_id)?;
    match call.seconds {
        Some(known) if known != seconds => {
            return Err(Error::CallHasEnded { call_id, seconds: known });
        }
        Some(_) => return Ok(call),
        None => {}
    }
    // Who ends the call at the same time gets a stale row.
    let mut call = tx.update_returning(&Call { seconds: Some(seconds), ..call })?;
    let price = price(&call.rate, seconds);
    if price > Decimal::default() {
        let wallets = (call.wallet_id, Own::Revenue.id(tx)?);
        let reference = format!("call:{call_id}");
        let posting = book(tx, PostingKind::Call, &reference, &price, wallets, at)?;
        call = tx.update_returning(&Call { posting_id: Some(posting.id), ..call })?;
    }
    Ok(call)
}

/// Pays back what a call has cost, once.
///
/// # Errors
/// `CallNotBilled` if nothing was paid for it; `AlreadyBooked` if it was paid back before.
pub fn refund(on: &impl Executor, call_id: i64, at: DateTime<Utc>) -> Result<Posting> {
    on.try_transaction(|tx| {
        let call = tx.get::<Call>(call_id)?;
        let (Some(_), Some(seconds)) = (call.posting_id, call.seconds) else {
            return Err(Error::CallNotBilled { call_id });
        };
        let price = price(&call.rate, seconds);
        let wallets = (Own::Revenue.id(tx)?, call.wallet_id);
        book(tx, PostingKind::Refund, &format!("refund:call:{call_id}"), &price, wallets, at)
    })
}
