//! Structs as hostile programs write them: names that code generators trip over, names of the prelude that mean something
//! else, structs from macros and in functions. They compile, and warn of nothing.

#![allow(dead_code, reason = "to compile is the test")]

#[allow(missing_docs)]
pub mod shadow {
    pub struct String;
    pub struct Option;
    pub struct Result;
    pub struct Vec;
    pub struct Box;
    pub struct Some_;
    pub enum Ok_ {}
    pub trait Into {}
    pub trait Default {}
    pub trait Clone {}
    pub trait Debug {}
    pub trait Iterator {}
    pub trait From {}
    pub mod core {}
    pub mod std {}
    pub mod diesel {}
    pub mod mizzle {}
    #[derive(::mizzle::Table, ::std::fmt::Debug, ::std::clone::Clone, PartialEq)]
    pub struct Row {
        #[column(primary_key, auto)]
        pub id: i64,
        pub name: ::std::string::String,
        pub maybe: ::std::option::Option<i32>,
        pub bytes: ::std::vec::Vec<u8>,
        #[column(default = true)]
        pub flag: bool,
    }
}
#[allow(missing_docs)]
pub mod odd {
    #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
    pub struct Odd {
        #[column(primary_key, auto)]
        pub id: i64,
        pub r#type: i64,
        pub r#match: String,
        pub r#fn: Option<i32>,
        pub new: i32,
        pub build: i32,
        pub builder: i32,
        pub query: i32,
        pub t: i32,
        pub a: i32,
        pub row: i32,
        pub value: i32,
        pub value_: i32,
        pub __row: i32,
        pub default: i32,
        pub clone: i32,
        pub eq: i32,
        pub filter: i32,
        pub id2: i32,
        pub self_: i32,
        pub _1: i32,
        pub usize: i32,
        pub count: i32,
        pub limit: i32,
        pub from: i32,
        pub into: i32,
        pub select: i32,
        pub offset: i32,
        pub result: i32,
        pub column: i32,
        pub column_: i32,
    }
    #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
    #[table(name = "selves")]
    pub struct r#Struct {
        #[column(primary_key)]
        pub key: String,
    }
    #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
    pub struct Vec {
        #[column(primary_key)]
        pub key: std::string::String,
    }
    #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
    pub struct Table {
        #[column(primary_key)]
        pub key: std::string::String,
    }
    #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
    pub struct New {
        #[column(primary_key)]
        pub key: std::string::String,
    }
}
macro_rules! make {
    ($name:ident, $module:ident, $field:ident : $ty:ty $(, $more:ident : $mty:ty)*) => {
        #[allow(missing_docs)]
        #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
        #[table(module = $module)]
        pub struct $name { #[column(primary_key, auto)] pub id: i64, pub $field: $ty, $(pub $more: $mty,)* }
    };
}
make!(Made, mades, title: String, note: Option<String>, bytes: Vec<u8>);
/// f
pub fn body() {
    use ::mizzle::prelude::*;
    #[derive(Enum, Debug, Clone, PartialEq)]
    enum Mood {
        Good,
    }
    /// Doc.
    #[derive(Table, Debug, Clone, PartialEq)]
    struct Local {
        /// Doc of id.
        #[column(primary_key, auto)]
        id: i64,
        /// Doc `x` "quoted" \ back.
        #[doc = "more"]
        #[allow(dead_code)]
        name: String,
        #[cfg(any())]
        never: Unknown,
        #[cfg(not(any()))]
        always: i32,
        mood: Mood,
    }
    let is_good = locals::mood.eq(Mood::Good);
    let _ = Local::query().filter(locals::name.eq("x").and(is_good)).order_by(locals::id);
    let _ = NewLocal::builder().name("x").always(1).mood(Mood::Good).build();
}
#[allow(missing_docs)]
mod nested {
    pub(crate) mod deep {
        #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
        pub(in crate::hostile::nested) struct Hidden {
            #[column(primary_key, auto)]
            id: i64,
            pub(super) name: String,
            pub(crate) n: i32,
        }
        #[derive(::mizzle::Table, Debug, Clone, PartialEq)]
        struct Private {
            #[column(primary_key, auto)]
            id: i64,
            #[column(references(Hidden))]
            hidden_id: i64,
        }
        ::mizzle::schema!(S = [Hidden, Private]);
    }
}
