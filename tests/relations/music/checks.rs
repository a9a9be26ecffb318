//! What the relations of the music store load, compared with what plain SQL selects.

use mizzle::prelude::*;

use super::super::number;
use super::*;

pub fn all(db: &Db) {
    artists_have_albums_with_tracks_with_lines(db);
    playlists_have_tracks(db);
    employees_report_to_employees(db);
    customers_have_a_support_rep(db);
    relations_filter(db);
}

/// Plain SQL with the names of the structs, as this database has them.
fn plain(db: &Db, sql: &str) -> i64 {
    let names = [
        ("{playlist_track}", PlaylistTrack::NAME),
        ("{track}", Track::NAME),
        ("{album}", Album::NAME),
        ("{artist}", Artist::NAME),
        ("{line}", InvoiceLine::NAME),
        ("{invoice}", Invoice::NAME),
        ("{customer}", Customer::NAME),
        ("{employee}", Employee::NAME),
        ("{album_id}", Album::COLUMNS[0]),
        ("{artist_id}", Artist::COLUMNS[0]),
        ("{track_id}", Track::COLUMNS[0]),
        ("{playlist_id}", Playlist::COLUMNS[0]),
        ("{invoice_id}", Invoice::COLUMNS[0]),
        ("{customer_id}", Customer::COLUMNS[0]),
        ("{name}", Artist::COLUMNS[1]),
        ("{milliseconds}", Track::COLUMNS[4]),
        ("{quantity}", InvoiceLine::COLUMNS[3]),
        ("{support_rep_id}", Customer::COLUMNS[2]),
        ("{reports_to}", Employee::COLUMNS[3]),
    ];
    let sql = names
        .iter()
        .fold(sql.to_owned(), |sql, (name, written)| sql.replace(name, &format!("\"{written}\"")));
    number(db, &sql)
}

fn artists_have_albums_with_tracks_with_lines(db: &Db) {
    let artists = Artist::query()
        .order_by(artists::id)
        .with(Artist::albums().with(Album::tracks().with(Track::lines())))
        .all(db)
        .expect("the artists");
    let albums = || artists.iter().flat_map(|artist| &artist.albums);
    let tracks = || albums().flat_map(|album| &album.tracks);
    let lines = || tracks().flat_map(|track| &track.lines);
    let total = |count: usize, sql: &str| assert_eq!(count as i64, plain(db, sql), "{sql}");
    total(artists.len(), "SELECT count(*) FROM {artist}");
    total(albums().count(), "SELECT count(*) FROM {album}");
    total(tracks().count(), "SELECT count(*) FROM {track} WHERE {album_id} IS NOT NULL");
    total(lines().count(), "SELECT count(*) FROM {line}");
    let sold: i64 = lines().map(|line| i64::from(line.quantity)).sum();
    assert_eq!(sold, plain(db, "SELECT CAST(sum({quantity}) AS bigint) FROM {line}"));
    let time: i64 = tracks().map(|track| i64::from(track.milliseconds)).sum();
    assert_eq!(time, plain(db, "SELECT CAST(sum({milliseconds}) AS bigint) FROM {track}"));
    assert_eq!(tracks().count(), 3503);
    assert_eq!(lines().count(), 2240);

    // Of one of them, chosen by its name.
    let zeppelin = artists.iter().find(|artist| artist.name.as_deref() == Some("Led Zeppelin"));
    let albums = &zeppelin.expect("the band").albums;
    let minutes: i64 = albums
        .iter()
        .flat_map(|album| &album.tracks)
        .map(|track| i64::from(track.milliseconds))
        .sum();
    let join = "FROM {track} JOIN {album} ON {album}.{album_id} = {track}.{album_id} \
                JOIN {artist} ON {artist}.{artist_id} = {album}.{artist_id} \
                WHERE {artist}.{name} = 'Led Zeppelin'";
    assert_eq!(minutes, plain(db, &format!("SELECT CAST(sum({{milliseconds}}) AS bigint) {join}")));
    // diesel's own sum, over the same structs.
    let sum: Option<i64> = db
        .one(
            tracks::table
                .inner_join(albums::table.inner_join(artists::table))
                .filter(artists::name.eq("Led Zeppelin"))
                .select(diesel::dsl::sum(tracks::milliseconds)),
        )
        .expect("the sum");
    assert_eq!(sum, Some(minutes));

    // The longest two tracks of each album.
    let rows: Vec<Album> = albums.iter().map(|album| album.clone().into_parts().0).collect();
    let longest = Album::tracks()
        .order_by((tracks::milliseconds.desc(), tracks::id))
        .limit(2)
        .load_for(db, rows)
        .expect("the albums");
    for (album, whole) in longest.iter().zip(albums) {
        let mut all: Vec<Track> =
            whole.tracks.iter().map(|track| track.clone().into_parts().0).collect();
        all.sort_by_key(|track| (std::cmp::Reverse(track.milliseconds), track.id));
        all.truncate(2);
        assert_eq!(album.tracks, all);
    }
}

fn playlists_have_tracks(db: &Db) {
    let playlists = Playlist::query()
        .order_by(playlists::id)
        .with(Playlist::tracks().with(Track::album()))
        .all(db)
        .expect("the playlists");
    let links: usize = playlists.iter().map(|playlist| playlist.tracks.len()).sum();
    assert_eq!(links as i64, plain(db, "SELECT count(*) FROM {playlist_track}"));
    let counts = Playlist::tracks().counts(db, &playlists).expect("the counts");
    for (playlist, count) in playlists.iter().zip(counts) {
        let sql = format!(
            "SELECT count(*) FROM {{playlist_track}} WHERE {{playlist_id}} = {}",
            playlist.id
        );
        assert_eq!(playlist.tracks.len() as u64, count);
        assert_eq!(count as i64, plain(db, &sql));
        for track in &playlist.tracks {
            assert_eq!(track.album.as_ref().map(|album| album.id), track.album_id);
        }
    }
    let back = Track::query().with(Track::playlists()).all(db).expect("the tracks");
    assert_eq!(back.iter().map(|track| track.playlists.len()).sum::<usize>(), links);
    assert!(playlists.iter().any(|playlist| playlist.tracks.is_empty()));
}

fn employees_report_to_employees(db: &Db) {
    let employees = Employee::query()
        .order_by(employees::id)
        .with(Employee::manager())
        .with(Employee::reports().order_by(employees::id).with(Employee::reports()))
        .all(db)
        .expect("the employees");
    let chief: Vec<_> = employees.iter().filter(|row| row.manager.is_none()).collect();
    assert_eq!(chief.len(), 1);
    let below: usize = chief[0].reports.iter().map(|row| 1 + row.reports.len()).sum();
    assert_eq!(below + 1, employees.len());
    for row in &employees {
        let sql = format!("SELECT count(*) FROM {{employee}} WHERE {{reports_to}} = {}", row.id);
        assert_eq!(row.reports.len() as i64, plain(db, &sql));
        assert_eq!(row.manager.as_ref().map(|manager| manager.id), row.reports_to);
    }
}

fn customers_have_a_support_rep(db: &Db) {
    let customers = Customer::query()
        .with(Customer::support_rep())
        .with(Customer::invoices().with(Invoice::lines()))
        .all(db)
        .expect("the customers");
    assert_eq!(customers.len(), 59);
    for customer in &customers {
        let rep = customer.support_rep.as_ref().expect("a support rep");
        assert_eq!(Some(rep.id), customer.support_rep_id);
        let bought: i64 = customer
            .invoices
            .iter()
            .flat_map(|invoice| &invoice.lines)
            .map(|line| i64::from(line.quantity))
            .sum();
        for invoice in &customer.invoices {
            // All that is bought is bought once.
            let total: Decimal = invoice.lines.iter().map(|line| &line.unit_price).sum();
            assert_eq!(invoice.total, total, "{invoice:?}");
        }
        let sql = format!(
            "SELECT CAST(sum({{quantity}}) AS bigint) FROM {{line}} JOIN {{invoice}} ON \
             {{invoice}}.{{invoice_id}} = {{line}}.{{invoice_id}} WHERE {{customer_id}} = {}",
            customer.id
        );
        assert_eq!(bought, plain(db, &sql));
        assert!(
            customer
                .invoices
                .iter()
                .all(|invoice| { (2009..=2025).contains(&chrono::Datelike::year(&invoice.date)) })
        );
    }
    let reps = Employee::query().with(Employee::customers()).all(db).expect("the employees");
    for rep in reps {
        let sql =
            format!("SELECT count(*) FROM {{customer}} WHERE {{support_rep_id}} = {}", rep.id);
        assert_eq!(rep.customers.len() as i64, plain(db, &sql));
    }
}

fn relations_filter(db: &Db) {
    let count = |query: Query<'_, Artist>| query.count(db).expect("a count") as i64;
    let albumless = "SELECT count(*) FROM {artist} WHERE NOT EXISTS \
                     (SELECT 1 FROM {album} WHERE {album}.{artist_id} = {artist}.{artist_id})";
    let query = Artist::query().filter(Artist::albums().not_exists());
    assert_eq!(count(query), plain(db, albumless));
    let unsold = "SELECT count(*) FROM {track} WHERE {track_id} NOT IN \
                  (SELECT {track_id} FROM {line})";
    let query = Track::query().filter(Track::lines().not_exists());
    assert_eq!(query.count(db).expect("a count") as i64, plain(db, unsold));
    let sellers = "SELECT count(DISTINCT {artist_id}) FROM {album} \
                   JOIN {track} ON {track}.{album_id} = {album}.{album_id} \
                   JOIN {line} ON {line}.{track_id} = {track}.{track_id}";
    let sold = Album::tracks().filter(Track::lines().exists());
    let query = Artist::query().filter(Artist::albums().filter(sold.exists()).exists());
    assert_eq!(count(query), plain(db, sellers));
}
