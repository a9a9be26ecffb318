//! What can go wrong.

use mizzle::prelude::*;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("wallet {wallet_id} has not enough money")]
    InsufficientFunds { wallet_id: i64 },
    #[error("{reference} is booked already")]
    AlreadyBooked { reference: String },
    #[error("the amount must be above zero, and is {amount}")]
    Amount { amount: Decimal },
    #[error("payment {payment} has {left} left to refund, less than {amount}")]
    RefundTooLarge { payment: String, left: Decimal, amount: Decimal },
    #[error("{payment} was reported with another amount or wallet")]
    Contradiction { payment: String },
    #[error("call {call_id} has ended after {seconds} s already")]
    CallHasEnded { call_id: i64, seconds: i32 },
    #[error("call {call_id} was not billed")]
    CallNotBilled { call_id: i64 },
    #[error(transparent)]
    Database(#[from] mizzle::Error),
}
