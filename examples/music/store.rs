//! A music store's tables, and a small data set.

use mizzle::prelude::*;

/// Somebody who makes records.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "artists", has_many(albums = Album))]
pub struct Artist {
    /// Counted by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// What they are called.
    #[column(unique)]
    pub name: String,
}

/// A record.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "albums", has_many(tracks = Track))]
pub struct Album {
    /// Counted by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// Whose it is: `Album::artist()`.
    #[column(references(Artist, on_delete = cascade), index)]
    pub artist_id: i64,
    /// What it is called.
    pub title: String,
    /// When it came out.
    pub released: NaiveDate,
}

/// A piece of music.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "tracks", many_to_many(playlists = Playlist, through = PlaylistTrack))]
pub struct Track {
    /// Counted by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// The record that it is on: `Track::album()`.
    #[column(references(Album, on_delete = cascade), index)]
    pub album_id: i64,
    /// What it is called.
    pub title: String,
    /// How long it is.
    #[column(check = "seconds > 0")]
    pub seconds: i32,
    /// What it costs, exactly.
    pub price: Decimal,
}

/// Tracks that somebody put together.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "playlists", many_to_many(tracks = Track, through = PlaylistTrack))]
pub struct Playlist {
    /// What it is called.
    #[column(primary_key)]
    pub name: String,
}

/// A track in a playlist.
#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "playlist_tracks", primary_key(playlist, track_id))]
pub struct PlaylistTrack {
    /// The playlist.
    #[column(references(Playlist, on_delete = cascade))]
    pub playlist: String,
    /// The track.
    #[column(references(Track, on_delete = cascade), index)]
    pub track_id: i64,
}

/// Somebody who works in the store.
#[derive(Table, Debug, Clone, PartialEq, serde::Serialize)]
#[table(name = "clerks", has_many(reports = Clerk))]
pub struct Clerk {
    /// Counted by the database.
    #[column(primary_key, auto)]
    pub id: i64,
    /// What they are called.
    pub name: String,
    /// Whom they report to, another clerk: `Clerk::manager()`.
    #[column(references(Self))]
    pub manager_id: Option<i64>,
}

mizzle::schema! {
    /// All tables of the music store.
    pub Music = [Artist, Album, Track, Playlist, PlaylistTrack, Clerk]
}

/// Fills the tables, all or nothing.
pub fn fill(db: &Db) -> mizzle::Result<()> {
    db.transaction(|tx| {
        for (artist, albums) in RECORDS {
            let titles = albums.iter().map(|album| (album.title, album.released));
            // An artist with the albums, and then each album's tracks.
            let artist = Artist::albums().insert_with(
                tx,
                NewArtist::builder().name(*artist).build(),
                |artist| titles.map(|(title, day)| new_album(artist, title, day)).collect(),
            )?;
            for (album, record) in artist.albums.iter().zip(*albums) {
                let tracks = record.tracks.iter().map(|track| new_track(album, track));
                tx.insert_all(tracks.collect::<Vec<_>>())?;
            }
        }
        for (name, titles) in PLAYLISTS {
            let playlist = tx.insert(NewPlaylist::builder().name(*name).build())?;
            let titles = titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>();
            let tracks = Track::query().filter(tracks::title.eq_any(titles)).all(tx)?;
            Playlist::tracks().link(tx, &playlist, &tracks)?;
        }
        let owner = tx.insert(NewClerk::builder().name("Inga").build())?;
        for (name, below) in [("Omar", &["Pia", "Quentin"][..]), ("Rut", &[])] {
            let lead = tx.insert(NewClerk::builder().name(name).manager_id(owner.id).build())?;
            let clerk = |name: &&str| NewClerk::builder().name(*name).manager_id(lead.id).build();
            tx.insert_all(below.iter().map(clerk).collect::<Vec<_>>())?;
        }
        Ok(())
    })
}

fn new_album(artist: &Artist, title: &str, (year, month, day): (i32, u32, u32)) -> NewAlbum {
    let released = NaiveDate::from_ymd_opt(year, month, day).expect("a day of the data set");
    NewAlbum::builder().artist_id(artist.id).title(title).released(released).build()
}

fn new_track(album: &Album, (title, seconds, price): &(&str, i32, &str)) -> NewTrack {
    NewTrack::builder()
        .album_id(album.id)
        .title(*title)
        .seconds(*seconds)
        .price(price.parse::<Decimal>().expect("a price of the data set"))
        .build()
}

struct Record {
    title: &'static str,
    released: (i32, u32, u32),
    /// Title, seconds and price.
    tracks: &'static [(&'static str, i32, &'static str)],
}

const RECORDS: &[(&str, &[Record])] = &[
    (
        "The Lanterns",
        &[
            Record {
                title: "Low Water",
                released: (2011, 4, 8),
                tracks: &[
                    ("Harbour Lights", 214, "0.99"),
                    ("Low Water", 187, "0.99"),
                    ("The Ferryman's Waltz", 341, "1.29"),
                ],
            },
            Record {
                title: "Winter Ferry",
                released: (2016, 11, 25),
                tracks: &[("Ice on the Rope", 256, "0.99"), ("Last Crossing", 402, "1.29")],
            },
        ],
    ),
    (
        "Marta Quill",
        &[Record {
            title: "Paper Birds",
            released: (2019, 3, 1),
            tracks: &[
                ("Fold", 151, "0.79"),
                ("Paper Birds", 223, "0.99"),
                ("Unfold", 149, "0.79"),
                ("Letters Home", 318, "1.29"),
            ],
        }],
    ),
    (
        "Slow Engine",
        &[
            Record {
                title: "Night Shift",
                released: (2020, 9, 18),
                tracks: &[
                    ("Conveyor", 365, "1.29"),
                    ("Sodium", 298, "0.99"),
                    ("Clocking Off", 190, "0.99"),
                ],
            },
            Record { title: "Untitled", released: (2024, 6, 2), tracks: &[] },
        ],
    ),
    ("Ada and the Looms", &[]),
];

const PLAYLISTS: &[(&str, &[&str])] = &[
    ("At sea", &["Harbour Lights", "The Ferryman's Waltz", "Last Crossing"]),
    ("Late", &["Sodium", "Last Crossing", "Letters Home", "Conveyor"]),
    ("Someday", &[]),
];
