//! Random documents, queries and changes, compared with a model in Rust.

use std::collections::BTreeMap;

use mizzle::prelude::*;
use test_support::random::Random;

use super::{Article, ArticleChanges, Library, NewArticle, article, articles, cases};

/// Words of several scripts, with letters that are alike, that change with their case, and that consist of several.
const WORDS: &[&str] = &[
    "a",
    "ab",
    "abc",
    "Abc",
    "ABD",
    "abé",
    "ABÉ",
    "abe\u{301}",
    "naïve",
    "naive",
    "straße",
    "STRASSE",
    "ǆ",
    "12",
    "1234",
    "12ab",
    "ab12",
    "1e5",
    "0x1f",
    "οδος",
    "ΟΔΟΣ",
    "οδοσ",
    "λόγος",
    "Λόγος",
    "дом",
    "Дом",
    "ДОМА",
    "ёлка",
    "елка",
    "שלום",
    "שָׁלוֹם",
    "سلام",
    "سَلام",
    "हिन्दी",
    "हिन्द",
    "தமிழ்",
    "ไทย",
    "日本語",
    "日本",
    "東京都",
    "한국어",
    "한국",
    "ひらがな",
    "カタカナ",
    "Ⅷ",
    "ﬁne",
    "ÅNGSTRÖM",
    "ångström",
    "Ω",
    "ω",
    "Ж",
    "ж",
    "१२",
    "٣",
];

/// What stands between words.
const BETWEEN: &[&str] = &[
    " ", " ", " ", "  ", ", ", ". ", "\n", "\t", "-", "/", "@", ".", "'", "\"", "_", ":", "&", "<",
    ">", "(", ") ", "—", "…", "„", "“", "。", "、", "·", "€", "\u{a0}", "+", "=", "%", "#", "\\",
    "|", "~", "`", "^", "²", " ½ ", "¿", "«", "»", "→",
];

fn text(random: &mut Random, most: usize) -> String {
    let mut text = String::new();
    if random.chance(20) {
        text.push_str(random.pick::<&str>(BETWEEN));
    }
    for _ in 0..random.below(most + 1) {
        text.push_str(random.pick::<&str>(WORDS));
        text.push_str(random.pick::<&str>(BETWEEN));
    }
    text
}

/// Returns the words of a text, as they are compared.
fn words(text: &str) -> Vec<String> {
    let mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{93c}'..='\u{94d}' | '\u{bbe}'..='\u{bcd}' | '\u{e31}'..='\u{e4e}');
    let fraction = |c: char| matches!(c, '²' | '½');
    text.split(|c: char| !(c.is_alphanumeric() && !fraction(c) || mark(c)))
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('ς', "σ"))
        .collect()
}

/// A term of a query.
struct Term {
    words: Vec<String>,
    is_start: bool,
    is_excluded: bool,
}

/// Returns a query, as text and as terms.
fn query(random: &mut Random) -> (String, Vec<Term>) {
    let (mut text, mut terms) = (String::new(), Vec::new());
    for _ in 0..1 + random.below(3) {
        let (is_excluded, is_start) = (random.chance(20), random.chance(25));
        let is_phrase = random.chance(30);
        let count = if is_phrase { 1 + random.below(3) } else { 1 };
        let mut said = String::new();
        for place in 0..count {
            if place > 0 {
                said.push_str(if is_phrase {
                    random.pick::<&str>(&[" ", "  ", ", ", "-"])
                } else {
                    " "
                });
            }
            let word = *random.pick(WORDS);
            let cut = random.chance(if is_start { 60 } else { 5 }) && place + 1 == count;
            let kept =
                if cut { 1 + random.below(word.chars().count()) } else { word.chars().count() };
            said.extend(word.chars().take(kept));
        }
        text.push_str(if is_excluded { "-" } else { "" });
        text.push_str(&if is_phrase { format!("\"{said}\"") } else { said.clone() });
        text.push_str(if is_start { "* " } else { " " });
        terms.push(Term { words: words(&said), is_start, is_excluded });
    }
    (text, terms)
}

impl Term {
    fn is_in(&self, text: &[String]) -> bool {
        let (last, before) = self.words.split_last().unwrap();
        text.windows(self.words.len()).any(|window| {
            let (end, start) = window.split_last().unwrap();
            start == before
                && if self.is_start { end.starts_with(last.as_str()) } else { end == last }
        })
    }
}

type Model = BTreeMap<i64, (String, Option<String>)>;

fn expected(model: &Model, terms: &[Term]) -> Vec<i64> {
    if terms.iter().all(|term| term.is_excluded) {
        return Vec::new();
    }
    let finds = |(title, body): &(String, Option<String>)| {
        let texts = [words(title), body.as_deref().map(words).unwrap_or_default()];
        terms.iter().all(|term| texts.iter().any(|text| term.is_in(text)) != term.is_excluded)
    };
    model.iter().filter(|(_, texts)| finds(texts)).map(|(id, _)| *id).collect()
}

/// Writes a random change, in a transaction that may be rolled back.
fn change(db: &Db, random: &mut Random, model: &mut Model, next: &mut i64) {
    let mut changed = model.clone();
    let stays = random.chance(85);
    let result = db.transaction(|tx| {
        for _ in 0..1 + random.below(3) {
            step(tx, random, &mut changed, next);
        }
        if stays { Ok(()) } else { Err(mizzle::Error::application("no")) }
    });
    assert_eq!(result.is_ok(), stays, "{result:?}");
    if stays {
        *model = changed;
    }
}

fn step(tx: &Tx<'_>, random: &mut Random, model: &mut Model, next: &mut i64) {
    let title = text(random, 4);
    let body = random.chance(80).then(|| text(random, 12));
    let some: Vec<i64> = model.keys().copied().filter(|_| random.chance(20)).collect();
    let of = |slug: i64, title: &str, body: &Option<String>| {
        article(&slug.to_string(), title, body.as_deref())
    };
    match random.below(9) {
        0 | 1 => {
            let row = tx.insert(of(*next, &title, &body)).unwrap();
            model.insert(row.id, (title, body));
        }
        2 => {
            let rows: Vec<NewArticle> =
                (0..3).map(|more| of(*next + more, &title, &body)).collect();
            assert_eq!(tx.insert_all(rows).unwrap(), 3);
            note_new(tx, model, *next, (title, body));
        }
        3 => {
            let rows = (0..3).map(|more| of(*next + more, &title, &body));
            assert_eq!(tx.copy_in(rows).unwrap(), 3);
            note_new(tx, model, *next, (title, body));
        }
        4 => {
            for id in some {
                let changes = ArticleChanges::default().title(&title);
                let row = tx.update_by_key::<Article>(id, changes).unwrap();
                model.insert(row.id, (row.title, row.body));
            }
        }
        5 => {
            let rows = tx.execute(
                diesel::update(articles::table.filter(articles::id.eq_any(&some)))
                    .set(articles::body.eq(&body)),
            );
            assert_eq!(rows.unwrap(), some.len() as u64);
            for id in some {
                model.get_mut(&id).unwrap().1.clone_from(&body);
            }
        }
        6 => {
            let gone =
                Article::query().filter(articles::id.eq_any(some.clone())).delete(tx).unwrap();
            assert_eq!(gone, some.len() as u64);
            model.retain(|id, _| !some.contains(id));
        }
        7 => {
            // A row that exists, or a new one.
            let slug: Vec<String> = articles_of(tx);
            let slug = if slug.is_empty() { next.to_string() } else { random.pick(&slug).clone() };
            let row =
                tx.upsert_on(articles::slug, article(&slug, &title, body.as_deref())).unwrap();
            model.insert(row.id, (row.title, row.body));
        }
        _ => {
            // The key changes, and the index has to follow.
            if let Some(id) = some.first() {
                let to = *next + 1_000_000;
                tx.execute(diesel::update(articles::table.find(*id)).set(articles::id.eq(to)))
                    .unwrap();
                let texts = model.remove(id).unwrap();
                model.insert(to, texts);
            }
        }
    }
    *next += 3;
}

/// Adds the rows from number `first` on to the model.
fn note_new(tx: &Tx<'_>, model: &mut Model, first: i64, texts: (String, Option<String>)) {
    let slugs: Vec<String> = (first..first + 3).map(|slug| slug.to_string()).collect();
    let new = Article::query().filter(articles::slug.eq_any(slugs)).select(articles::id);
    model.extend(tx.load::<i64, _>(new).unwrap().into_iter().map(|id| (id, texts.clone())));
}

fn articles_of(tx: &Tx<'_>) -> Vec<String> {
    tx.load(Article::query().order_by(articles::id).select(articles::slug)).unwrap()
}

#[mizzle::test(Library)]
fn equals_the_model(db: &Db) {
    let mut random = Random::new(0x5ea2c4);
    let (mut model, mut next) = (Model::new(), 10_000_000);
    let mut hits = 0;
    for _ in 0..cases(1500) {
        if model.len() > 60 {
            let half: Vec<i64> = model.keys().copied().filter(|id| id % 2 == 0).collect();
            Article::query().filter(articles::id.eq_any(half.clone())).delete(db).unwrap();
            model.retain(|id, _| !half.contains(id));
        }
        if random.chance(25) || model.is_empty() {
            change(db, &mut random, &mut model, &mut next);
        }
        let (text, terms) = query(&mut random);
        let ids = Article::query().filter(Article::search(&text).matches()).order_by(articles::id);
        let ids: Vec<i64> = db.load(ids.select(articles::id)).unwrap();
        let expected = expected(&model, &terms);
        let texts: Vec<_> = ids.iter().chain(&expected).map(|id| model.get(id)).collect();
        assert_eq!(ids, expected, "{text:?} in {texts:?}");
        hits += ids.len();
    }
    assert!(hits > cases(1500) / 2, "{hits}");
}
