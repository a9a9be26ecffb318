//! Random statements of PostgreSQL's, made from its grammar and not from structs. Some fail, which is no matter: a schema is
//! what those make that don't.

/// Numbers that follow from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    fn maybe(&mut self, times: usize, text: &str) -> String {
        if self.once_in(times) { text.to_owned() } else { String::new() }
    }
}

const TABLES: &[&str] = &[
    "users",
    "Users",
    "order",
    "t",
    "a b",
    "user_changes",
    "new_user",
    "type",
    "it's",
    "ünicode",
    "x1",
    "1x",
    "Self",
    "posts",
    "post",
    "schema",
    "str",
    "Vec",
    "sqlite_x",
    "a\"b",
    "very_long_name_for_a_table_that_goes_on_until_nothing_more_fits_",
    "i64",
    "columns",
    "dsl",
    "q",
    "query",
    "news",
    "series",
    "status",
    "statuses",
];

const COLUMNS: &[&str] = &[
    "id",
    "ID",
    "Id",
    "name",
    "Name",
    "q",
    "bool",
    "str",
    "self",
    "Self",
    "type",
    "table",
    "a b",
    "a_b",
    "a-b",
    "select",
    "é",
    "É",
    "1",
    "%",
    "user_id",
    "userId",
    "parent",
    "parent_id",
    "t",
    "build",
    "default",
    "x\"y",
    "star",
    "count",
    "value",
    "key",
    "new",
    "fn",
    "u8",
    "String",
    "version",
    "created_at",
    "author",
    "author_id",
    "long_name_for_a_column_that_goes_on_until_nothing_more_fits_at_a",
    "async",
    "row",
    "order",
    "columns",
    "diesel",
    "into",
    "as",
    "_",
    "__",
    "r#x",
    "Ö_1",
    "日",
    "index",
    "unique",
    "references",
    "name2",
];

/// A type, and defaults and values of it.
const TYPES: &[(&str, &[&str])] = &[
    ("int", &["0", "-5", "'7'", "1 + 1", "2147483647", "nextval('numbers')"]),
    ("bigint", &["0", "-9223372036854775808", "'7'::bigint", "nextval('numbers'::regclass)"]),
    ("smallint", &["1", "-1", "'3'"]),
    ("boolean", &["true", "'no'", "NULL", "1 = 1"]),
    ("real", &["0.1", "1e30", "'NaN'", "5", "-.5"]),
    ("double precision", &["1e300", "'-Infinity'", "0.1", "pi()", ".5", "1e-300"]),
    ("numeric", &["0", "1.50", "1e20", "'NaN'", "12345678901234567890.123456789", "-0.0"]),
    ("numeric(10,2)", &["1", "0.005", "99.999"]),
    ("numeric(5)", &["1", "2.5"]),
    ("decimal(4,4)", &["0.1234"]),
    (
        "text",
        &[
            "'x'",
            "''",
            "'it''s'",
            "'null'",
            "'a\\b'",
            "E'\\n'",
            "upper('a')",
            "current_user",
            "NULL",
            "'now'",
            "'1'",
        ],
    ),
    ("varchar", &["'x'", "'it''s'", "'a' || 'b'"]),
    ("varchar(5)", &["'x'", "'12345'", "left('abcdefg', 5)"]),
    ("char(3)", &["'x'", "'abc'", "''"]),
    ("char", &["'y'", "NULL"]),
    ("text COLLATE \"C\"", &["'x'"]),
    ("varchar(9) COLLATE plain", &["'x'"]),
    ("bytea", &["'hi'", "'\\x00ff'", "''", "decode('00', 'hex')"]),
    (
        "date",
        &[
            "'2024-02-29'",
            "CURRENT_DATE",
            "now()",
            "'infinity'",
            "(now() AT TIME ZONE 'utc')::date",
        ],
    ),
    ("time", &["'08:30'", "LOCALTIME", "'23:59:59.999999'"]),
    ("time(2)", &["'08:30:00.125'"]),
    (
        "timestamp",
        &[
            "'2024-02-29 08:30'",
            "now()",
            "LOCALTIMESTAMP",
            "'-infinity'",
            "(now() AT TIME ZONE 'utc')",
        ],
    ),
    ("timestamp(0)", &["'2024-02-29 08:30:00.6'", "LOCALTIMESTAMP(0)"]),
    (
        "timestamptz",
        &[
            "'2024-02-29 08:30+02'",
            "now()",
            "CURRENT_TIMESTAMP",
            "clock_timestamp()",
            "now() + '1 day'",
        ],
    ),
    ("timestamptz(3)", &["now()", "'2024-02-29 08:30:00.1239+00'"]),
    ("uuid", &["'6BA7B810-9dad-11d1-80b4-00c04fd430c8'", "gen_random_uuid()"]),
    ("json", &["'{}'", "'{\"a\":  1}'", "'null'"]),
    ("jsonb", &["'{\"a\":  1}'", "'[]'", "'\"x\"'", "'1.0'"]),
    ("mood", &["'ok'", "'sad'::mood", "NULL"]),
    ("\"Odd Mood\"", &["'A'", "'it''s'"]),
    ("empty_label", &["''", "'a'"]),
    ("even", &["4"]),
    ("mail", &["'a@b'"]),
    ("mood_of_day", &["'ok'"]),
    ("other.far", &["'a'"]),
    ("other.distance", &["5"]),
    ("text[]", &["'{}'", "ARRAY['a']"]),
    ("int[]", &["'{1}'"]),
    ("int4range", &["'[1,3)'"]),
    ("interval", &["'1 day'"]),
    ("inet", &["'::1'"]),
    ("point", &["'(1,2)'"]),
    ("tsvector", &["''"]),
    ("money", &["1"]),
    ("pair", &["NULL"]),
    ("bit(3)", &["B'101'"]),
    ("xml", &["'<a/>'"]),
    ("citext", &["'x'"]),
    ("name", &["'x'"]),
    ("oid", &["1"]),
];

const PRELUDE: &[&str] = &[
    "CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE COLLATION plain (provider = libc, locale = 'C')",
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE TYPE \"Odd Mood\" AS ENUM ('A', 'a', 'it''s', 'Self', '1')",
    "CREATE TYPE empty_label AS ENUM ('a', '')",
    "CREATE TYPE pair AS (x int, y text)",
    "CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0)",
    "CREATE DOMAIN mail AS varchar(80) CHECK (VALUE LIKE '%@%')",
    "CREATE DOMAIN mood_of_day AS mood",
    "CREATE SEQUENCE numbers START 5 INCREMENT 3",
    "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2;'",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
];

struct Column {
    name: String,
    ty: &'static str,
    defaults: &'static [&'static str],
}

struct Table {
    name: String,
    columns: Vec<Column>,
    key: Vec<usize>,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The statements of a schema and of its rows.
pub fn statements(random: &mut Random, may_be_wide: bool) -> Vec<String> {
    let mut all: Vec<String> = PRELUDE.iter().map(|sql| (*sql).to_owned()).collect();
    let mut tables: Vec<Table> = Vec::new();
    for _ in 0..2 + random.below(4) {
        table(random, may_be_wide, &mut tables, &mut all);
    }
    for table in &tables {
        rows(random, table, &mut all);
    }
    for _ in 0..tables.len() * 3 {
        let place = random.below(tables.len());
        more(random, &tables, place, &mut all);
    }
    let mut views: Vec<(String, Vec<String>)> = Vec::new();
    for number in 0..random.below(6) {
        view(random, &tables, &mut views, number, &mut all);
    }
    all
}

/// A view of tables and of other views, which may be stored, with an index.
fn view(
    random: &mut Random,
    tables: &[Table],
    views: &mut Vec<(String, Vec<String>)>,
    number: usize,
    all: &mut Vec<String>,
) {
    let columns = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect();
    let mut sources: Vec<(String, Vec<String>)> =
        tables.iter().map(|table| (table.name.clone(), columns(table))).collect();
    sources.extend(views.iter().cloned());
    let (name, columns) = sources[random.below(sources.len())].clone();
    let (other, others) = sources[random.below(sources.len())].clone();
    let (source, joined) = (quoted(&name), quoted(&other));
    let (one, two) = (&columns[random.below(columns.len())], &columns[random.below(columns.len())]);
    let third = quoted(&others[random.below(others.len())]);
    let names = || if one == two { vec![one.clone()] } else { vec![one.clone(), two.clone()] };
    let list = names().iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let alias = random.pick(COLUMNS).to_owned();
    let (a, b, shown) = (quoted(one), quoted(two), quoted(&alias));
    let (select, given) = match random.below(11) {
        0 => (format!("SELECT * FROM {source}"), columns.clone()),
        1 => (format!("SELECT {list} FROM {source} WHERE {a} IS NOT NULL OR {b} IS NULL"), names()),
        2 => (
            format!("SELECT {a} AS {shown}, count(*) AS \"n 1\" FROM {source} GROUP BY {a}"),
            vec![alias, "n 1".into()],
        ),
        3 => (
            format!(
                "SELECT l.{a} AS one, r.{third} AS {shown} FROM {source} AS l LEFT JOIN {joined} AS r ON l.{a}::text = r.{third}::text"
            ),
            vec!["one".into(), alias],
        ),
        4 => (format!("WITH q AS (SELECT {a} FROM {source}) SELECT {a} FROM q"), vec![one.clone()]),
        5 => (
            format!("SELECT {a} FROM {source} UNION ALL SELECT {a} FROM {source}"),
            vec![one.clone()],
        ),
        6 => (
            format!(
                "SELECT max({a}::text) AS m, substring({b}::text FROM 2) AS {shown}, 'it''s; -- no' AS t, 1.5 AS r FROM {source} GROUP BY {b}"
            ),
            vec!["m".into(), alias, "t".into(), "r".into()],
        ),
        7 => (
            format!(
                "SELECT {a}, (SELECT {third} FROM {joined} LIMIT 1) AS \"Sub\" FROM {source} ORDER BY 1"
            ),
            vec![one.clone(), "Sub".into()],
        ),
        8 => (
            format!(
                "SELECT x.{a} FROM {source} AS x, LATERAL (SELECT x.{a} IS NULL AS {shown}) AS y, generate_series(1, 2) AS z"
            ),
            vec![one.clone()],
        ),
        9 => ("SELECT id AS far FROM other.elsewhere".to_owned(), vec!["far".into()]),
        _ => (
            "SELECT current_setting('server_version') AS v, relname FROM pg_class".to_owned(),
            vec!["v".into(), "relname".into()],
        ),
    };
    let own =
        if random.once_in(3) { random.pick(TABLES).to_owned() } else { format!("View {number}") };
    let is_stored = random.once_in(3);
    let kind = if is_stored { "MATERIALIZED VIEW" } else { "VIEW" };
    all.push(format!("CREATE {kind} {} AS {select}", quoted(&own)));
    if is_stored {
        let column = quoted(&given[random.below(given.len())]);
        let part = random.pick(&[
            "{c}",
            "{c} DESC",
            "lower({c}::text)",
            "{c} DESC NULLS LAST",
            "({c} IS NULL), {c}",
        ]);
        let rest = random.pick(&["", "", " WHERE {c} IS NOT NULL", " INCLUDE ({c})"]);
        let unique = random.maybe(8, "UNIQUE ");
        let sql = format!(
            "CREATE {unique}INDEX {} ON {} ({part}){rest}",
            random.maybe(2, "\"an index\""),
            quoted(&own)
        );
        all.push(sql.replace("{c}", &column));
    }
    views.push((own, given));
}

fn distinct(random: &mut Random, from: &[&str], taken: impl Fn(&str) -> bool) -> String {
    loop {
        let name = random.pick(from);
        if !taken(name) {
            return name.to_owned();
        }
    }
}

fn table(random: &mut Random, may_be_wide: bool, tables: &mut Vec<Table>, all: &mut Vec<String>) {
    let name = distinct(random, TABLES, |name| tables.iter().any(|table| table.name == name));
    let mut table = Table { name, columns: Vec::new(), key: Vec::new() };
    let mut lines = Vec::new();
    let is_wide = may_be_wide && random.once_in(12);
    for number in 0..if is_wide { 33 + random.below(8) } else { 1 + random.below(9) } {
        let taken = |name: &str| table.columns.iter().any(|column| column.name == name);
        let column = match is_wide {
            true => format!("c{number}"),
            false => distinct(random, COLUMNS, taken),
        };
        let (ty, defaults) = TYPES[random.below(TYPES.len())];
        table.columns.push(Column { name: column, ty, defaults });
        let line = column_line(random, tables, &table);
        lines.push(line);
    }
    let all_columns: Vec<usize> = (0..table.columns.len()).collect();
    if !random.once_in(10) {
        let count = 1 + usize::from(random.once_in(4));
        for _ in 0..count {
            let place = all_columns[random.below(all_columns.len())];
            if !table.key.contains(&place) {
                table.key.push(place);
            }
        }
        let name = random.maybe(5, "CONSTRAINT \"a key of\" ");
        lines.push(format!("{name}PRIMARY KEY ({})", list(&table, &table.key)));
    }
    let persistence = random.maybe(10, "UNLOGGED ");
    let options = random.maybe(10, " WITH (fillfactor = 80)");
    let create = format!(
        "CREATE {persistence}TABLE {} ({}){options}",
        quoted(&table.name),
        lines.join(", ")
    );
    all.push(create);
    if random.once_in(12) {
        all.push(format!("CREATE TABLE child () INHERITS ({})", quoted(&table.name)));
    }
    tables.push(table);
}

fn column_line(random: &mut Random, tables: &[Table], table: &Table) -> String {
    let column = table.columns.last().expect("a column");
    let name = quoted(&column.name);
    if random.once_in(12) {
        let counted = random.pick(&[
            "serial",
            "bigserial",
            "smallserial",
            "int GENERATED ALWAYS AS IDENTITY",
            "bigint GENERATED BY DEFAULT AS IDENTITY",
            "int GENERATED BY DEFAULT AS IDENTITY (START WITH 1000 INCREMENT BY 10)",
            "int GENERATED ALWAYS AS IDENTITY (CYCLE MAXVALUE 9)",
        ]);
        return format!("{name} {counted}{}", random.maybe(3, " UNIQUE"));
    }
    if random.once_in(14) {
        let from = quoted(&table.columns[random.below(table.columns.len())].name);
        let sql = random.pick(&[
            "{} || 'x'",
            "{} * 2",
            "lower({})",
            "twice({})",
            "length({}::text)",
            "{} IS NULL",
        ]);
        return format!(
            "{name} {} GENERATED ALWAYS AS ({}) STORED",
            column.ty,
            sql.replace("{}", &from)
        );
    }
    let mut line = format!("{name} {}", column.ty);
    line += &random.maybe(3, " NOT NULL");
    if random.once_in(3) {
        line += &format!(" DEFAULT {}", random.pick(column.defaults));
    }
    line += &random.maybe(9, " UNIQUE");
    if random.once_in(9) {
        let check = random.pick(&[
            "{} IS NOT NULL",
            "{} > {}",
            "length({}::text) < 100",
            "{} IN ('a', 'b')",
            "{}::text <> ''",
            "{} % 2 < 5",
        ]);
        line += &format!(" CHECK ({})", check.replace("{}", &name));
    }
    if let (true, Some(parent)) = (random.once_in(6), tables.last()) {
        let mut reference = format!(" REFERENCES {}", quoted(&parent.name));
        reference += random.pick(&[
            "",
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL ON UPDATE CASCADE",
            " ON DELETE RESTRICT",
        ]);
        reference += random.pick(&["", "", "", " DEFERRABLE INITIALLY DEFERRED", " MATCH FULL"]);
        // It has the type of what it refers to, more often than by chance.
        if let [key] = parent.key.as_slice() {
            line = format!("{name} {}", parent.columns[*key].ty);
        }
        line += &reference;
    }
    line
}

fn list(table: &Table, columns: &[usize]) -> String {
    let names: Vec<String> =
        columns.iter().map(|place| quoted(&table.columns[*place].name)).collect();
    names.join(", ")
}

fn rows(random: &mut Random, table: &Table, all: &mut Vec<String>) {
    let name = quoted(&table.name);
    all.push(format!("INSERT INTO {name} DEFAULT VALUES"));
    for _ in 0..3 {
        let values: Vec<&str> = table
            .columns
            .iter()
            .map(|column| match random.below(4) {
                0 => "DEFAULT",
                1 => "NULL",
                _ => random.pick(column.defaults),
            })
            .collect();
        all.push(format!("INSERT INTO {name} VALUES ({})", values.join(", ")));
    }
}

/// An index, a constraint, or what stands on a table.
fn more(random: &mut Random, tables: &[Table], place: usize, all: &mut Vec<String>) {
    let table = &tables[place];
    let name = quoted(&table.name);
    let pick = |random: &mut Random| quoted(&table.columns[random.below(table.columns.len())].name);
    let (one, other) = (pick(random), pick(random));
    let statement = match random.below(24) {
        0..=4 => {
            let part = random.pick(&[
                "{a}",
                "{a} DESC",
                "{a}, {b}",
                "{a} DESC NULLS LAST, {b} NULLS FIRST",
                "lower({a}::text)",
                "({a} IS NULL) DESC, {b}",
                "{a} text_pattern_ops",
                "{a} COLLATE \"C\"",
                "{a}, {a}",
                "twice({a})",
                "({a} || 'x'), {b} DESC",
            ]);
            let part = part.replace("{a}", &one).replace("{b}", &other);
            let rest = random.pick(&[
                "",
                "",
                "",
                " INCLUDE ({b})",
                " NULLS NOT DISTINCT",
                " WITH (fillfactor = 60)",
            ]);
            let condition = random.pick(&[
                "",
                "",
                "",
                " WHERE {a} IS NOT NULL",
                " WHERE {b}::text <> 'it''s'",
                " WHERE {a} > {b}",
            ]);
            let rest = format!("{rest}{condition}").replace("{a}", &one).replace("{b}", &other);
            let unique = random.maybe(4, "UNIQUE ");
            let named = random
                .pick(&["", "", "\"an index of {}\" "])
                .replace("{}", &table.name.replace('"', ""));
            format!("CREATE {unique}INDEX {named}ON {name} ({part}){rest}")
        }
        5 => format!(
            "CREATE INDEX ON {name} USING {} ({one})",
            random.pick(&["hash", "gin", "brin", "gist"])
        ),
        6 => format!("ALTER TABLE {name} ADD UNIQUE ({one}, {other})"),
        7 => format!(
            "ALTER TABLE {name} ADD UNIQUE ({one}) {}",
            random.pick(&["", "DEFERRABLE", "INCLUDE ({b})"]).replace("{b}", &other)
        ),
        8 => format!("ALTER TABLE {name} ADD UNIQUE NULLS NOT DISTINCT ({one})"),
        9 => format!(
            "ALTER TABLE {name} ADD CONSTRAINT \"odd 'check'\" CHECK ({one} IS NOT NULL OR {other} IS NULL) NOT VALID"
        ),
        10 => {
            format!("ALTER TABLE {name} ADD CHECK ({one}::text <> {other}::text || 'x') NO INHERIT")
        }
        11 => format!("ALTER TABLE {name} ADD EXCLUDE USING btree ({one} WITH =)"),
        12 | 13 => {
            let parent = &tables[random.below(tables.len())];
            let own: Vec<String> = parent.key.iter().map(|_| pick(random)).collect();
            let actions = random.pick(&[
                "",
                " ON DELETE CASCADE",
                " ON DELETE SET NULL ({a})",
                " ON UPDATE SET DEFAULT",
                " NOT VALID",
                " DEFERRABLE",
            ]);
            let actions = actions.replace("{a}", own.first().unwrap_or(&one));
            format!(
                "ALTER TABLE {name} ADD FOREIGN KEY ({}) REFERENCES {}{actions}",
                own.join(", "),
                quoted(&parent.name)
            )
        }
        14 => format!(
            "CREATE VIEW {} AS SELECT {one} FROM {name}",
            quoted(&format!("view of {}", table.name.replace('"', "")))
        ),
        15 => format!(
            "CREATE MATERIALIZED VIEW mat AS SELECT count(*) AS n FROM {name} WHERE {one} IS NULL"
        ),
        16 => format!(
            "CREATE TRIGGER touch BEFORE UPDATE OF {one} ON {name} FOR EACH ROW EXECUTE FUNCTION touch()"
        ),
        17 => format!("COMMENT ON COLUMN {name}.{one} IS 'a; comment'"),
        18 => format!("ALTER TABLE {name} RENAME COLUMN {one} TO renamed"),
        19 => format!("CREATE RULE nothing AS ON DELETE TO {name} DO ALSO NOTHING"),
        21 => {
            let ending = random.pick(&["", "(mcv) ", "(ndistinct, dependencies) "]);
            format!(
                "CREATE STATISTICS \"of {}\" {ending}ON {one}, {other} FROM {name}",
                table.name.replace('"', "")
            )
        }
        22 => format!(
            "CREATE SEQUENCE \"owned by {}\" OWNED BY {name}.{one}",
            table.name.replace('"', "")
        ),
        20 => format!("CREATE POLICY own ON {name} USING ({one} IS NOT NULL)"),
        _ => format!("ALTER TABLE {name} DROP COLUMN {one}"),
    };
    all.push(statement);
}
