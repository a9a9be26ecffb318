//! That the random schemas are worth testing with.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::schemas::schema;

/// A change to the generator that silently leaves something out would make every property weaker.
#[test]
fn schemas_have_all_that_there_is() {
    let mut runner = TestRunner::deterministic();
    let tables: Vec<_> = (0..200)
        .flat_map(|_| schema().new_tree(&mut runner).expect("a schema").current())
        .collect();
    let columns = || tables.iter().flat_map(|table| &table.columns);
    let keys = || tables.iter().flat_map(|table| &table.foreign_keys);
    let indexes = || tables.iter().flat_map(|table| &table.indexes);
    assert!(columns().any(|column| column.auto));
    assert!(columns().any(|column| column.generated.is_some()));
    assert!(columns().any(|column| column.default.is_some()));
    assert!(tables.iter().any(|table| table.primary_key.len() > 1));
    assert!(tables.iter().any(|table| table.uniques.len() > 1));
    assert!(tables.iter().any(|table| table.checks.len() > 1));
    assert!(tables.iter().any(|table| table.foreign_keys.iter().any(|k| k.table == table.name)));
    assert!(keys().any(|key| key.columns.len() > 1));
    assert!(indexes().any(|index| index.unique && index.condition.is_some()));
    assert!(indexes().any(|index| index.parts.iter().any(|part| part.descending)));
}
