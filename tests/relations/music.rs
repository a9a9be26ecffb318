//! A real music store, with tables that mizzle did not make: the same structs over the names of each database.
//!
//! The data lies beside the repository, in `../shared/data`; without it these tests are skipped.

use mizzle::prelude::*;

/// The tables of the music store; `$column` is how this database names a column.
macro_rules! music_store {
    (
        artist: $artist:tt ($artist_id:tt, $name:tt),
        album: $album:tt ($album_id:tt, $title:tt),
        track: $track:tt ($track_id:tt, $milliseconds:tt, $composer:tt),
        playlist: $playlist:tt ($playlist_id:tt, $playlist_track:tt),
        employee: $employee:tt ($employee_id:tt, $first_name:tt, $last_name:tt, $reports_to:tt),
        customer: $customer:tt ($customer_id:tt, $support_rep_id:tt),
        invoice: $invoice:tt ($invoice_id:tt, $invoice_date:tt, $total:tt),
        line: $line:tt ($line_id:tt, $quantity:tt, $unit_price:tt),
    ) => {
        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(name = $artist, module = artists, has_many(albums = Album))]
        pub struct Artist {
            #[column(primary_key, name = $artist_id)]
            pub id: i32,
            #[column(name = $name)]
            pub name: Option<String>,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(name = $album, module = albums, has_many(tracks = Track))]
        pub struct Album {
            #[column(primary_key, name = $album_id)]
            pub id: i32,
            #[column(name = $title)]
            pub title: String,
            #[column(name = $artist_id, references(Artist))]
            pub artist_id: i32,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(
            name = $track,
            module = tracks,
            has_many(lines = InvoiceLine),
            many_to_many(playlists = Playlist, through = PlaylistTrack)
        )]
        pub struct Track {
            #[column(primary_key, name = $track_id)]
            pub id: i32,
            #[column(name = $name)]
            pub name: String,
            #[column(name = $album_id, references(Album))]
            pub album_id: Option<i32>,
            #[column(name = $composer)]
            pub composer: Option<String>,
            #[column(name = $milliseconds)]
            pub milliseconds: i32,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(
            name = $playlist,
            module = playlists,
            many_to_many(tracks = Track, through = PlaylistTrack)
        )]
        pub struct Playlist {
            #[column(primary_key, name = $playlist_id)]
            pub id: i32,
            #[column(name = $name)]
            pub name: Option<String>,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(
            name = $playlist_track,
            module = playlist_tracks,
            primary_key(playlist_id, track_id)
        )]
        pub struct PlaylistTrack {
            #[column(name = $playlist_id, references(Playlist))]
            pub playlist_id: i32,
            #[column(name = $track_id, references(Track))]
            pub track_id: i32,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(
            name = $employee,
            module = employees,
            has_many(reports = Employee),
            has_many(customers = Customer)
        )]
        pub struct Employee {
            #[column(primary_key, name = $employee_id)]
            pub id: i32,
            #[column(name = $first_name)]
            pub first_name: String,
            #[column(name = $last_name)]
            pub last_name: String,
            #[column(name = $reports_to, references(Employee, as = manager))]
            pub reports_to: Option<i32>,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(name = $customer, module = customers, has_many(invoices = Invoice))]
        pub struct Customer {
            #[column(primary_key, name = $customer_id)]
            pub id: i32,
            #[column(name = $last_name)]
            pub last_name: String,
            #[column(name = $support_rep_id, references(Employee))]
            pub support_rep_id: Option<i32>,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(name = $invoice, module = invoices, has_many(lines = InvoiceLine))]
        pub struct Invoice {
            #[column(primary_key, name = $invoice_id)]
            pub id: i32,
            #[column(name = $customer_id, references(Customer))]
            pub customer_id: i32,
            #[column(name = $invoice_date, stored = sqlite_datetime)]
            pub date: NaiveDateTime,
            #[column(name = $total)]
            pub total: Decimal,
        }

        #[derive(Table, Debug, Clone, PartialEq)]
        #[table(name = $line, module = invoice_lines)]
        pub struct InvoiceLine {
            #[column(primary_key, name = $line_id)]
            pub id: i32,
            #[column(name = $invoice_id, references(Invoice))]
            pub invoice_id: i32,
            #[column(name = $track_id, references(Track))]
            pub track_id: i32,
            #[column(name = $quantity)]
            pub quantity: i32,
            #[column(name = $unit_price)]
            pub unit_price: Decimal,
        }

        mizzle::schema!(pub MusicStore = [
            Artist, Album, Track, Playlist, PlaylistTrack, Employee, Customer, Invoice, InvoiceLine,
        ]);
    };
}

/// The store's script for a database, if it is there.
fn script(name: &str) -> Option<String> {
    let path = format!("{}/../shared/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let script = std::fs::read_to_string(&path).ok();
    if script.is_none() {
        println!("skipped: there is no {path}");
    }
    script
}

/// Returns the only number that plain SQL selects.
fn number(db: &Db, sql: &str) -> i64 {
    use diesel::dsl::sql as plain;
    use diesel::sql_types::BigInt;
    db.one(diesel::select(plain::<BigInt>(&format!("({sql})")))).expect("a number")
}

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
