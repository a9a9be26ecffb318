//! Payments of the provider, and what it pays back of them.

use mizzle::prelude::*;

use crate::error::{Error, Result};
use crate::ledger::{Own, book};
use crate::schema::{NewPayment, Payment, PostingKind};

/// Returns the payment, and makes it known if it isn't. Waits for a transaction that does the same.
pub fn known(tx: &Tx<'_>, id: &str) -> Result<Payment> {
    tx.insert_all_or_ignore([NewPayment::builder().id(id).build()])?;
    Ok(tx.get(id)?)
}

/// Adds a payment to a wallet.
///
/// # Errors
/// `Contradiction` if it was added before, with another amount or to another wallet.
pub fn pay(
    tx: &Tx<'_>,
    payment: Payment,
    wallet_id: i64,
    amount: &Decimal,
    at: DateTime<Utc>,
) -> Result<Payment> {
    match (payment.wallet_id, &payment.amount) {
        (Some(known), Some(paid)) if known == wallet_id && paid == amount => return Ok(payment),
        (Some(_), _) | (_, Some(_)) => return Err(Error::Contradiction { payment: payment.id }),
        (None, None) => {}
    }
    let wallets = (Own::Cash.id(tx)?, wallet_id);
    book(tx, PostingKind::TopUp, &format!("payment:{}", payment.id), amount, wallets, at)?;
    let paid = Payment { wallet_id: Some(wallet_id), amount: Some(amount.clone()), ..payment };
    Ok(tx.update_returning(&paid)?)
}

/// Takes a part of a payment, or all of it, from the wallet again. `reference` says which refund it is.
///
/// # Errors
/// `RefundTooLarge` if less is left of the payment; `InsufficientFunds` if less is left in the wallet; `AlreadyBooked` if
/// the refund was made before.
pub fn refund(
    tx: &Tx<'_>,
    payment: Payment,
    reference: &str,
    amount: &Decimal,
    at: DateTime<Utc>,
) -> Result<Payment> {
    let left = payment.amount.clone().unwrap_or_default() - &payment.refunded;
    let Some(wallet_id) = payment.wallet_id.filter(|_| *amount <= left) else {
        return Err(Error::RefundTooLarge { payment: payment.id, left, amount: amount.clone() });
    };
    let wallets = (wallet_id, Own::Cash.id(tx)?);
    book(tx, PostingKind::Refund, &format!("refund:{reference}"), amount, wallets, at)?;
    let refunded = &payment.refunded + amount;
    Ok(tx.update_returning(&Payment { refunded, ..payment })?)
}
