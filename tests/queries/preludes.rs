//! mizzle's prelude beside diesel's.

use mizzle::prelude::*;

/// A thing.
#[derive(Table, Debug, Clone, PartialEq)]
pub struct PreludeThing {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
    pub content: serde_json::Value,
}

/// Both preludes at once.
mod beside_diesel {
    #[allow(unused_imports, reason = "what both have is one of them")]
    use diesel::prelude::*;
    #[allow(unused_imports, reason = "what both have is one of them")]
    use mizzle::prelude::*;

    use super::{PreludeThing, prelude_things};

    #[test]
    fn ilike_is_one() {
        let query = PreludeThing::query()
            .filter(prelude_things::name.ilike("N1"))
            .filter(prelude_things::name.not_ilike("x%"))
            .filter(prelude_things::id.eq(1));
        assert!(query.to_sql(mizzle::Dialect::Postgres).unwrap().contains("ILIKE"));
    }

    #[test]
    fn operators_of_documents_are_ones_for_both() {
        let query = PreludeThing::query()
            .filter(prelude_things::content.contains(serde_json::json!({})))
            .filter(prelude_things::content.is_contained_by(serde_json::json!({})))
            .filter(prelude_things::content.has_key("a"))
            .filter(prelude_things::content.has_any_key(["a"]))
            .filter(prelude_things::content.has_all_keys(["a"]))
            .filter(prelude_things::content.remove("a").eq(serde_json::json!({})));
        assert!(query.to_sql(mizzle::Dialect::Sqlite).unwrap().contains("mizzle_json_has_all"));
    }
}
