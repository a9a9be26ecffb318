//! More columns than diesel's tables have without a feature.

use mizzle::prelude::*;

#[derive(Table)]
pub struct Wide {
    #[column(primary_key, auto)]
    pub id: i64,
    pub column_1: i64,
    pub column_2: i64,
    pub column_3: i64,
    pub column_4: i64,
    pub column_5: i64,
    pub column_6: i64,
    pub column_7: i64,
    pub column_8: i64,
    pub column_9: i64,
    pub column_10: i64,
    pub column_11: i64,
    pub column_12: i64,
    pub column_13: i64,
    pub column_14: i64,
    pub column_15: i64,
    pub column_16: i64,
    pub column_17: i64,
    pub column_18: i64,
    pub column_19: i64,
    pub column_20: i64,
    pub column_21: i64,
    pub column_22: i64,
    pub column_23: i64,
    pub column_24: i64,
    pub column_25: i64,
    pub column_26: i64,
    pub column_27: i64,
    pub column_28: i64,
    pub column_29: i64,
    pub column_30: i64,
    pub column_31: i64,
    pub column_32: i64,
}

mizzle::schema!(pub Wides = [Wide]);

fn main() {}
