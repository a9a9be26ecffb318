//! The music store on PostgreSQL.

use mizzle::prelude::*;

music_store! {
    artist: "artist" ("artist_id", "name"),
    album: "album" ("album_id", "title"),
    track: "track" ("track_id", "milliseconds", "composer"),
    playlist: "playlist" ("playlist_id", "playlist_track"),
    employee: "employee" ("employee_id", "first_name", "last_name", "reports_to"),
    customer: "customer" ("customer_id", "support_rep_id"),
    invoice: "invoice" ("invoice_id", "invoice_date", "total"),
    line: "invoice_line" ("invoice_line_id", "quantity", "unit_price"),
}

#[path = "checks.rs"]
#[allow(clippy::duplicate_mod, reason = "the same checks, over other names")]
mod checks;

#[test]
fn relations_give_what_plain_sql_gives() {
    let Some(script) = super::script("chinook_postgres.sql") else { return };
    // The test has its own database.
    let lines = script.lines().filter(|line| {
        !["DROP DATABASE", "CREATE DATABASE", "\\c"].iter().any(|start| line.starts_with(start))
    });
    let script = lines.collect::<Vec<_>>().join("\n");
    test_support::with_postgres(|db| {
        db.execute_sql(&script).expect("the store");
        checks::all(db);
    });
}
