//! Vectors: pgvector's on PostgreSQL, if the server has it, and text on SQLite.

use mizzle::prelude::*;
use mizzle::{Dialect, Error, ErrorCode};
use proptest::prelude::*;
use test_support::on_each_database;

use crate::{assert_value_error, check};

#[derive(Table, Debug, Clone, PartialEq)]
pub struct Picture {
    #[column(primary_key)]
    pub id: i64,
    #[column(db_type(postgres = "vector(3)"))]
    pub embedding: Vector,
    #[column(db_type(postgres = "vector"))]
    pub other: Option<Vector>,
}

mizzle::schema!(pub Gallery = [Picture]);

/// Creates the table, and returns whether all of it can be tested. A server without pgvector gets a stand-in, after its advice
/// is checked.
fn create(db: &Db) -> bool {
    let mut is_whole = true;
    if db.dialect() == Dialect::Postgres {
        let shown = |error: Error| {
            assert_eq!(error.code(), ErrorCode::QueryError, "{error}");
            format!("{error} {}", error.troubleshooting().join(" "))
        };
        let absent = shown(db.create_all::<Gallery>().unwrap_err());
        let advice = "run `CREATE EXTENSION vector` in this database first";
        assert!(absent.contains(advice), "{absent}");
        if let Err(error) = db.execute_sql("CREATE EXTENSION vector") {
            let refused = shown(error);
            assert!(refused.contains("install pgvector"), "{refused}");
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            eprintln!(
                "pgvector is absent: {name} is not tested, except for what a stand-in can do"
            );
            STAND_IN.iter().for_each(|sql| db.execute_sql(sql).unwrap());
            is_whole = false;
        }
    }
    db.create_all::<Gallery>().unwrap();
    is_whole
}

/// A type and operators with the names and the errors of pgvector's. The type has no binary form, so that no vector can be read.
const STAND_IN: [&str; 16] = [
    "CREATE TYPE vector",
    "CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
    "CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
    "CREATE FUNCTION vector_modifier(cstring[]) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin'",
    "CREATE FUNCTION vector_numbers(text) RETURNS float8[] LANGUAGE sql IMMUTABLE STRICT AS $$
         SELECT array_agg(number::float4::float8 ORDER BY place)
         FROM unnest(string_to_array(trim('[]' FROM $1), ',')) WITH ORDINALITY AS all_of(number, place) $$",
    "CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, TYPMOD_IN = vector_modifier, LIKE = text)",
    "CREATE FUNCTION vector_dims(vector) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT cardinality(vector_numbers($1::text)) $$",
    "CREATE FUNCTION vector_of(vector, integer, boolean) RETURNS vector LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN
         IF $2 > 0 AND vector_dims($1) <> $2 - 4 THEN
             RAISE data_exception USING MESSAGE = format('expected %s dimensions, not %s', $2 - 4, vector_dims($1));
         END IF;
         RETURN $1;
     END $$",
    "CREATE CAST (vector AS vector) WITH FUNCTION vector_of(vector, integer, boolean) AS IMPLICIT",
    "CREATE FUNCTION vector_sums(vector, vector) RETURNS float8[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN
         IF vector_dims($1) <> vector_dims($2) THEN
             RAISE data_exception USING MESSAGE = 'different vector dimensions';
         END IF;
         RETURN (SELECT ARRAY[sum((a - b) ^ 2), sum(a * b), sum(a ^ 2), sum(b ^ 2)]
             FROM unnest(vector_numbers($1::text), vector_numbers($2::text)) AS pairs(a, b));
     END $$",
    "CREATE FUNCTION l2_distance(vector, vector) RETURNS float8 LANGUAGE sql AS $$ SELECT sqrt((vector_sums($1, $2))[1]) $$",
    "CREATE FUNCTION cosine_distance(vector, vector) RETURNS float8 LANGUAGE sql AS $$
         SELECT 1 - sums[2] / sqrt(sums[3] * sums[4]) FROM vector_sums($1, $2) AS sums $$",
    "CREATE FUNCTION vector_negative_inner_product(vector, vector) RETURNS float8 LANGUAGE sql AS $$ SELECT -(vector_sums($1, $2))[2] $$",
    "CREATE OPERATOR <-> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = l2_distance)",
    "CREATE OPERATOR <=> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = cosine_distance)",
    "CREATE OPERATOR <#> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = vector_negative_inner_product)",
];

fn vector() -> impl Strategy<Value = Vec<f32>> {
    let number = prop_oneof![Just(0.0_f32), Just(-1.0), -1000.0..1000.0_f32, -1e-3..1e-3_f32];
    proptest::collection::vec(number, 3)
}

/// Whether two numbers are the same up to the last digits of a sum of floats of 32 bits.
fn is_near(found: f64, expected: f64, scale: f64) -> bool {
    (found - expected).abs() <= 1e-5 * scale.max(1e-6)
}

on_each_database! {
    fn come_back_and_have_distances(db: &Db) {
        if !create(db) {
            return;
        }
        check((vector(), vector(), any::<bool>()), |(one, other, is_null)| {
            let row = Picture {
                id: 1,
                embedding: one.clone().into(),
                other: (!is_null).then(|| other.clone().into()),
            };
            assert_eq!(db.insert(row.clone()).unwrap(), row);
            let found: Picture = sql!("SELECT * FROM pictures").one(db).unwrap();
            assert_eq!(found, row);
            let wanted = Vector::from(other.clone());
            let pairs: Vec<(f64, f64)> =
                one.iter().zip(&other).map(|(a, b)| (f64::from(*a), f64::from(*b))).collect();
            let sum = |term: fn(&(f64, f64)) -> f64| pairs.iter().map(term).sum::<f64>();
            let lengths = (sum(|(a, _)| a * a) * sum(|(_, b)| b * b)).sqrt();
            let (l2, product): (f64, f64) = db
                .first(pictures::table.select((
                    pictures::embedding.l2_distance(wanted.clone()),
                    pictures::embedding.negative_inner_product(wanted.clone()),
                )))
                .unwrap()
                .unwrap();
            let expected = sum(|(a, b)| (a - b) * (a - b)).sqrt();
            assert!(is_near(l2, expected, expected), "{one:?} {other:?} {l2}");
            assert!(is_near(product, -sum(|(a, b)| a * b), lengths), "{one:?} {other:?} {product}");
            let of_null: Option<Option<f64>> =
                db.first(pictures::table.select(pictures::other.l2_distance(wanted.clone()))).unwrap();
            assert_eq!(of_null, Some((!is_null).then_some(0.0)));
            // Their squares are numbers of 32 bits in pgvector.
            if lengths > 1e-12 {
                let cosine: Option<f64> = db
                    .first(pictures::table.select(pictures::embedding.cosine_distance(wanted)))
                    .unwrap();
                let expected = 1.0 - (sum(|(a, b)| a * b) / lengths).clamp(-1.0, 1.0);
                assert!(is_near(cosine.unwrap(), expected, 10.0), "{one:?} {other:?} {cosine:?}");
            }
            assert!(db.delete_by_key::<Picture>(1).unwrap());
        });
    }

    /// The order by a distance is that of a model, and the limit cuts it.
    fn the_nearest_come_first(db: &Db) {
        create(db);
        check((proptest::collection::vec(vector(), 1..12), vector(), 1..5_u64), |(all, wanted, count)| {
            let rows: Vec<_> = (0_i64..)
                .zip(&all)
                .map(|(id, numbers)| (pictures::id.eq(id), pictures::embedding.eq(Vector::from(numbers.clone()))))
                .collect();
            assert_eq!(db.execute(diesel::insert_into(pictures::table).values(rows)).unwrap(), all.len() as u64);
            let near = || pictures::embedding.l2_distance(Vector::from(wanted.clone()));
            let query = pictures::table.order(near()).limit(count as i64);
            let found: Vec<(i64, f64)> = db.load(query.select((pictures::id, near()))).unwrap();
            let distance = |numbers: &[f32]| {
                numbers.iter().zip(&wanted).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
            };
            let mut expected: Vec<f64> = all.iter().map(|numbers| distance(numbers)).collect();
            expected.sort_by(f64::total_cmp);
            expected.truncate(count as usize);
            assert_eq!(found.len(), expected.len());
            for ((id, said), expected) in found.into_iter().zip(expected) {
                for found in [said, distance(&all[id as usize])] {
                    assert!(is_near(found, expected, expected.max(1.0)), "{found} {expected}");
                }
            }
            let products = pictures::embedding.negative_inner_product(Vector::from(wanted.clone()));
            let found: Vec<(i64, f64)> = db.load(pictures::table.select((pictures::id, products))).unwrap();
            for (id, found) in found {
                let pairs = || all[id as usize].iter().zip(&wanted).map(|(a, b)| f64::from(*a) * f64::from(*b));
                let scale = pairs().map(f64::abs).sum::<f64>();
                assert!(is_near(found, -pairs().sum::<f64>(), scale), "{found}");
            }
            db.execute(diesel::delete(pictures::table)).unwrap();
        });
    }

    fn numbers_of_dimensions_are_checked(db: &Db) {
        create(db);
        let insert = |numbers: Vec<f32>| {
            let values = (pictures::id.eq(1), pictures::embedding.eq(Vector::from(numbers)));
            db.execute(diesel::insert_into(pictures::table).values(values))
        };
        insert(vec![1.0, 2.0, 3.0]).unwrap();
        let near = pictures::embedding.l2_distance(Vector::from(vec![1.0, 2.0]));
        let error = db.first::<f64, _>(pictures::table.select(near)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
        assert!(error.to_string().contains("dimensions"), "{error}");
        let dims = diesel::dsl::sql::<diesel::sql_types::Bool>("vector_dims(embedding) = 3");
        assert_eq!(Picture::query().filter(dims).count(db).unwrap(), 1);
        if db.dialect() == Dialect::Postgres {
            let error = insert(vec![1.0, 2.0]).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ValueError, "{error}");
            assert!(error.to_string().contains("expected 3 dimensions, not 2"), "{error}");
        }
    }

    fn wrong_ones_are_errors(db: &Db) {
        if !create(db) {
            return;
        }
        for numbers in [vec![], vec![f32::NAN, 1.0, 1.0], vec![f32::INFINITY; 3], vec![1.0; 16_001]] {
            let row = Picture { id: 1, embedding: numbers.into(), other: None };
            assert_value_error(db.insert(row), "finite numbers", "NaN");
        }
        db.insert(Picture { id: 1, embedding: [1.0, 2.0, 3.0].into(), other: Some([0.0; 3].into()) }).unwrap();
        assert_eq!(Picture::query().filter(diesel::dsl::sql::<diesel::sql_types::Bool>("vector_dims(embedding) = 3")).count(db).unwrap(), 1);
        let distance = |numbers: Vec<f32>| {
            db.first::<f64, _>(pictures::table.select(pictures::embedding.l2_distance(Vector::from(numbers))))
        };
        assert_eq!(distance(vec![1.0, 2.0]).unwrap_err().code(), ErrorCode::ValueError);
        assert_eq!(distance(vec![1.0, 2.0, 5.0]).unwrap(), Some(2.0));
        if db.dialect().is_sqlite() {
            let of_zeros = pictures::other.cosine_distance(Vector::from([1.0, 0.0, 0.0]));
            let error = db.first::<Option<f64>, _>(pictures::table.select(of_zeros)).unwrap_err();
            assert!(error.to_string().contains("no direction"), "{error}");
            db.execute_sql("UPDATE pictures SET embedding = '[secret]'").unwrap();
            assert_value_error(db.get::<Picture>(1), "pictures.embedding", "secret");
            assert_eq!(distance(vec![1.0, 2.0, 3.0]).unwrap_err().code(), ErrorCode::ValueError);
        }
    }
}
