//! The database decides which keys are equal: relations return what its own join returns, for keys of random types,
//! collations and values.

use std::collections::BTreeMap;
use test_support::{each_url, on_each_database};

use diesel::dsl::sql;
use diesel::sql_types::{Nullable, Text};
use mizzle::Dialect;
use mizzle::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

#[derive(Table, Debug, Clone, PartialEq)]
#[table(
    name = "players",
    has_many(scores = Score),
    has_one(badge = Badge),
    many_to_many(teams = Team, through = Member)
)]
pub struct Player {
    #[column(primary_key)]
    pub name: String,
    pub n: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "scores")]
pub struct Score {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Player))]
    pub player: Option<String>,
    pub points: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "badges")]
pub struct Badge {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Player))]
    pub player: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "teams", many_to_many(players = Player, through = Member))]
pub struct Team {
    #[column(primary_key)]
    pub code: String,
    pub n: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "members")]
pub struct Member {
    #[column(primary_key)]
    pub id: i64,
    #[column(references(Player))]
    pub player: String,
    #[column(references(Team))]
    pub team: String,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "pairs", primary_key(a, b), has_many(notes = Note))]
pub struct Pair {
    pub a: String,
    pub b: i32,
    pub n: i64,
}

#[derive(Table, Debug, Clone, PartialEq)]
#[table(name = "notes", foreign_key(a, b, references(Pair, as = pair)))]
pub struct Note {
    #[column(primary_key)]
    pub id: i64,
    pub a: Option<String>,
    pub b: Option<i32>,
}

mizzle::schema!(pub Game = [Player, Score, Badge, Team, Member, Pair, Note]);

/// What a column of keys is declared as, in SQLite's words and in PostgreSQL's.
const TYPES: [[&str; 2]; 6] = [
    ["TEXT", "text"],
    ["TEXT COLLATE NOCASE", "citext"],
    ["TEXT COLLATE RTRIM", "char(6)"],
    ["VARCHAR(9) COLLATE NOCASE", "text COLLATE nocase"],
    ["CLOB", "varchar(9)"],
    ["TEXT COLLATE BINARY", "text COLLATE \"C\""],
];

const KEYS: [&str; 13] =
    ["", "a", "A", "a ", "A  ", "b", "B", "ab", "Ab", "aB ", "\u{e4}", "\u{c4}", "'\"\\{},"];

#[derive(Debug, Clone)]
struct World {
    /// Of players' keys, of what refers to them, of teams' keys, of what refers to them.
    types: [usize; 4],
    /// Further players, so that there are more than a join serves.
    more: usize,
    players: Vec<&'static str>,
    scores: Vec<Option<&'static str>>,
    teams: Vec<&'static str>,
    members: Vec<(&'static str, &'static str)>,
    pairs: Vec<(&'static str, i32)>,
    notes: Vec<(Option<&'static str>, Option<i32>)>,
}

fn world() -> impl Strategy<Value = World> {
    let key = || select(&KEYS[..]);
    let pair = (key(), 0..2_i32);
    let note = (proptest::option::weighted(0.9, key()), proptest::option::weighted(0.9, 0..2_i32));
    (
        [0..6_usize, 0..6, 0..6, 0..6],
        select(&[0, 0, 20, 32, 40][..]),
        vec(key(), 0..9),
        vec(proptest::option::weighted(0.9, key()), 0..12),
        vec(key(), 0..6),
        vec((key(), key()), 0..12),
        vec(pair, 0..8),
        vec(note, 0..10),
    )
        .prop_map(|(types, more, players, scores, teams, members, pairs, notes)| World {
            types,
            more,
            players,
            scores,
            teams,
            members,
            pairs,
            notes,
        })
}

impl World {
    /// Makes these the only rows of the database. A key that is there already, as the database sees it, is left out.
    fn store(&self, db: &Db) -> mizzle::Result<()> {
        let place = usize::from(db.dialect() == Dialect::Postgres);
        let [player, to_player, team, to_team] = self.types.map(|ty| TYPES[ty][place]);
        let mut script = String::from(
            "DROP TABLE IF EXISTS players; DROP TABLE IF EXISTS scores; DROP TABLE IF EXISTS badges; \
             DROP TABLE IF EXISTS teams; DROP TABLE IF EXISTS members; DROP TABLE IF EXISTS pairs; \
             DROP TABLE IF EXISTS notes;",
        );
        script.push_str(&format!(
            "CREATE TABLE players (name {player} PRIMARY KEY, n bigint); \
             CREATE TABLE scores (id bigint PRIMARY KEY, player {to_player}, points bigint); \
             CREATE TABLE badges (id bigint PRIMARY KEY, player {to_player}); \
             CREATE TABLE teams (code {team} PRIMARY KEY, n bigint); \
             CREATE TABLE members (id bigint PRIMARY KEY, player {to_player}, team {to_team}); \
             CREATE TABLE pairs (a {player}, b integer, n bigint, PRIMARY KEY (a, b)); \
             CREATE TABLE notes (id bigint PRIMARY KEY, a {to_player}, b integer);",
        ));
        let text = |key: &str| format!("'{}'", key.replace('\'', "''"));
        let mut insert = |table: &str, values: String| {
            script.push_str(&format!(
                "INSERT INTO {table} VALUES ({values}) ON CONFLICT DO NOTHING;"
            ));
        };
        for (n, key) in self.players.iter().enumerate() {
            insert("players", format!("{}, {n}", text(key)));
            insert("badges", format!("{n}, {}", text(key)));
        }
        for n in 0..self.more {
            insert("players", format!("'p{n}', {}", 100 + n));
        }
        for (id, key) in self.scores.iter().enumerate() {
            let key = key.map_or("NULL".to_owned(), text);
            insert("scores", format!("{id}, {key}, {}", id % 3));
        }
        insert("scores", "100, 'P1', 1".to_owned());
        for (n, key) in self.teams.iter().enumerate() {
            insert("teams", format!("{}, {n}", text(key)));
        }
        for (id, (player, team)) in self.members.iter().enumerate() {
            insert("members", format!("{id}, {}, {}", text(player), text(team)));
        }
        for (n, (a, b)) in self.pairs.iter().enumerate() {
            insert("pairs", format!("{}, {b}, {n}", text(a)));
        }
        for (id, (a, b)) in self.notes.iter().enumerate() {
            let (a, b) =
                (a.map_or("NULL".to_owned(), text), b.map_or("NULL".to_owned(), |b| b.to_string()));
            insert("notes", format!("{id}, {a}, {b}"));
        }
        db.execute_sql(&script)
    }
}

/// Returns the rows of a query of two numbers: for each first one all second ones, in ascending order.
fn pairs(db: &Db, query: &str) -> mizzle::Result<BTreeMap<i64, Vec<i64>>> {
    let joined = match db.dialect() {
        Dialect::Sqlite | Dialect::D1 => "group_concat(x || ' ' || y, ',')",
        Dialect::Postgres => "string_agg(x || ' ' || y, ',')",
    };
    let text = format!("(SELECT {joined} FROM (SELECT DISTINCT {query}) AS found)");
    let found: Option<Option<String>> = db.first(diesel::select(sql::<Nullable<Text>>(&text)))?;
    let mut pairs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for pair in found.flatten().iter().flat_map(|text| text.split(',')) {
        let (first, second) = pair.split_once(' ').expect("two numbers");
        let number = |text: &str| text.parse::<i64>().expect("a number");
        pairs.entry(number(first)).or_default().push(number(second));
    }
    pairs.values_mut().for_each(|list| list.sort_unstable());
    Ok(pairs)
}

fn sorted(ids: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}

/// The answer, or that the database refuses to compare (two collations, of which none is the default).
fn comparable<T>(result: mizzle::Result<T>) -> Option<T> {
    match result {
        Ok(found) => Some(found),
        Err(error) if error.to_string().contains("collation") => None,
        Err(error) => panic!("{error:?}"),
    }
}

fn players_have_their_rows(db: &Db) -> Option<()> {
    let joined = |query: &str| comparable(pairs(db, query));
    let scores = joined("p.n AS x, s.id AS y FROM players p JOIN scores s ON s.player = p.name")?;
    let badges = joined("p.n AS x, s.id AS y FROM players p JOIN badges s ON s.player = p.name")?;
    let none = Vec::new();
    let of = |found: &BTreeMap<i64, Vec<i64>>, n: i64| found.get(&n).cloned().unwrap_or_default();
    let all = Player::query().order_by(players::n).all(db).expect("the players");
    let with = |query: Query<'static, Player>| {
        comparable(query.with(Player::scores().order_by(scores::id)).with(Player::badge()).all(db))
    };
    let queries = [Player::query(), Player::query().limit(32), Player::query().limit(1)];
    // A row may be found by another spelling than the one of its related rows.
    let found = KEYS.map(|key| Player::query().find(key));
    for query in queries.into_iter().chain(found) {
        let in_batch = query.clone().with(Player::scores().order_by(scores::id));
        let in_batch = in_batch.with(Player::badge()).batched().all();
        let (in_batch,) = comparable(db.batch((in_batch,)))?;
        let alone = with(query)?;
        assert_eq!(in_batch.len(), alone.len());
        for row in in_batch.into_iter().chain(alone) {
            assert_eq!(
                sorted(row.scores.iter().map(|score| score.id)),
                of(&scores, row.n),
                "{row:?}"
            );
            let badge = row.badge.as_ref().map(|badge| badge.id);
            let expected = badges.get(&row.n).unwrap_or(&none);
            assert!(badge.map_or(expected.is_empty(), |id| expected.contains(&id)), "{row:?}");
        }
    }
    for few in [1, 2, all.len()] {
        let some: Vec<Player> = all.iter().take(few).cloned().collect();
        let counts = Player::scores().counts(db, &some).expect("the counts");
        let loaded =
            Player::scores().filter(scores::points.ge(1)).limit(2).order_by(scores::id.desc());
        let loaded = loaded.load_for(db, some).expect("the scores");
        for (row, count) in loaded.iter().zip(counts) {
            let expected = of(&scores, row.n);
            assert_eq!(count, expected.len() as u64, "{row:?}");
            let points = |id: i64| if id == 100 { 1 } else { id % 3 };
            let last = expected.iter().rev().filter(|id| points(**id) >= 1).take(2).copied();
            let ids: Vec<i64> = row.scores.iter().map(|score| score.id).collect();
            assert_eq!(ids, last.collect::<Vec<_>>(), "{row:?}");
        }
    }
    let required = Player::query().order_by(players::n).with(Player::scores().required());
    for limit in [1, 2, 40] {
        let found = comparable(required.clone().limit(limit).all(db))?;
        let expected = scores.keys().copied().take(limit as usize);
        assert_eq!(found.iter().map(|row| row.n).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
    assert_eq!(required.count(db).expect("the count"), scores.len() as u64);
    let with_scores = Player::query().filter(Player::scores().exists()).all(db).expect("players");
    assert_eq!(sorted(with_scores.iter().map(|row| row.n)), sorted(scores.keys().copied()));
    Some(())
}

fn scores_have_their_player(db: &Db) -> Option<()> {
    let players = "s.id AS x, p.n AS y FROM scores s JOIN players p ON p.name = s.player";
    let players = comparable(pairs(db, players))?;
    for limit in [1, 5, 32, 1000] {
        let query = || {
            let query = Score::query().order_by(scores::id).limit(limit);
            query.with(Score::player().with(Player::badge()))
        };
        let rows = comparable(query().all(db))?;
        let (in_batch,) = comparable(db.batch((query().batched().all(),)))?;
        let stored = Score::query().count(db).expect("the count");
        assert_eq!([rows.len() as u64, in_batch.len() as u64], [stored.min(limit); 2]);
        for row in rows.into_iter().chain(in_batch) {
            let found = row.player.as_ref().map(|player| player.n);
            let expected = players.get(&row.id).cloned().unwrap_or_default();
            assert!(
                found.map_or(expected.is_empty(), |n| expected.contains(&n)),
                "{row:?} {expected:?}"
            );
        }
    }
    Some(())
}

/// The scores of players, and the notes of pairs, are chosen by the statement.
fn required_rows_are_those_of_a_join(db: &Db) -> Option<()> {
    let of_players = "s.id AS x, p.n AS y FROM scores s JOIN players p ON p.name = s.player";
    let of_players = comparable(pairs(db, of_players))?;
    let of_pairs = "s.id AS x, p.n AS y FROM notes s JOIN pairs p ON p.a = s.a AND p.b = s.b";
    let of_pairs = comparable(pairs(db, of_pairs))?;
    for limit in [1, 3, 40] {
        let scores = Score::query().order_by(scores::id).with(Score::player().required());
        let page = comparable(scores.page(db, 1, limit))?;
        assert_eq!(page.total, of_players.len() as u64);
        let ids: Vec<i64> = page.items.iter().map(|row| row.id).collect();
        assert_eq!(ids, of_players.keys().copied().take(limit as usize).collect::<Vec<_>>());
        let notes = Note::query().order_by(notes::id).with(Note::pair().required()).limit(limit);
        let ids: Vec<i64> = comparable(notes.all(db))?.iter().map(|row| row.id).collect();
        assert_eq!(ids, of_pairs.keys().copied().take(limit as usize).collect::<Vec<_>>());
    }
    Some(())
}

fn players_have_their_teams(db: &Db) -> Option<()> {
    let teams = "p.n AS x, t.n AS y FROM players p JOIN members m ON m.player = p.name \
                 JOIN teams t ON m.team = t.code";
    let teams = comparable(pairs(db, teams))?;
    let rows = comparable(Player::query().with(Player::teams().with(Team::players())).all(db))?;
    for row in &rows {
        let mut found = sorted(row.teams.iter().map(|team| team.n));
        found.dedup();
        assert_eq!(found, teams.get(&row.n).cloned().unwrap_or_default(), "{row:?}");
    }
    for team in rows.iter().flat_map(|row| &row.teams) {
        let mut found = sorted(team.players.iter().map(|player| player.n));
        found.dedup();
        let expected = teams.iter().filter(|(_, codes)| codes.contains(&team.n));
        assert_eq!(found, expected.map(|(n, _)| *n).collect::<Vec<_>>(), "{team:?}");
    }
    let with_team = Player::query().filter(Player::teams().exists()).all(db).expect("players");
    assert_eq!(sorted(with_team.iter().map(|row| row.n)), sorted(teams.keys().copied()));
    Some(())
}

fn sorted_notes(row: &WithNotes<Pair>) -> Vec<i64> {
    sorted(row.notes.iter().map(|note| note.id))
}

fn pairs_have_their_notes(db: &Db) -> Option<()> {
    let notes = "p.n AS x, s.id AS y FROM pairs p JOIN notes s ON s.a = p.a AND s.b = p.b";
    let notes = comparable(pairs(db, notes))?;
    let rows = comparable(Pair::query().with(Pair::notes()).all(db))?;
    for row in &rows {
        let found = Pair::query().find((row.a.clone(), row.b)).with(Pair::notes());
        assert_eq!(sorted_notes(&comparable(found.one(db))?), sorted_notes(row));
    }
    let plain: Vec<Pair> = rows.iter().map(|row| (**row).clone()).collect();
    let counts = Pair::notes().counts(db, &plain).expect("the counts");
    for (row, count) in rows.iter().zip(counts) {
        let expected = notes.get(&row.n).cloned().unwrap_or_default();
        assert_eq!(sorted_notes(row), expected, "{row:?}");
        assert_eq!(count, expected.len() as u64);
    }
    let parents = "s.id AS x, p.n AS y FROM notes s JOIN pairs p ON p.a = s.a AND p.b = s.b";
    let parents = comparable(pairs(db, parents))?;
    for limit in [1, 32, 1000] {
        for row in comparable(Note::query().limit(limit).with(Note::pair()).all(db))? {
            let found = row.pair.as_ref().map(|pair| pair.n);
            let expected = parents.get(&row.id).cloned().unwrap_or_default();
            assert!(
                found.map_or(expected.is_empty(), |n| expected.contains(&n)),
                "{row:?} {expected:?}"
            );
        }
    }
    Some(())
}

/// Each row is found, changed and deleted by its own key, and its rows with it.
fn rows_are_found_by_their_own_key(db: &Db) {
    for row in Player::query().order_by(players::n).limit(7).all(db).expect("the players") {
        assert_eq!(db.find::<Player>(row.name.clone()).expect("found").as_ref(), Some(&row));
        let by_name = Player::query().filter(players::name.eq(&row.name)).one(db);
        assert_eq!(by_name.expect("found by eq"), row);
        let names = vec![row.name.clone(), "none".to_owned()];
        let any = Player::query().filter(players::name.eq_any(names));
        assert_eq!(any.one(db).expect("found by eq_any"), row);
        let between = players::name.between(&row.name, &row.name);
        assert_eq!(Player::query().filter(between).count(db).expect("counted"), 1);
        let changed =
            db.update_by_key::<Player>(row.name.clone(), PlayerChanges { n: Some(row.n) });
        assert_eq!(changed.expect("changed"), row);
        db.update(&row).expect("updated");
        let counted = Player::scores().counts(db, std::slice::from_ref(&row));
        let deleted = comparable(Player::scores().delete(db, &row));
        assert_eq!(deleted, comparable(counted).map(|counts| counts[0]));
        db.delete(&row).expect("deleted");
        assert!(db.find::<Player>(row.name.clone()).expect("looked for").is_none());
    }
}

fn cases() -> u32 {
    std::env::var("MIZZLE_TEST_KEY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// The types that PostgreSQL doesn't have unasked.
fn create_types(db: &Db) {
    if db.dialect() == Dialect::Postgres {
        db.execute_sql(
            "CREATE EXTENSION citext; CREATE COLLATION nocase (provider = icu, \
             locale = 'und-u-ks-level2', deterministic = false)",
        )
        .expect("the types");
    }
}

on_each_database! {
    fn related_rows_are_written_by_equal_keys(db: &Db) {
        create_types(db);
        let world = World {
            types: [1; 4],
            more: 0,
            players: vec!["a", "b"],
            scores: vec![Some("A"), Some("b")],
            teams: vec!["ab", "B"],
            members: vec![("A", "AB"), ("a", "b"), ("B", "ab")],
            pairs: Vec::new(),
            notes: Vec::new(),
        };
        world.store(db).expect("the rows");
        let find = |name: &str| db.find::<Player>(name.to_owned()).expect("a player").expect("it");
        let (a, b) = (find("A"), find("B"));
        assert_eq!((a.name.as_str(), b.name.as_str()), ("a", "b"));
        let teams = Team::query().order_by(teams::n).all(db).expect("the teams");
        let has = |player: &Player| {
            Player::teams().counts(db, std::slice::from_ref(player)).expect("the counts")[0]
        };
        assert_eq!(has(&a), 2);
        assert_eq!(Player::teams().unlink(db, &a, &teams[..1]).expect("one less"), 1);
        assert_eq!((has(&a), has(&b)), (1, 1));
        assert_eq!(Player::teams().unlink(db, &a, &teams).expect("one less"), 1);
        let score = |id: i64, player: &str| NewScore::builder().id(id).player(player).points(1).build();
        let replaced = Player::scores().replace(db, &a, vec![score(7, "A"), score(8, "a")]);
        assert_eq!(replaced.expect("two scores").len(), 2);
        assert_eq!(Player::scores().counts(db, &[a.clone(), b.clone()]).expect("the counts"), [2, 1]);
        let other = Player::scores().replace(db, &a, vec![score(9, "A"), score(10, "b")]);
        assert_eq!(other.expect_err("of another").code(), mizzle::ErrorCode::QueryError);
        assert_eq!(Player::scores().delete(db, &a).expect("deleted"), 2);
        let new = NewPlayer::builder().name("c").n(3).build();
        let row = Player::scores().insert_with(db, new, |_| vec![score(11, "C")]);
        assert_eq!(row.expect("a player with a score").scores.len(), 1);
    }
}

#[test]
fn relations_give_what_a_join_gives() {
    each_url!(|url| {
        create_types(&Db::connect(url).expect("the database"));
        let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
        let checked = TestRunner::new(config).run(&world(), |world| {
            // PostgreSQL keeps the types of parameters with a prepared statement, and the columns get others.
            let db = Db::builder(url).pool_size(1).connect().expect("the database");
            world.store(&db).expect("the rows");
            players_have_their_rows(&db);
            scores_have_their_player(&db);
            required_rows_are_those_of_a_join(&db);
            players_have_their_teams(&db);
            pairs_have_their_notes(&db);
            rows_are_found_by_their_own_key(&db);
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    });
}
