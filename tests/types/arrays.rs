//! Arrays: PostgreSQL's own, and JSON text on SQLite, with the same operators.

use mizzle::ErrorCode;
use mizzle::prelude::*;
use serde::Deserialize;
use test_support::on_each_database;

use crate::assert_value_error;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(rename_all = "kebab-case", serde)]
pub enum Level {
    Low,
    VeryHigh,
}

/// A PostgreSQL type.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[db(native = "Mood of \"day\"")]
pub enum Mood {
    Happy,
    #[db(name = "it's, \"so\" {so}\\")]
    SoSo,
}

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Diary {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = [])]
    pub moods: Vec<Mood>,
    pub others: Option<Vec<Option<Mood>>>,
    #[column(default = Mood::Happy)]
    pub mood: Mood,
}

mizzle::schema!(pub Diaries = [Diary]);

#[derive(Newtype, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Tag(pub String);

type Prices = Vec<Decimal>;

#[derive(Table, Debug, Clone, PartialEq)]
#[table(deserialize)]
pub struct Post {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = [])]
    pub tags: Vec<String>,
    pub ratings: Option<Vec<i32>>,
    #[column(default = [])]
    pub votes: Vec<Option<bool>>,
    #[column(default = [])]
    pub prices: Prices,
    #[column(default = [])]
    pub levels: Vec<Level>,
    #[column(default = [])]
    pub labels: Vec<Option<Tag>>,
    #[column(default = [])]
    pub days: Vec<NaiveDate>,
    #[column(default = [])]
    pub parts: Vec<Vec<u8>>,
    #[column(default = sql("NULL"))]
    pub moments: Option<Vec<DateTime<Utc>>>,
}

mizzle::schema!(pub Posts = [Post]);

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn fill(db: &Db, tags: &[&[&str]]) {
    db.create_all::<Posts>().unwrap();
    for (id, tags) in (1..).zip(tags) {
        db.insert(NewPost::builder().id(id).tags(texts(tags)).build()).unwrap();
    }
}

/// The ids of the rows with this condition.
macro_rules! ids {
    ($db:expr, $condition:expr) => {
        $db.load::<i64, _>(posts::table.filter($condition).select(posts::id).order_by(posts::id))
            .unwrap()
    };
}

on_each_database! {
    fn come_back(db: &Db) {
        db.create_all::<Posts>().unwrap();
        let empty = db.insert(NewPost::builder().id(1).build()).unwrap();
        assert_eq!((empty.tags.len(), &empty.ratings, empty.prices.len()), (0, &None, 0));
        let post = Post {
            id: 2,
            tags: texts(&["a", "", "\"q\"", "\\", "NULL", "null", "{}", "é\u{1f600}\n\t\u{1}", " , "]),
            ratings: Some(vec![i32::MIN, 0, i32::MAX]),
            votes: vec![Some(true), None, Some(false)],
            prices: vec!["1.50".parse().unwrap(), "-12345678901234567890.00001".parse().unwrap()],
            levels: vec![Level::VeryHigh, Level::Low],
            labels: vec![None, Some(Tag("x".into()))],
            days: vec![NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()],
            parts: vec![vec![0, 255], vec![]],
            moments: Some(vec!["2024-01-31T12:00:00.123456Z".parse().unwrap()]),
        };
        assert_eq!(db.insert(post.clone()).unwrap(), post);
        assert_eq!(db.get::<Post>(2).unwrap(), post);
        let changed = Post { tags: vec![], ratings: None, levels: vec![Level::Low], ..post };
        db.update(&changed).unwrap();
        assert_eq!(db.get::<Post>(2).unwrap(), changed);
        assert_eq!(Post::query().filter(posts::prices.eq(vec!["1.5".parse::<Decimal>().unwrap(), "-12345678901234567890.000010".parse().unwrap()])).count(db).unwrap(), 1);
        // serde
        let new: NewPost = serde_json::from_str(r#"{"id": 3, "tags": ["x"], "ratings": [1], "levels": ["very-high"]}"#).unwrap();
        let row = db.insert(new).unwrap();
        assert_eq!((row.tags, row.ratings, row.levels), (texts(&["x"]), Some(vec![1]), vec![Level::VeryHigh]));
    }

    fn are_conditions(db: &Db) {
        fill(db, &[&["a", "b"], &["b", "a", "b"], &[], &["c"]]);
        db.execute(diesel::update(posts::table.find(1_i64)).set(posts::ratings.eq(vec![1, 2]))).unwrap();
        assert_eq!(ids!(db, posts::tags.contains(vec!["b", "a", "a"])), [1, 2]);
        assert_eq!(ids!(db, posts::tags.contains(Vec::<String>::new())), [1, 2, 3, 4]);
        assert_eq!(ids!(db, posts::tags.is_contained_by(vec!["b", "a", "z"])), [1, 2, 3]);
        assert_eq!(ids!(db, posts::tags.overlaps(vec!["z", "c", "a"])), [1, 2, 4]);
        assert_eq!(ids!(db, posts::tags.any("b")), [1, 2]);
        assert_eq!(ids!(db, diesel::dsl::not(posts::tags.any("b"))), [3, 4]);
        assert_eq!(ids!(db, posts::tags.length().gt(1)), [1, 2]);
        assert_eq!(ids!(db, posts::tags.eq(vec!["b", "a", "b"])), [2]);
        assert_eq!(ids!(db, posts::tags.gt(vec!["b"])), [2, 4]);
        assert_eq!(ids!(db, posts::ratings.any(2)), [1]);
        assert_eq!(ids!(db, posts::ratings.contains(vec![2])), [1]);
        assert_eq!(ids!(db, posts::ratings.length().is_null()), [2, 3, 4]);
        let sorted: Vec<i64> = db.load(posts::table.select(posts::id).order_by(posts::tags)).unwrap();
        assert_eq!(sorted, [3, 1, 2, 4]);
        let changed = posts::tags.append("x").concat(vec!["y", "a"]).remove("b");
        let all: Vec<Vec<String>> = db.load(posts::table.select(changed).order_by(posts::id)).unwrap();
        assert_eq!(all[0], texts(&["a", "x", "y", "a"]));
        assert_eq!(all[2], texts(&["x", "y", "a"]));
        assert_eq!(ids!(db, posts::tags.remove("b").eq(vec!["a"])), [1, 2]);
        let appended: Vec<Option<Vec<i32>>> = db.load(posts::table.select(posts::ratings.append(5)).order_by(posts::id)).unwrap();
        assert_eq!(appended[..2], [Some(vec![1, 2, 5]), Some(vec![5])]);
        db.execute(diesel::update(posts::table.find(3_i64)).set(posts::tags.eq(posts::tags.append("n")))).unwrap();
        assert_eq!(db.get::<Post>(3).unwrap().tags, texts(&["n"]));
        assert_eq!(ids!(db, posts::levels.any(Level::Low)), Vec::<i64>::new());
        assert_eq!(ids!(db, posts::levels.contains(Vec::<Level>::new())), [1, 2, 3, 4]);
    }

    fn are_bound_and_read_by_sql(db: &Db) {
        fill(db, &[&["a", "b"], &["c"]]);
        let tags = texts(&["c"]);
        let found: Vec<Post> = sql!("SELECT * FROM posts WHERE tags = {tags}").all(db).unwrap();
        assert_eq!(found.len(), 1);
        let read: Vec<String> = sql!("SELECT tags FROM posts WHERE id = 1").one(db).unwrap();
        assert_eq!(read, ["a", "b"]);
        let (id, read): (i64, Vec<Option<String>>) = sql!("SELECT id, tags FROM posts WHERE id = {2}").one(db).unwrap();
        assert_eq!((id, read), (2, vec![Some("c".into())]));
        sql!("UPDATE posts SET tags = {&tags[..]} WHERE id = 1").execute(db).unwrap();
        assert_eq!(db.get::<Post>(1).unwrap().tags, tags);
        let error = sql!("SELECT * FROM posts WHERE tags IN ({tags})").all::<Post>(db).unwrap_err();
        assert!(error.to_string().contains("write `IN ({..values})`"), "{error}");
        let error = Post::query().filter(posts::tags.eq_any(vec![tags])).all(db).unwrap_err();
        assert!(error.to_string().contains("list of arrays"), "{error}");
    }

    fn unexpected_elements_are_errors(db: &Db) {
        fill(db, &[&["secret"]]);
        let store = |sqlite: &str, postgres: &str| {
            let value = if db.dialect().is_sqlite() { sqlite } else { postgres };
            db.execute_sql(&format!("UPDATE posts SET tags = {value}")).unwrap();
            db.get::<Post>(1)
        };
        assert_value_error(store("'[\"secret\",null]'", "'{secret,NULL}'"), "posts.tags: an element of the array is NULL", "secret");
        assert_value_error(store("'[[\"secret\"]]'", "'{{secret},{b}}'"), "posts.tags: the array has several dimensions", "secret");
        assert_value_error(store("'[\"secret\"'", "'[0:0]={secret}'"), "posts.tags", "secret");
        assert_eq!(store("' [ \"a\" , \"\\u00e9\" ] '", "'{a,é}'").unwrap().tags, ["a", "é"]);
        let error = store("'[1]'", "'{}'");
        if db.dialect().is_sqlite() {
            assert_value_error(error, "posts.tags: the database has a value of type a JSON number", "secret");
        }
    }

    fn many_rows_are_updated_at_once(db: &Db) {
        fill(db, &[&["a"], &[], &["b", "c"]]);
        let mut posts = Post::query().order_by(posts::id).all(db).unwrap();
        for (place, post) in posts.iter_mut().enumerate() {
            post.tags = vec!["x".into(); place];
            post.ratings = (place > 0).then(|| vec![place as i32; 3 - place]);
        }
        db.update_all(&posts).unwrap();
        assert_eq!(Post::query().order_by(posts::id).all(db).unwrap(), posts);
        posts.iter_mut().for_each(|post| post.votes.push(None));
        assert_eq!(db.update_all_returning(&posts).unwrap(), posts);
    }

    fn no_list_in_sql_has_arrays(db: &Db) {
        fill(db, &[&["a"]]);
        let lists = [texts(&["a"]), texts(&[])];
        for error in [
            sql!("SELECT id FROM posts WHERE tags IN ({..lists})").all::<i64>(db).unwrap_err(),
            sql!("SELECT id FROM posts WHERE tags NOT IN ({..lists})").all::<i64>(db).unwrap_err(),
        ] {
            assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
            assert!(error.to_string().contains("list of arrays"), "{error}");
        }
    }

    fn a_left_join_is_not_a_null_element(db: &Db) {
        fill(db, &[&["a"]]);
        let raw = if db.dialect().is_sqlite() { "'[null]'" } else { "'{NULL}'" };
        db.execute_sql(&format!("UPDATE posts SET tags = {raw}")).unwrap();
        let error = sql!("SELECT * FROM posts").all::<Post>(db).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
        let read = db.load::<Option<Vec<String>>, _>(posts::table.select(posts::tags.nullable())).unwrap_err();
        assert_eq!(read.code(), ErrorCode::ValueError, "{read}");
    }

    fn of_native_enums(db: &Db) {
        use Mood::{Happy, SoSo};
        db.create_all::<Diaries>().unwrap();
        let full = Diary { id: 1, moods: vec![SoSo, Happy, SoSo], others: Some(vec![None, Some(SoSo)]), mood: SoSo };
        assert_eq!(db.insert(full.clone()).unwrap(), full);
        let empty = db.insert(NewDiary::builder().id(2).build()).unwrap();
        assert_eq!((&empty.moods, &empty.others), (&vec![], &None));
        assert_eq!(Diary::query().order_by(diarys::id).all(db).unwrap(), [full.clone(), empty]);
        macro_rules! ids {
            ($condition:expr) => {
                db.load::<i64, _>(diarys::table.filter($condition).select(diarys::id).order_by(diarys::id)).unwrap()
            };
        }
        assert_eq!(ids!(diarys::moods.contains(vec![Happy, Happy])), [1]);
        assert_eq!(ids!(diarys::moods.contains(Vec::<Mood>::new())), [1, 2]);
        assert_eq!(ids!(diarys::moods.is_contained_by(vec![Happy])), [2]);
        assert_eq!(ids!(diarys::moods.overlaps(vec![Happy])), [1]);
        assert_eq!(ids!(diarys::moods.any(SoSo)), [1]);
        assert_eq!(ids!(diarys::moods.any(diarys::mood)), [1]);
        assert_eq!(ids!(diarys::moods.eq(vec![SoSo, Happy, SoSo])), [1]);
        assert_eq!(ids!(diarys::others.contains(vec![SoSo])), [1]);
        assert_eq!(ids!(diarys::others.eq(vec![None, Some(SoSo)])), [1]);
        assert_eq!(ids!(diarys::others.is_null()), [2]);
        assert_eq!(ids!(diarys::moods.length().eq(3)), [1]);
        let changed = diarys::moods.append(Happy).remove(SoSo).concat(vec![SoSo]);
        let all: Vec<Vec<Mood>> = db.load(diarys::table.select(changed).order_by(diarys::id)).unwrap();
        assert_eq!(all, [vec![Happy, Happy, SoSo], vec![Happy, SoSo]]);
        db.execute(diesel::update(diarys::table.find(2_i64)).set(diarys::moods.eq(diarys::moods.append(SoSo)))).unwrap();
        assert_eq!(db.get::<Diary>(2).unwrap().moods, [SoSo]);
        // sql!
        let wanted = vec![SoSo, Happy, SoSo];
        let found: Diary = sql!("SELECT * FROM diarys WHERE moods = {wanted}").one(db).unwrap();
        assert_eq!(found, full);
        let read: Vec<Mood> = sql!("SELECT moods FROM diarys WHERE id = {1}").one(db).unwrap();
        assert_eq!(read, full.moods);
        let moods = [Happy];
        sql!("UPDATE diarys SET moods = {&moods[..]} WHERE id = 2").execute(db).unwrap();
        assert_eq!(db.get::<Diary>(2).unwrap().moods, [Happy]);
        // Many at once.
        let rows: Vec<Diary> = (10..40).map(|id| Diary { id, moods: vec![SoSo; id as usize % 4], others: (id % 2 == 0).then(|| vec![None, Some(Happy)]), mood: Happy }).collect();
        assert_eq!(db.insert_all(&rows).unwrap(), 30);
        let changed: Vec<Diary> = rows.iter().map(|row| Diary { moods: vec![Happy, SoSo], others: Some(vec![]), ..row.clone() }).collect();
        db.update_all(&changed).unwrap();
        assert_eq!(Diary::query().filter(diarys::id.ge(10)).order_by(diarys::id).all(db).unwrap(), changed);
        db.upsert_all(&rows).unwrap();
        assert_eq!(Diary::query().filter(diarys::id.ge(10)).order_by(diarys::id).all(db).unwrap(), rows);
        let copies: Vec<Diary> = rows.iter().map(|row| Diary { id: row.id + 100, ..row.clone() }).collect();
        assert_eq!(db.copy_in(copies.clone()).unwrap(), 30);
        assert_eq!(Diary::query().filter(diarys::id.ge(100)).order_by(diarys::id).all(db).unwrap(), copies);
        // A label that the enum lacks.
        db.execute_sql(if db.dialect().is_sqlite() {
            "UPDATE diarys SET moods = '[\"secret\"]' WHERE id = 1"
        } else {
            "ALTER TYPE \"Mood of \"\"day\"\"\" ADD VALUE 'secret'"
        }).unwrap();
        if !db.dialect().is_sqlite() {
            db.execute_sql("UPDATE diarys SET moods = '{secret}' WHERE id = 1").unwrap();
        }
        assert_value_error(db.get::<Diary>(1), "diarys.moods", "secret");
    }
}
