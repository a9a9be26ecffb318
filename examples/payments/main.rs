//! Prepaid calls, with the money in a ledger: `cargo run --example payments --features time-zones`.

mod calls;
mod error;
mod ledger;
mod payments;
mod profiles;
mod schema;
mod statement;
mod webhooks;

use std::path::PathBuf;

use clap::Parser;
use error::{Error, Result};
use ledger::Own;
use mizzle::prelude::*;
use mizzle::{Read, batch};
use schema::{
    Call, Entry, Event, NewEntry, NewPosting, NewUser, Posting, PostingKind, User, Wallet,
    WithEntries, postings,
};

/// Tours a payments application on a fresh database: top-ups, calls, refunds, statements.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example payments --features time-zones
///
/// With one it does the same on PostgreSQL, with the same output. The database must not have the example's
/// tables yet; they are dropped at the end:
///
///   cargo run --example payments --features time-zones,postgres -- postgres://user:password@localhost/database
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The database: `postgres://…`, `sqlite:path/to/file.db` or `sqlite::memory:`
    url: Option<String>,
}

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let folder =
        Folder(std::env::temp_dir().join(format!("mizzle-payments-{}", std::process::id())));
    let url = match arguments.url {
        Some(url) => url,
        None => {
            std::fs::create_dir_all(&folder.0)?;
            format!("sqlite:{}", folder.0.join("payments.db").display())
        }
    };
    let db = Db::connect(&url)?;
    let migrations = mizzle::migrations!("examples/payments/migrations");
    db.migrate(migrations)?;
    let toured = tour(&db);
    db.migrator(migrations).allow_data_loss(true).rollback(usize::MAX)?;
    Ok(toured?)
}

fn tour(db: &Db) -> Result<()> {
    ledger::open_own(db)?;
    let (ada, wallet) = sign_up(db)?;
    top_up(db, &wallet)?;
    let call = call(db, &wallet)?;
    refund(db, &wallet, &call)?;
    print_statement(db, &ada, &wallet)?;
    keep_the_rules(db, &wallet)?;
    two_devices(db, &ada)
}

/// A moment of the last days of March 2026, in UTC. The clocks in Zurich change in the night before the 29th.
fn march(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2026, 3, day).unwrap_or_default();
    day.and_hms_opt(hour, minute, 0).unwrap_or_default().and_utc()
}

fn money(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

fn sign_up(db: &Db) -> Result<(User, Wallet)> {
    println!("Ada signs up and gets a wallet: both or none");
    let (ada, wallet) = db.try_transaction(|tx| {
        let new =
            NewUser::builder().email("ada@example.com").name("Ada").time_zone("Europe/Zurich");
        let ada = tx.insert(new.build())?;
        let wallet = ledger::open(tx, ada.id)?;
        Ok::<_, Error>((ada, wallet))
    })?;
    println!("  {} has {}", ada.name, wallet.balance.clone().unwrap_or_default());
    Ok((ada, wallet))
}

fn top_up(db: &Db, wallet: &Wallet) -> Result<()> {
    println!("\nThe provider's webhooks arrive in any order, and more than once: each counts once");
    let paid = |payment: &str, cents| Event::Paid {
        payment: payment.into(),
        wallet_id: wallet.id,
        amount: money(cents),
    };
    let refunded = Event::Refunded { payment: "pay-2".into(), amount: money(500) };
    let too_much = Event::Refunded { payment: "pay-2".into(), amount: money(1_600) };
    for (id, event, at) in [
        ("evt-1", paid("pay-1", 1_000), march(28, 9, 0)),
        ("evt-1", paid("pay-1", 1_000), march(28, 9, 0)),
        ("evt-3", refunded, march(28, 22, 30)),
        ("evt-2", paid("pay-2", 2_000), march(28, 22, 29)),
        ("evt-4", paid("pay-1", 1_000), march(28, 9, 0)),
        ("evt-5", too_much, march(28, 22, 45)),
    ] {
        let outcome = webhooks::receive(db, id, &event, at)?;
        println!("  {id}: {outcome:?}");
    }
    print_balances(db, wallet)
}

fn call(db: &Db, wallet: &Wallet) -> Result<Call> {
    println!("\nTwo calls begin in one round trip: both or none");
    let (call, long) = db.batch((
        batch::insert(calls::begin(wallet.id, Decimal::new(35, 3), march(29, 7, 0))),
        batch::insert(calls::begin(wallet.id, money(900), march(29, 8, 0))),
    ))?;
    println!("  {} and {} a minute", call.rate, long.rate);

    println!("\nA call of 2 minutes and 1 second costs three minutes, and is billed once");
    let ended = Event::CallEnded { call_id: call.id, seconds: 121 };
    for id in ["evt-6", "evt-6", "evt-7"] {
        println!("  {id}: {:?}", webhooks::receive(db, id, &ended, march(29, 7, 3))?);
    }
    let billed = db.get::<Call>(call.id)?;
    println!("  3 × {} is {}", billed.rate, calls::price(&billed.rate, 121));

    println!("\nA call that is too expensive waits for the next top-up");
    let ended = Event::CallEnded { call_id: long.id, seconds: 200 };
    println!("  evt-8: {:?}", webhooks::receive(db, "evt-8", &ended, march(29, 8, 4))?);
    let paid = Event::Paid { payment: "pay-3".into(), wallet_id: wallet.id, amount: money(3_000) };
    println!("  evt-9: {:?}", webhooks::receive(db, "evt-9", &paid, march(29, 22, 15))?);
    println!("  applied now: {}", webhooks::retry_rejected(db, march(29, 22, 16))?);
    print_balances(db, wallet)?;
    Ok(billed)
}

fn refund(db: &Db, wallet: &Wallet, call: &Call) -> Result<()> {
    println!(
        "\nA call is paid back once, and the next request sees it, also if it reads from a replica"
    );
    let session = db.session(Read::Any);
    let posting = calls::refund(&session, call.id, march(30, 10, 0))?;
    println!("  {}", posting.reference);
    // For the next request, in a cookie: it may reach another process.
    let cookie = session.bookmark()?.to_string();
    let session = db.session(Read::After(cookie.parse()?));
    let balance = session.get::<Wallet>(wallet.id)?.balance.unwrap_or_default();
    println!("  the next request reads {balance}");
    if let Err(error) = calls::refund(&session, call.id, march(30, 10, 1)) {
        println!("  again: {error}");
    }
    print_balances(db, wallet)
}

fn print_balances(db: &Db, wallet: &Wallet) -> Result<()> {
    // All of one moment.
    db.transaction_builder().isolation(mizzle::Isolation::RepeatableRead).read_only().try_run(
        |tx| {
            let kept = tx.get::<Wallet>(wallet.id)?.balance.unwrap_or_default();
            let cash = ledger::total(tx, Own::Cash.id(tx)?)?;
            let revenue = ledger::total(tx, Own::Revenue.id(tx)?)?;
            println!("  Ada has {kept}, by her entries {}", ledger::total(tx, wallet.id)?);
            println!(
                "  cash {cash}, revenue {revenue}, together with Ada's {}",
                &(&cash + &revenue) + &kept
            );
            Ok(())
        },
    )
}

fn print_statement(db: &Db, ada: &User, wallet: &Wallet) -> Result<()> {
    println!("\nAda's statement by her days: that of the change of clocks has 23 hours");
    for line in statement::daily(db, wallet.id, &ada.time_zone)? {
        let begins = line.begins_at.format("%Y-%m-%d %H:%M UTC");
        let (paid_in, paid_out) = (line.paid_in.to_string(), line.paid_out.to_string());
        println!("  from {begins}: {paid_in:>6} {paid_out:>7} = {:>6}", line.balance);
    }
    let refunds: Vec<WithEntries<Posting>> = Posting::query()
        .filter(postings::kind.eq(PostingKind::Refund))
        .order_by(postings::id)
        .with(Posting::entries().order_by(schema::entries::id))
        .all(db)?;
    for refund in refunds {
        let amounts: Vec<String> =
            refund.entries.iter().map(|entry: &Entry| entry.amount.to_string()).collect();
        println!("  {}: {}", refund.reference, amounts.join(" and "));
    }
    Ok(())
}

fn keep_the_rules(db: &Db, wallet: &Wallet) -> Result<()> {
    println!("\nThe database refuses these changes");
    let told = |what: &str, result: mizzle::Result<()>| match result {
        Ok(()) => println!("  {what}: done"),
        Err(error) => println!("  {what}: {}", error.code()),
    };
    let posting = |reference: &str| {
        NewPosting::builder()
            .kind(PostingKind::TopUp)
            .reference(reference)
            .booked_at(march(31, 0, 0))
            .build()
    };
    told(
        "money from nowhere",
        db.transaction(|tx| {
            let posting = tx.insert(posting("nowhere"))?;
            let entry = NewEntry::builder().posting_id(posting.id).wallet_id(wallet.id);
            tx.insert(entry.amount(money(100)).build()).map(drop)
        }),
    );
    told("a posting of nothing", db.insert(posting("nothing")).map(drop));
    let Some(entry) = Entry::query().order_by(schema::entries::id).first(db)? else {
        return Ok(());
    };
    told("another amount", db.update(&Entry { amount: money(1), ..entry.clone() }));
    told("an entry that goes", db.delete(&entry));
    Ok(())
}

fn two_devices(db: &Db, ada: &User) -> Result<()> {
    println!("\nTwo devices change one profile: the second one has to look again");
    let (phone, laptop) = (ada.clone(), ada.clone());
    let phone = profiles::save(db, &User { name: "Ada L.".into(), ..phone })?;
    println!("  the phone: {}, version {}", phone.name, phone.version);
    match profiles::save(db, &User { time_zone: "Europe/London".into(), ..laptop }) {
        Err(Error::Database(error)) => println!("  the laptop: {}", error.code()),
        Err(error) => return Err(error),
        Ok(_) => println!("  the laptop overwrites what the phone has saved"),
    }
    let both = profiles::change(db, ada.id, |profile| profile.time_zone = "Europe/London".into())?;
    println!("  the laptop, again: {} in {}, version {}", both.name, both.time_zone, both.version);
    Ok(())
}
