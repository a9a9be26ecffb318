//! The music store on SQLite.

use mizzle::prelude::*;

music_store! {
    artist: "Artist" ("ArtistId", "Name"),
    album: "Album" ("AlbumId", "Title"),
    track: "Track" ("TrackId", "Milliseconds", "Composer"),
    playlist: "Playlist" ("PlaylistId", "PlaylistTrack"),
    employee: "Employee" ("EmployeeId", "FirstName", "LastName", "ReportsTo"),
    customer: "Customer" ("CustomerId", "SupportRepId"),
    invoice: "Invoice" ("InvoiceId", "InvoiceDate", "Total"),
    line: "InvoiceLine" ("InvoiceLineId", "Quantity", "UnitPrice"),
}

#[path = "checks.rs"]
mod checks;

#[test]
fn relations_give_what_plain_sql_gives() {
    let Some(script) = super::script("chinook_sqlite.sql") else { return };
    test_support::with_sqlite(|db| {
        db.execute_sql(&script).expect("the store");
        checks::all(db);
    });
}
