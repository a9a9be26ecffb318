//! The project's structs, as they change.

/// The beginning.
pub(crate) mod first {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nick: Option<String>,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// A table more, and a column.
pub(crate) mod posts {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nick: Option<String>,
        #[column(default = true)]
        pub(crate) active: bool,
    }

    #[derive(Table, Debug, Clone)]
    #[table(index(author_id, created_at.desc()), check(title_not_empty = "length(title) > 0"))]
    pub(crate) struct Post {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(references(User, on_delete = cascade))]
        pub(crate) author_id: i64,
        pub(crate) title: String,
        #[column(default = now)]
        pub(crate) created_at: DateTime<Utc>,
    }

    mizzle::schema!(pub(crate) Blog = [User, Post]);
}

/// `first` with a renamed column, which nothing declares.
pub(crate) mod renamed {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nickname: Option<String>,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// The same, declared by the struct.
pub(crate) mod declared {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        #[column(renamed_from = "nick")]
        pub(crate) nickname: Option<String>,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// `first` without a column.
pub(crate) mod without_nick {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// `posts` without its second table.
pub(crate) mod without_posts {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nick: Option<String>,
        #[column(default = true)]
        pub(crate) active: bool,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// `first` with a column that allows less.
pub(crate) mod unique_nick {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        #[column(unique)]
        pub(crate) nick: Option<String>,
    }

    mizzle::schema!(pub(crate) Blog = [User]);
}

/// `posts` and `unique_nick` together.
pub(crate) mod merged {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        #[column(unique)]
        pub(crate) nick: Option<String>,
        #[column(default = true)]
        pub(crate) active: bool,
    }

    #[derive(Table, Debug, Clone)]
    #[table(index(author_id, created_at.desc()), check(title_not_empty = "length(title) > 0"))]
    pub(crate) struct Post {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(references(User, on_delete = cascade))]
        pub(crate) author_id: i64,
        pub(crate) title: String,
        #[column(default = now)]
        pub(crate) created_at: DateTime<Utc>,
    }

    mizzle::schema!(pub(crate) Blog = [User, Post]);
}

/// Enums, of text and native.
pub(crate) mod labels {
    use mizzle::prelude::*;

    #[derive(Enum, Debug, Clone, Copy)]
    pub(crate) enum Status {
        Draft,
        Live,
    }

    #[derive(Enum, Debug, Clone, Copy)]
    #[db(native = "mood")]
    pub(crate) enum Mood {
        Draft,
        Live,
    }

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Post {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(default = "draft")]
        pub(crate) status: Status,
        pub(crate) mood: Option<Mood>,
    }

    mizzle::schema!(pub(crate) Blog = [Post]);
}

/// `labels`, one of which has another name.
pub(crate) mod relabelled {
    use mizzle::prelude::*;

    #[derive(Enum, Debug, Clone, Copy)]
    pub(crate) enum Status {
        #[db(name = "sketch", renamed_from = "draft")]
        Draft,
        Live,
    }

    #[derive(Enum, Debug, Clone, Copy)]
    #[db(native = "mood")]
    pub(crate) enum Mood {
        #[db(name = "sketch", renamed_from = "draft")]
        Draft,
        Live,
    }

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Post {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(default = Status::Draft)]
        pub(crate) status: Status,
        pub(crate) mood: Option<Mood>,
    }

    mizzle::schema!(pub(crate) Blog = [Post]);
}

/// `labels` that have changed places.
pub(crate) mod swapped {
    use mizzle::prelude::*;

    #[derive(Enum, Debug, Clone, Copy)]
    pub(crate) enum Status {
        #[db(name = "live", renamed_from = "draft")]
        Draft,
        #[db(name = "draft", renamed_from = "live")]
        Live,
    }

    #[derive(Enum, Debug, Clone, Copy)]
    #[db(native = "mood")]
    pub(crate) enum Mood {
        #[db(name = "live", renamed_from = "draft")]
        Draft,
        #[db(name = "draft", renamed_from = "live")]
        Live,
    }

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Post {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(default = Status::Draft)]
        pub(crate) status: Status,
        pub(crate) mood: Option<Mood>,
    }

    mizzle::schema!(pub(crate) Blog = [Post]);
}

/// Expressions that call a function which a database may not have.
pub(crate) mod expressions {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Plain {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) name: String,
        pub(crate) lacking: Option<String>,
    }

    #[derive(Table, Debug, Clone)]
    #[table(check(odd_number = "is_odd(number)", odd_sum = "number > 0"))]
    pub(crate) struct Odd {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) number: i64,
        #[column(references(Plain))]
        pub(crate) plain_id: i64,
        pub(crate) absent: Option<String>,
    }

    mizzle::schema!(pub(crate) All = [Plain, Odd]);
}

/// `first` with views.
pub(crate) mod views {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nick: Option<String>,
    }

    #[derive(View, Debug, Clone)]
    #[view(
        sqlite = "SELECT count(*) AS users, nick FROM named GROUP BY 2 -- by nick",
        postgres = "SELECT count(*) AS users, nick FROM named GROUP BY 2 -- by nick"
    )]
    pub(crate) struct Nick {
        pub(crate) nick: Option<String>,
        pub(crate) users: i64,
    }

    #[derive(View, Debug, Clone)]
    #[view(name = "named", sql = "SELECT * FROM users WHERE nick IS NOT NULL AND nick <> ''")]
    pub(crate) struct Named {
        #[column(primary_key)]
        pub(crate) id: i64,
        pub(crate) nick: String,
    }

    mizzle::schema!(pub(crate) Blog = [Nick, Named, User]);
}

/// `views` with another type, another column and other SQL.
pub(crate) mod other_views {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        #[column(max_length = 40)]
        pub(crate) nick: Option<String>,
        pub(crate) age: Option<i32>,
    }

    #[derive(View, Debug, Clone)]
    #[view(name = "named", sql = "SELECT * FROM users WHERE nick IS NOT NULL AND nick <> ''")]
    pub(crate) struct Named {
        #[column(primary_key)]
        pub(crate) id: i64,
        pub(crate) nick: String,
        pub(crate) age: Option<i32>,
    }

    mizzle::schema!(pub(crate) Blog = [Named, User]);
}

/// `first` with a view that doesn't fit its struct.
pub(crate) mod unfit_view {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct User {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(unique)]
        pub(crate) email: String,
        pub(crate) nick: Option<String>,
    }

    #[derive(View, Debug, Clone)]
    #[view(name = "named", sql = "SELECT id, email, nick FROM users")]
    pub(crate) struct Named {
        pub(crate) id: i32,
        pub(crate) email: bool,
        pub(crate) nick: String,
        pub(crate) age: i32,
    }

    mizzle::schema!(pub(crate) Blog = [Named, User]);
}

/// Two columns and two tables that will change places.
pub(crate) mod before_swap {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Fan {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) home: String,
        pub(crate) away: String,
    }

    #[derive(Table, Debug, Clone)]
    pub(crate) struct Guest {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) seat: i32,
    }

    mizzle::schema!(pub(crate) Ground = [Fan, Guest]);
}

/// `before_swap` with the names of its columns and of its tables swapped.
pub(crate) mod after_swap {
    use mizzle::prelude::*;

    #[derive(Table, Debug, Clone)]
    #[table(renamed_from = "guests")]
    pub(crate) struct Fan {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        pub(crate) seat: i32,
    }

    #[derive(Table, Debug, Clone)]
    #[table(renamed_from = "fans")]
    pub(crate) struct Guest {
        #[column(primary_key, auto)]
        pub(crate) id: i64,
        #[column(renamed_from = "away")]
        pub(crate) home: String,
        #[column(renamed_from = "home")]
        pub(crate) away: String,
    }

    mizzle::schema!(pub(crate) Ground = [Fan, Guest]);
}
