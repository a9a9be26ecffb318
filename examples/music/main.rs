//! A music store on mizzle, for its relations: `cargo run --example music`.

mod store;

use std::path::PathBuf;

use clap::Parser;
use mizzle::prelude::*;
use store::*;

/// Tours the relations of a small music store on a fresh database.
///
/// Without a URL it uses an SQLite file in a temporary folder:
///
///   cargo run --example music
///
/// With one it does the same on PostgreSQL, with the same output. The database must not have the example's
/// tables yet; they are dropped at the end:
///
///   cargo run --example music --features postgres -- postgres://user:password@localhost/database
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let folder = Folder(std::env::temp_dir().join(format!("mizzle-music-{}", std::process::id())));
    let url = match arguments.url {
        Some(url) => url,
        None => {
            std::fs::create_dir_all(&folder.0)?;
            format!("sqlite:{}", folder.0.join("music.db").display())
        }
    };

    println!(
        "Connecting, and creating and filling the tables of the structs in examples/music/store.rs"
    );
    let db = Db::connect(&url)?;
    db.create_all::<Music>()?;
    let toured = tour(&db);
    db.execute_sql(
        "DROP TABLE playlist_tracks; DROP TABLE playlists; DROP TABLE tracks; DROP TABLE albums; \
         DROP TABLE artists; DROP TABLE clerks",
    )?;
    toured
}

fn tour(db: &Db) -> Result<(), Box<dyn std::error::Error>> {
    fill(db)?;
    levels(db)?;
    parents(db)?;
    json(db)?;
    conditions(db)?;
    counts(db)?;
    writes(db)?;
    Ok(())
}

fn levels(db: &Db) -> mizzle::Result<()> {
    println!(
        "\nArtists, their albums, and the tracks of these: three statements, however many rows"
    );
    let artists = Artist::query()
        .order_by(artists::name)
        .with(
            Artist::albums().order_by(albums::released).with(Album::tracks().order_by(tracks::id)),
        )
        .all(db)?;
    for artist in &artists {
        println!("  {}", artist.name);
        for album in &artist.albums {
            let seconds = album.tracks.iter().map(|track| track.seconds).sum();
            let price: Decimal = album.tracks.iter().map(|track| &track.price).sum();
            println!(
                "    {:<13} {}  {} tracks  {:>5}  {price:>5}",
                album.title,
                album.released,
                album.tracks.len(),
                minutes(seconds),
            );
        }
    }
    println!("  the third of these, by its place: {}", artists[2].albums[0].tracks[1].title);

    println!("\nThe longest track of each album: a limit counts for each row");
    let longest = Album::tracks().order_by((tracks::seconds.desc(), tracks::id)).limit(1);
    for album in Album::query().order_by(albums::released).with(longest).all(db)? {
        match album.tracks.first() {
            Some(track) => {
                println!("  {:<13} {} {}", album.title, track.title, minutes(track.seconds))
            }
            None => println!("  {:<13} has no tracks", album.title),
        }
    }
    Ok(())
}

fn parents(db: &Db) -> mizzle::Result<()> {
    println!("\nThe other way: tracks with their album, and its artist");
    let tracks = Track::query()
        .filter(tracks::seconds.gt(300))
        .order_by(tracks::title)
        .with(Track::album().with(Album::artist()))
        .all(db)?;
    for track in &tracks {
        println!("  {} - {} ({})", track.title, track.album.artist.name, track.album.title);
    }

    println!(
        "\nA table that refers to itself: clerks, whom they report to, and who reports to them"
    );
    let clerks = Clerk::query()
        .order_by(clerks::id)
        .with(Clerk::manager())
        .with(Clerk::reports().order_by(clerks::id))
        .all(db)?;
    for clerk in &clerks {
        let manager = clerk.manager.as_ref().map_or("nobody", |manager| &manager.name);
        let reports: Vec<&str> = clerk.reports.iter().map(|report| report.name.as_str()).collect();
        println!("  {:<8} reports to {manager:<7} leads [{}]", clerk.name, reports.join(", "));
    }
    Ok(())
}

fn json(db: &Db) -> Result<(), Box<dyn std::error::Error>> {
    println!("\nA row with its relations is one JSON object");
    let album = Album::query()
        .filter(albums::title.eq("Winter Ferry"))
        .with(Album::tracks().order_by(tracks::id).limit(1))
        .with(Album::artist())
        .one(db)?;
    println!("{}", serde_json::to_string_pretty(&album)?);
    Ok(())
}

/// Albums of this century's last years, with whatever else the query attaches.
fn recent<L>(albums: Query<'_, Album, L>) -> Query<'_, Album, L> {
    let day = NaiveDate::from_ymd_opt(2019, 1, 1).unwrap_or_default();
    albums.filter(albums::released.ge(day)).order_by(albums::released)
}

fn conditions(db: &Db) -> mizzle::Result<()> {
    println!("\nRelations as conditions");
    let names = |what: &str, artists: Query<'_, Artist>| -> mizzle::Result<()> {
        let artists = artists.order_by(artists::name).all(db)?;
        let names: Vec<&str> = artists.iter().map(|artist| artist.name.as_str()).collect();
        println!("  {what}: {}", names.join(", "));
        Ok(())
    };
    names("with no album", Artist::query().filter(Artist::albums().not_exists()))?;
    let long = Album::tracks().filter(tracks::seconds.gt(360));
    names(
        "with a track of over six minutes",
        Artist::query().filter(Artist::albums().filter(long.exists()).exists()),
    )?;
    let empty = Artist::albums().filter(Album::tracks().not_exists());
    names("with an album that has no tracks", Artist::query().filter(empty.exists()))?;

    let hers = Album::artist().filter(artists::name.eq("Marta Quill"));
    let on_hers = Track::album().filter(hers.exists());
    let playlists = Playlist::query().filter(Playlist::tracks().filter(on_hers.exists()).exists());
    for playlist in playlists.all(db)? {
        println!("  playlists with Marta Quill: {}", playlist.name);
    }

    println!("\nA function that narrows a query, whatever relations are attached");
    for album in recent(Album::query().with(Album::artist())).all(db)? {
        println!("  {} {} - {}", album.released, album.title, album.artist.name);
    }
    println!("  {} in all", recent(Album::query()).count(db)?);
    Ok(())
}

fn counts(db: &Db) -> mizzle::Result<()> {
    println!("\nHow many, without loading them: one statement for all playlists");
    let playlists = Playlist::query().order_by(playlists::name).all(db)?;
    let all = Playlist::tracks().counts(db, &playlists)?;
    let long = Playlist::tracks().filter(tracks::seconds.gt(300)).counts(db, &playlists)?;
    for ((playlist, all), long) in playlists.iter().zip(all).zip(long) {
        println!("  {:<8} {all} tracks, {long} of them long", playlist.name);
    }

    println!("\nAny query of diesel's: a join of three tables, grouped");
    let per_artist: Vec<(String, i64, Option<i64>)> = db.load(
        artists::table
            .inner_join(albums::table.inner_join(tracks::table))
            .group_by(artists::name)
            .select((
                artists::name,
                diesel::dsl::count(tracks::id),
                diesel::dsl::sum(tracks::seconds),
            ))
            .order_by(artists::name),
    )?;
    for (name, count, seconds) in per_artist {
        println!("  {name:<13} {count} tracks, {} seconds", seconds.unwrap_or_default());
    }
    Ok(())
}

fn writes(db: &Db) -> mizzle::Result<()> {
    println!("\nLinks of a many-to-many relation");
    let show = |what: &str| -> mizzle::Result<()> {
        let playlist = Playlist::query()
            .find("Someday")
            .with(Playlist::tracks().order_by(tracks::title))
            .one(db)?;
        let titles: Vec<&str> = playlist.tracks.iter().map(|track| track.title.as_str()).collect();
        println!("  {what}: [{}]", titles.join(", "));
        Ok(())
    };
    let someday = db.get::<Playlist>("Someday")?;
    let folds =
        Track::query().filter(tracks::title.like("%old")).order_by(tracks::title).all(db)?;
    Playlist::tracks().link(db, &someday, &folds)?;
    show("linked with two")?;
    Playlist::tracks().unlink(db, &someday, &folds[..1])?;
    show("one taken away")?;
    Playlist::tracks().set_links(db, &someday, &folds[..1])?;
    show("the other instead")?;

    println!("\nThe tracks of an album, replaced: all or nothing");
    let album = Album::query().filter(albums::title.eq("Untitled")).one(db)?;
    let track = |title: &str, seconds| {
        let track = NewTrack::builder().album_id(album.id).title(title).seconds(seconds);
        track.price(Decimal::from(1)).build()
    };
    Album::tracks().replace(db, &album, vec![track("One", 61), track("Two", 122)])?;
    println!("  now it has {}", Album::tracks().counts(db, std::slice::from_ref(&album))?[0]);
    match Album::tracks().replace(db, &album, vec![track("Three", 183), track("Silence", 0)]) {
        Ok(tracks) => println!("  replaced by {}", tracks.len()),
        Err(error) => println!("  a track of no length: {}", error.code()),
    }
    println!("  it still has {}", Album::tracks().counts(db, &[album])?[0]);
    Ok(())
}

fn minutes(seconds: i32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
