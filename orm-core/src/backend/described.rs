//! What a database knows about a statement before it runs.

/// A statement that a database accepts.
#[derive(Debug, Clone, Default)]
pub struct Described {
    /// The columns of its result.
    pub columns: Vec<DescribedColumn>,
}

/// A column of a result.
#[derive(Debug, Clone)]
pub struct DescribedColumn {
    /// Its name.
    pub name: String,
    /// The number and the name of its type, if the database knows it: PostgreSQL does.
    pub ty: Option<(u32, String)>,
    /// The table and the column whose values it has, unchanged.
    pub origin: Option<(String, String)>,
}
