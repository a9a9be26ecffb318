//! Operators of columns that hold more than one value.

/// The operators of JSON documents. [`ContainsDsl`](crate::dsl::ContainsDsl) has `contains` and `is_contained_by`.
///
/// They mean on both databases what PostgreSQL's operators of `jsonb` mean: of equal keys the last one counts, `1` equals
/// `1.0`, and numbers are exact decimals. What isn't there is NULL, read as `None`; a JSON `null` is a document, read as
/// `Value::Null`. A path is a list of keys and places: `["tags", "0"]`. A text that is no document, which another program
/// may have stored on SQLite, is a `VALUE_ERROR`.
///
/// ```
/// use mizzle::prelude::*;
/// use serde_json::{Value, json};
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Page {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub meta: Value,
/// }
///
/// mizzle::schema!(pub Site = [Page]);
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Site>()?;
///     db.insert(NewPage::builder().meta(json!({"language": "sv", "tags": ["rust", "orm"], "views": 1})).build())?;
///
///     let swedish = Page::query().filter(pages::meta.get_text("language").eq("sv"));
///     assert_eq!(swedish.count(&db)?, 1);
///     assert_eq!(Page::query().filter(pages::meta.contains(json!({"tags": ["orm"]}))).count(&db)?, 1);
///     assert_eq!(Page::query().filter(pages::meta.get_path(["tags", "-1"]).eq(json!("orm"))).count(&db)?, 1);
///
///     let changed = pages::meta.set(["views"], json!(2)).remove("language");
///     db.execute(diesel::update(pages::table).set(pages::meta.eq(changed)))?;
///     assert_eq!(db.get::<Page>(1)?.meta, json!({"tags": ["rust", "orm"], "views": 2}));
///     Ok(())
/// }
/// ```
pub use orm_core::dsl::JsonDsl;

/// The operators of arrays, columns of type `Vec<T>`. [`ContainsDsl`](crate::dsl::ContainsDsl) has `contains` and
/// `is_contained_by`.
///
/// They mean on both databases what PostgreSQL's operators mean. A value that compares by more than its text does so in an
/// array too: decimals as numbers, for example.
///
/// ```
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Recipe {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     #[column(default = [])]
///     pub tags: Vec<String>,
///     /// The elements may be NULL, and so may the array.
///     pub ratings: Option<Vec<Option<i32>>>,
/// }
///
/// mizzle::schema!(pub Kitchen = [Recipe]);
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?; // on PostgreSQL, `text[]` and `integer[]`
///     db.create_all::<Kitchen>()?;
///     let tags = ["soup", "vegan"].map(String::from);
///     db.insert(NewRecipe::builder().tags(tags).ratings([Some(5), None]).build())?;
///     db.insert(NewRecipe::builder().tags(["soup".to_owned()]).build())?;
///
///     let count = |query: Query<'_, Recipe>| query.count(&db);
///     assert_eq!(count(Recipe::query().filter(recipes::tags.any("vegan")))?, 1);
///     assert_eq!(count(Recipe::query().filter(recipes::tags.contains(vec!["soup"])))?, 2);
///     assert_eq!(count(Recipe::query().filter(recipes::tags.overlaps(vec!["vegan", "quick"])))?, 1);
///     assert_eq!(count(Recipe::query().filter(recipes::tags.length().gt(1)))?, 1);
///     assert_eq!(count(Recipe::query().filter(recipes::ratings.any(5)))?, 1);
///
///     let more = recipes::tags.append("dinner").remove("vegan");
///     db.execute(diesel::update(recipes::table.find(1)).set(recipes::tags.eq(more)))?;
///     assert_eq!(db.get::<Recipe>(1)?.tags, ["soup", "dinner"]);
///     Ok(())
/// }
/// ```
///
/// On PostgreSQL, a GIN index finds the rows of `contains`, `is_contained_by` and `overlaps`:
/// `#[table(index(tags, using = gin))]`. SQLite has none, and reads all rows.
pub use orm_core::dsl::ArrayDsl;

/// The distances between vectors, columns of type [`Vector`](crate::Vector): the operators of the extension pgvector.
///
/// The column's type says the number of dimensions: `#[column(db_type(postgres = "vector(3)"))]`. A check says it to both
/// databases: `check = "vector_dims(embedding) = 3"`. A migration before the one that creates the table needs
/// `CREATE EXTENSION vector`, and the server needs pgvector, which the error says if it is absent.
///
/// SQLite stores a vector as text. mizzle's connections to it have the functions `l2_distance`, `inner_product`,
/// `cosine_distance` and `vector_dims` of pgvector; other programs don't. The last digits of distances may differ. Both
/// databases refuse a distance between vectors of different numbers of dimensions. The cosine distance from a vector of zeros
/// is NaN on PostgreSQL and a `VALUE_ERROR` on SQLite, which has no NaN.
///
/// pgvector's indexes find the nearest rows faster, and not always all of them:
/// `#[table(index(embedding.ops("vector_l2_ops"), using = "hnsw"))]`.
///
/// ```
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// pub struct Picture {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     #[column(db_type(postgres = "vector(3)"))]
///     pub embedding: Vector,
/// }
///
/// mizzle::schema!(pub Gallery = [Picture]);
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Gallery>()?;
///     for numbers in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.9, 0.1, 0.0]] {
///         db.insert(NewPicture::builder().embedding(Vector::from(numbers)).build())?;
///     }
///     let wanted = Vector::from([1.0, 0.0, 0.0]);
///     let nearest = Picture::query().order_by(pictures::embedding.cosine_distance(wanted)).limit(2).all(&db)?;
///     assert_eq!(nearest.iter().map(|picture| picture.id).collect::<Vec<_>>(), [1, 3]);
///     Ok(())
/// }
/// ```
pub use orm_core::dsl::VectorDsl;

/// The operators of ranges, columns of type [`Range<T>`](crate::Range): PostgreSQL's own, and functions of mizzle's with their
/// meaning on SQLite, which only its connections know. [`ContainsDsl`](crate::dsl::ContainsDsl) has `contains` and
/// `is_contained_by`.
///
/// On PostgreSQL, an index with `using = gist` finds the rows of all of them. SQLite reads all rows. Ranges are equal on both
/// if they have the same values. They sort by their bounds on PostgreSQL, and as texts on SQLite. The bounds of moments are
/// in the years 1 to 9999.
///
/// ```
/// use mizzle::prelude::*;
///
/// #[derive(Table, Debug, Clone, PartialEq)]
/// #[table(index(days, using = gist))]
/// pub struct Booking {
///     #[column(primary_key, auto)]
///     pub id: i64,
///     pub days: Range<NaiveDate>,
/// }
///
/// mizzle::schema!(pub Hotel = [Booking]);
///
/// fn main() -> mizzle::Result<()> {
///     let db = Db::connect("sqlite::memory:")?;
///     db.create_all::<Hotel>()?;
///     let day = |day| NaiveDate::from_ymd_opt(2024, 5, day).expect("a day");
///     let booked = db.insert(NewBooking::builder().days(Range::from(day(6)..day(9))).build())?;
///
///     let wanted = Range::from(day(8)..=day(10));
///     assert!(Booking::query().filter(bookings::days.overlaps(wanted)).exists(&db)?);
///     assert!(!Booking::query().filter(bookings::days.contains_value(day(9))).exists(&db)?);
///     let begins: Option<Option<NaiveDate>> = db.first(bookings::table.select(bookings::days.lower()))?;
///     assert_eq!(begins, Some(Some(day(6))));
///     assert_eq!(booked.days.upper(), Some(&day(9)));
///     Ok(())
/// }
/// ```
pub use orm_core::dsl::RangeDsl;
