//! Webhooks: they arrive twice, or before what they are about, and count once.

use mizzle::prelude::*;

use crate::error::{Error, Result};
use crate::schema::{Event, NewWebhook, Webhook, WebhookChanges, WebhookState, webhooks};
use crate::{calls, payments};

/// How often a webhook is tried again that meets another one of the same payment or call.
const RETRIES: u32 = 20;

/// What became of a webhook that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived before.
    Duplicate,
    New(WebhookState),
}

/// Takes a webhook. If the call fails, the provider has to send it again, as providers do: whatever was lost on the way, it
/// counts once.
pub fn receive(db: &Db, id: &str, event: &Event, at: DateTime<Utc>) -> Result<Outcome> {
    db.try_retry_stale(RETRIES, |tx| {
        let payment = payment_of(event).map(|id| payments::known(tx, id)).transpose()?;
        let new = NewWebhook::builder()
            .id(id)
            .maybe_payment_id(payment.as_ref().map(|payment| payment.id.clone()))
            .event(Json(event.clone()))
            .occurred_at(at)
            .state(WebhookState::Waiting)
            .build();
        // Waits for a transaction that takes the same webhook.
        if tx.insert_all_or_ignore([new])? == 0 {
            return Ok(Outcome::Duplicate);
        }
        if let Some(payment) = &payment {
            // Otherwise a refund could wait for the payment, and the payment, at the same time, not know of the refund.
            tx.touch(payment)?;
        }
        let state = apply(tx, &tx.get(id)?, at)?;
        if let (Event::Paid { payment, .. }, WebhookState::Applied) = (event, state) {
            let waiting = Webhook::query()
                .filter(webhooks::payment_id.eq(payment))
                .filter(webhooks::state.eq(WebhookState::Waiting))
                .order_by((webhooks::occurred_at, webhooks::id));
            for webhook in waiting.all(tx)? {
                apply(tx, &webhook, at.max(webhook.occurred_at))?;
            }
        }
        Ok(Outcome::New(state))
    })
}

/// Tries webhooks again that were rejected, such as calls for which there was no money, and returns how many were applied.
/// They are booked at `at`: what was not there before can't have been spent then.
pub fn retry_rejected(db: &Db, at: DateTime<Utc>) -> Result<u64> {
    let rejected = Webhook::query()
        .filter(webhooks::state.eq(WebhookState::Rejected))
        .order_by((webhooks::occurred_at, webhooks::id));
    let mut applied = 0;
    for webhook in rejected.all(db)? {
        let state = db.try_retry_stale(RETRIES, |tx| {
            let found =
                Webhook::query().filter(webhooks::id.eq(&webhook.id)).for_update().one(tx)?;
            if found.state == WebhookState::Rejected {
                apply(tx, &found, at)
            } else {
                Ok(found.state)
            }
        })?;
        applied += u64::from(state == WebhookState::Applied);
    }
    Ok(applied)
}

fn payment_of(event: &Event) -> Option<&str> {
    match event {
        Event::Paid { payment, .. } | Event::Refunded { payment, .. } => Some(payment),
        Event::CallEnded { .. } => None,
    }
}

/// Does what a webhook reports, if that can be done by now, and notes what became of it.
fn apply(tx: &Tx<'_>, webhook: &Webhook, at: DateTime<Utc>) -> Result<WebhookState> {
    // What fails is undone, and the rest of the transaction goes on.
    let (state, reason) = match tx.try_transaction(|tx| book(tx, webhook, at)) {
        Ok(state) => (state, None),
        Err(Error::Database(error)) if !names_nothing(&error) => return Err(error.into()),
        Err(error) => (WebhookState::Rejected, Some(error.to_string())),
    };
    let changes = WebhookChanges { reason: Some(reason), ..WebhookChanges::default().state(state) };
    tx.update_by_key::<Webhook>(webhook.id.as_str(), changes)?;
    Ok(state)
}

/// Returns whether a webhook names a call or a wallet that doesn't exist.
fn names_nothing(error: &mizzle::Error) -> bool {
    error.is_not_found() || error.is_foreign_key_violation()
}

fn book(tx: &Tx<'_>, webhook: &Webhook, at: DateTime<Utc>) -> Result<WebhookState> {
    match &webhook.event.0 {
        Event::Paid { payment, wallet_id, amount } => {
            payments::pay(tx, payments::known(tx, payment)?, *wallet_id, amount, at)?;
        }
        Event::Refunded { payment, amount } => {
            let payment = payments::known(tx, payment)?;
            if payment.amount.is_none() {
                return Ok(WebhookState::Waiting);
            }
            payments::refund(tx, payment, &format!("webhook:{}", webhook.id), amount, at)?;
        }
        Event::CallEnded { call_id, seconds } => {
            calls::end(tx, *call_id, *seconds, at)?;
        }
    }
    Ok(WebhookState::Applied)
}
