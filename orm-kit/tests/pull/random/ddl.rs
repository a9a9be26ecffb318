//! SQLite schemas as anybody may have written them: text, not made from structs.

/// Numbers that follow from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}

const NAMES: &[&str] = &[
    "id",
    "a",
    "b",
    "Value",
    "user_id",
    "order",
    "select",
    "Order Lines",
    "naïve",
    "日本",
    "q",
    "bool",
    "str",
    "self",
    "Self",
    "type",
    "1st",
    "x\"y",
    "x'y",
    "a.b",
    "a,b",
    "(p)",
    "_",
    "crate",
    "Option",
    "name",
    "created at",
    "group",
    "t",
    "users",
    "CHECK",
    "new",
    "some",
    "String",
    "i64",
    "maybe_a",
    "tick`",
    "semi;colon",
    "-- x",
    "query",
    "table",
    "columns",
    "star",
    "dsl",
    "default",
    "unique",
    "references",
    "key",
    "async",
    "posts",
    "kind",
    "status",
    "emoji 🦀",
    "UPPER",
    "mixedCase",
    "rowid",
    "oid",
];

const TYPES: &[&str] = &[
    "INTEGER",
    "INT",
    "BIGINT",
    "SMALLINT",
    "TINYINT(1)",
    "UNSIGNED BIG INT",
    "TEXT",
    "VARCHAR(20)",
    "NVARCHAR(30)",
    "CHAR(3)",
    "CLOB",
    "mediumtext",
    "STRING",
    "REAL",
    "DOUBLE PRECISION",
    "FLOAT",
    "NUMERIC",
    "DECIMAL(10,2)",
    "decimal",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "TIMESTAMP",
    "TIME",
    "BLOB",
    "",
    "JSON",
    "UUID",
    "MONEY",
    "any thing(1, 2)",
    "\"quoted type\"",
    "int8",
    "float4",
    "varchar",
    "timestamp with time zone",
    "JSONB",
    "POINT",
];

const STRICT_TYPES: &[&str] = &["INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY"];

const DEFAULTS: &[&str] = &[
    "1",
    "-5",
    "+7",
    "1.5",
    ".5",
    "1e300",
    "-1.5e-3",
    "0x10",
    "'text'",
    "'it''s'",
    "\"quoted\"",
    "NULL",
    "TRUE",
    "false",
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
    "current_time",
    "x'00ff'",
    "X''",
    "(1 + 1)",
    "(datetime('now'))",
    "('a' || 'b')",
    "''",
    "9223372036854775807",
    "'2024-01-31'",
    "'1.50'",
    "(strftime('%s','now'))",
    "'null'",
    "(random())",
    "'{}'",
    "abc",
];

const CONFLICTS: &[&str] = &["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"];
const ACTIONS: &[&str] = &["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"];
const GAPS: &[&str] = &[
    " ",
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\n  ",
    "\t",
    " /* a, ( comment */ ",
    " -- b, ) ' \"\n",
    "\r\n",
];

const KEYWORDS: &[&str] = &[
    "order",
    "select",
    "check",
    "group",
    "table",
    "default",
    "unique",
    "references",
    "key",
    "new",
    "CHECK",
    "columns",
];

/// A table that was written, as far as others need it.
pub struct Known {
    pub name: String,
    pub columns: Vec<String>,
    pub key: Vec<String>,
}

pub struct Writer {
    pub random: Random,
    pub tables: Vec<Known>,
    /// The views that are there, each with its columns.
    pub views: Vec<(String, Vec<String>)>,
}

impl Writer {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), tables: Vec::new(), views: Vec::new() }
    }

    fn gap(&mut self) -> &'static str {
        self.random.of(GAPS)
    }

    /// A name in one of the ways in which SQLite takes it.
    pub fn quoted(&mut self, name: &str) -> String {
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !KEYWORDS.contains(&name);
        match self.random.below(5) {
            0 | 1 if is_plain => name.to_owned(),
            2 if !name.contains(']') => format!("[{name}]"),
            3 => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    fn fresh(&mut self, taken: &[String]) -> String {
        loop {
            let mut name = self.random.of(NAMES).to_owned();
            if self.random.one_in(6) {
                name.push_str(&format!("_{}", self.random.below(40)));
            }
            if self.random.one_in(60) {
                name.push_str(&"x".repeat(70));
            }
            if !taken.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                return name;
            }
        }
    }

    fn named(&mut self, sql: String) -> String {
        if !self.random.one_in(4) {
            return sql;
        }
        let name = self.random.of(&["c", "a check", "U", "pk", "c1", "fk 2"]);
        format!("CONSTRAINT{}{}{}{sql}", self.gap(), self.quoted(name), self.gap())
    }

    fn conflict(&mut self) -> String {
        if !self.random.one_in(4) {
            return String::new();
        }
        format!("{}ON CONFLICT{}{}", self.gap(), self.gap(), self.random.of(CONFLICTS))
    }

    fn condition(&mut self, columns: &[String]) -> String {
        let name = columns[self.random.below(columns.len())].clone();
        let column = self.quoted(&name);
        let other = columns[self.random.below(columns.len())].clone();
        let other = self.quoted(&other);
        match self.random.below(9) {
            0 => format!("{column} IS NOT 17"),
            1 => format!("length({column}) <= 500000"),
            2 => format!("{column} <> ')' OR 1"),
            3 => format!("typeof({column}) <> 'nothing'"),
            4 => format!("{column} IS NULL OR {other} IS NOT {column} OR 1"),
            5 => format!("{column} LIKE '%' OR {column} IS NULL"),
            6 => format!("{column} NOT IN ('x', 'it''s') OR 1"),
            7 => format!("CASE WHEN {column} THEN 1 ELSE 1 END"),
            _ => format!("coalesce({column}, 1) NOT BETWEEN 5.5 AND 5.25"),
        }
    }

    fn references(&mut self) -> Option<String> {
        if self.tables.is_empty() {
            return None;
        }
        let place = self.random.below(self.tables.len());
        let mut parent = self.tables[place].name.clone();
        let target = match (self.random.below(3), self.tables[place].key.as_slice()) {
            (0, [key]) => Some(key.clone()),
            (1, _) => {
                let columns = &self.tables[place].columns;
                Some(columns[self.random.below(columns.len())].clone())
            }
            _ => None,
        };
        if self.random.one_in(12) {
            parent = "nowhere".into();
        }
        let mut sql = format!("REFERENCES{}{}", self.gap(), self.quoted(&parent));
        if let Some(target) = target {
            sql.push_str(&format!("({})", self.quoted(&target)));
        }
        for event in ["DELETE", "UPDATE"] {
            if self.random.one_in(3) {
                sql.push_str(&format!(" ON {event} {}", self.random.of(ACTIONS)));
            }
        }
        if self.random.one_in(5) {
            let how = self.random.of(&[
                "DEFERRABLE",
                "DEFERRABLE INITIALLY DEFERRED",
                "NOT DEFERRABLE",
                "MATCH FULL",
            ]);
            sql.push_str(&format!(" {how}"));
        }
        Some(sql)
    }

    /// What a table is called and made by.
    pub fn table(&mut self) -> String {
        let taken: Vec<String> = self.tables.iter().map(|table| table.name.clone()).collect();
        let name = self.fresh(&taken);
        let count = match self.random.below(20) {
            0 => 33 + self.random.below(12),
            _ => 1 + self.random.below(7),
        };
        let mut columns: Vec<String> = Vec::new();
        for _ in 0..count {
            columns.push(self.fresh(&columns));
        }
        let strict = self.random.one_in(8);
        let without_rowid = self.random.one_in(8);
        let key: Vec<String> = match self.random.below(10) {
            0 if !without_rowid => Vec::new(),
            1 | 2 if columns.len() > 1 => vec![columns[1].clone(), columns[0].clone()],
            _ => vec![columns[0].clone()],
        };
        let key_inline = key.len() == 1 && !self.random.one_in(3);
        let mut items = Vec::new();
        for (place, column) in columns.clone().iter().enumerate() {
            let is_key = key_inline && place == 0;
            items.push(self.column(column, place, &columns, is_key, strict, without_rowid));
        }
        if !key_inline && !key.is_empty() {
            let parts: Vec<String> = key.iter().map(|column| self.part(column)).collect();
            let sql = format!("PRIMARY KEY{}({}){}", self.gap(), parts.join(", "), self.conflict());
            items.push(self.named(sql));
        }
        for _ in 0..self.random.below(3) {
            let column = columns[self.random.below(columns.len())].clone();
            let sql = match self.random.below(3) {
                0 => format!("UNIQUE ({}){}", self.part(&column), self.conflict()),
                1 => format!("CHECK{}({})", self.gap(), self.condition(&columns)),
                _ => match self.references() {
                    Some(references) => {
                        format!("FOREIGN KEY ({}){}{references}", self.quoted(&column), self.gap())
                    }
                    None => continue,
                },
            };
            items.push(self.named(sql));
        }
        let mut options = Vec::new();
        options.extend(without_rowid.then_some("WITHOUT ROWID"));
        options.extend(strict.then_some("STRICT"));
        let mut sql = format!("CREATE TABLE {}{}(", self.quoted(&name), self.gap());
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                sql.push(',');
            }
            sql.push_str(self.gap());
            sql.push_str(item);
        }
        sql.push_str(self.gap());
        sql.push_str(&format!("){}{}", self.gap(), options.join(", ")));
        self.tables.push(Known { name, columns, key });
        sql
    }

    fn part(&mut self, column: &str) -> String {
        let mut sql = self.quoted(column);
        if self.random.one_in(4) {
            sql.push_str(&format!(" COLLATE {}", self.random.of(&["NOCASE", "RTRIM", "BINARY"])));
        }
        if self.random.one_in(5) {
            sql.push_str(self.random.of(&[" DESC", " ASC"]));
        }
        sql
    }

    fn column(
        &mut self,
        name: &str,
        place: usize,
        columns: &[String],
        is_key: bool,
        strict: bool,
        without_rowid: bool,
    ) -> String {
        let ty = match (strict, is_key) {
            (true, _) => self.random.of(STRICT_TYPES),
            (_, true) if self.random.one_in(2) => "INTEGER",
            _ => self.random.of(TYPES),
        };
        let mut parts = Vec::new();
        if is_key {
            let more = match self.random.below(6) {
                0 if ty == "INTEGER" && !without_rowid => " AUTOINCREMENT",
                1 => " DESC",
                2 => " ASC",
                _ => "",
            };
            parts.push(format!("PRIMARY{}KEY{more}", self.gap()));
        }
        if self.random.one_in(4) {
            parts.push(format!("NOT{}NULL{}", self.gap(), self.conflict()));
        } else if self.random.one_in(20) {
            parts.push("NULL".into());
        }
        let generated = !is_key && place > 0 && self.random.one_in(10);
        if generated {
            let of = self.quoted(&columns[0]);
            let words = self.random.of(&["GENERATED ALWAYS AS", "AS"]);
            let how = self.random.of(&["", " STORED", " VIRTUAL"]);
            let sql = self.random.of(&["$ || 'x'", "length($)", "$ IS NULL", "coalesce($, ')')"]);
            parts.push(format!("{words} ({}){how}", sql.replace('$', &of)));
        } else if self.random.one_in(3) {
            parts.push(format!("DEFAULT{}{}", self.gap(), self.random.of(DEFAULTS)));
        }
        if self.random.one_in(8) {
            parts.push(format!("UNIQUE{}", self.conflict()));
        }
        if self.random.one_in(8) {
            let condition = self.condition(&[name.to_owned()]);
            parts.push(format!("CHECK ({condition})"));
        }
        if self.random.one_in(7) {
            parts.push(format!("COLLATE {}", self.random.of(&["NOCASE", "rtrim", "\"binary\""])));
        }
        if self.random.one_in(6) {
            parts.extend(self.references());
        }
        // The key stands first, as its own words may follow.
        for place in (2..parts.len()).rev() {
            let other = 1 + self.random.below(place);
            parts.swap(place, other);
        }
        let mut sql = self.quoted(name);
        if !ty.is_empty() {
            sql.push_str(self.gap());
            sql.push_str(ty);
        }
        for part in parts {
            sql.push_str(self.gap());
            sql.push_str(&self.named(part));
        }
        sql
    }

    /// An index, view, trigger or virtual table.
    pub fn object(&mut self, number: usize) -> String {
        let place = self.random.below(self.tables.len());
        let (name, columns) = {
            let table = &self.tables[place];
            (table.name.clone(), table.columns.clone())
        };
        let table = self.quoted(&name);
        let column = columns[self.random.below(columns.len())].clone();
        let column = self.quoted(&column);
        let own = self.random.of(&["ix", "Index of", "v-1"]);
        let own = self.quoted(&format!("{own} {number}"));
        match self.random.below(8) {
            0..4 => {
                let unique = if self.random.one_in(4) { "UNIQUE " } else { "" };
                let mut parts = Vec::new();
                for _ in 0..=self.random.below(3) {
                    let column = columns[self.random.below(columns.len())].clone();
                    parts.push(match self.random.below(5) {
                        0 => format!("lower({})", self.quoted(&column)),
                        1 => format!("({} || 'x') DESC", self.quoted(&column)),
                        _ => self.part(&column),
                    });
                }
                let condition = if self.random.one_in(3) {
                    format!(" WHERE{}{}", self.gap(), self.condition(&columns))
                } else {
                    String::new()
                };
                format!(
                    "CREATE {unique}INDEX {own} ON {table}{}({}){condition}",
                    self.gap(),
                    parts.join(",")
                )
            }
            4 => format!(
                "CREATE VIEW {own} AS SELECT {column}, count(*) AS n FROM {table} GROUP BY 1 -- the end"
            ),
            5 => format!(
                "CREATE TRIGGER {own} AFTER INSERT ON {table} WHEN new.{column} IS NOT NULL BEGIN \
                 SELECT 'a; b' /* ; */; DELETE FROM {table} WHERE 0; END"
            ),
            6 => format!(
                "CREATE TRIGGER {own} BEFORE UPDATE OF {column} ON {table} BEGIN SELECT 1; END"
            ),
            _ => format!("CREATE VIRTUAL TABLE {own} USING fts5(body, tokenize = 'porter ascii')"),
        }
    }

    /// A view of tables and other views, with its name and its columns.
    pub fn view(&mut self, number: usize) -> (String, (String, Vec<String>)) {
        let mut sources: Vec<(String, Vec<String>)> =
            self.tables.iter().map(|table| (table.name.clone(), table.columns.clone())).collect();
        sources.extend(self.views.iter().cloned());
        let (name, columns) = sources[self.random.below(sources.len())].clone();
        let (other, others) = sources[self.random.below(sources.len())].clone();
        let (source, joined) = (self.quoted(&name), self.quoted(&other));
        let pick = |writer: &mut Self, of: &[String]| {
            let name = of[writer.random.below(of.len())].clone();
            (writer.quoted(&name), name)
        };
        let (one, one_name) = pick(self, &columns);
        let (two, two_name) = pick(self, &columns);
        let (third, _) = pick(self, &others);
        let own = self.random.of(NAMES).to_owned();
        let own = if self.random.one_in(2) { own } else { format!("view of {number}") };
        let alias = self.random.of(NAMES).to_owned();
        let shown = self.quoted(&alias);
        let (gap, end) =
            (self.gap(), self.random.of(&["", ";", " -- the end", "\n/* FROM nothing */"]));
        let both = || {
            if one_name == two_name {
                vec![one_name.clone()]
            } else {
                vec![one_name.clone(), two_name.clone()]
            }
        };
        let (list, select, given): (Option<String>, String, Vec<String>) = match self
            .random
            .below(12)
        {
            0 => (None, format!("SELECT * FROM {source}"), columns.clone()),
            1 => (
                None,
                format!("SELECT {one},{gap}{two} FROM {source} WHERE {one} IS NOT NULL"),
                both(),
            ),
            2 => (
                None,
                format!("SELECT {one} AS {shown}, count(*) AS n FROM {source} GROUP BY {one}"),
                vec![alias, "n".into()],
            ),
            3 => (
                Some(format!("({shown},{gap}\"n 1\")")),
                format!("SELECT {one}, {two} FROM {source}"),
                vec![alias, "n 1".into()],
            ),
            4 => (
                None,
                format!(
                    "SELECT t.{one}, j.{third} AS {shown} FROM {source} AS t LEFT JOIN {joined} AS j ON 0"
                ),
                vec![one_name, alias],
            ),
            5 => (
                None,
                format!("WITH q AS (SELECT {one} FROM {source}) SELECT {one} FROM q"),
                vec![one_name],
            ),
            6 => (
                None,
                format!("SELECT {one} FROM {source} UNION ALL{gap}SELECT {third} FROM {joined}"),
                vec![one_name],
            ),
            7 => (
                None,
                format!(
                    "SELECT sum({one}) AS s, cast({two} AS TEXT) AS c, upper({one}) || 'x' AS u, max({two}) AS m FROM {source}"
                ),
                ["s", "c", "u", "m"].map(String::from).to_vec(),
            ),
            8 => (
                None,
                format!(
                    "SELECT {one}, (SELECT {third} FROM {joined} LIMIT 1) AS {shown} FROM {source}"
                ),
                vec![one_name, alias],
            ),
            9 => (
                None,
                format!(
                    "SELECT 1 AS {shown}, 'it''s; -- no' AS t, 1.5 AS r, x'00' AS b, CASE WHEN {one} THEN 1 END AS w FROM {source}, {joined}"
                ),
                [alias.as_str(), "t", "r", "b", "w"].map(String::from).to_vec(),
            ),
            10 => (
                None,
                format!(
                    "SELECT {one} FROM (SELECT {one}, row_number() OVER (ORDER BY {two}) AS place FROM {source}) WHERE place < 5"
                ),
                vec![one_name],
            ),
            _ => (
                None,
                "VALUES (1, 'a'), (2, 'b')".to_owned(),
                vec!["column1".into(), "column2".into()],
            ),
        };
        let quoted = self.quoted(&own);
        let gap = self.gap();
        (
            format!("CREATE VIEW {quoted}{}{gap}AS{gap}{select}{end}", list.unwrap_or_default()),
            (own, given),
        )
    }

    /// A row of values of every form.
    pub fn row(&mut self, place: usize, columns: &[String]) -> String {
        let name = self.tables[place].name.clone();
        let names: Vec<String> =
            columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let values: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(place, _)| {
                // Behind the highest number SQLite makes up random ones.
                let value = self.value();
                if place < 2 && value.starts_with("922337") { "7".into() } else { value }
            })
            .collect();
        format!(
            "INSERT INTO \"{}\" ({}) VALUES ({})",
            name.replace('"', "\"\""),
            names.join(", "),
            values.join(", ")
        )
    }

    fn value(&mut self) -> String {
        match self.random.below(12) {
            0 => "NULL".into(),
            1 => self
                .random
                .of(&[
                    "9007199254740993",
                    "9223372036854775807",
                    "-9223372036854775808",
                    "1704067200",
                ])
                .into(),
            2 => self
                .random
                .of(&["0.1", "1e300", "-0.0", "9e999", "3.141592653589793", "2460310.5", "1.0"])
                .into(),
            3 => self
                .random
                .of(&["'007'", "'1.50'", "' 5'", "'1e3'", "'Ä'", "'aBC'", "'Abc'", "'a  '"])
                .into(),
            4 => self.random.of(&["x''", "x'00'", "x'ff00ff'", "x'61'"]).into(),
            5 => self
                .random
                .of(&["'2024-01-31'", "'2024-01-31 10:20:30'", "'2024-01-31T10:20:30.123Z'", "''"])
                .into(),
            6 => format!("'text {}'", self.random.below(1000)),
            _ => format!("{}", self.random.below(100_000)),
        }
    }
}
