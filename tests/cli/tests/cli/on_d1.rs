//! The commands on a D1 database.

use mizzle::prelude::*;
use test_support::{d1, is_d1};

use crate::project::{Project, Run};

/// Tests of what D1 itself does, which run if the tests run on D1.
mod engine {
    use super::*;

    /// A project, and the URL of an empty database.
    struct OnD1 {
        project: Project,
        url: String,
    }

    impl OnD1 {
        fn new() -> Self {
            Self { project: Project::new(), url: d1::fresh_url() }
        }

        fn db(&self, schema: &str, args: &str) -> Run {
            let env = [("D1_API", d1::api()), ("D1_TOKEN", d1::TOKEN)];
            self.project.run(schema, args, &env)
        }

        /// Runs a command with the database's URL.
        fn on(&self, schema: &str, args: &str) -> Run {
            self.db(schema, &format!("{args} --url {}", self.url))
        }

        fn connect(&self) -> Db {
            d1::builder(&self.url).connect().expect("the database")
        }
    }

    fn emails(db: &Db) -> Vec<String> {
        sql!("SELECT email FROM users ORDER BY email").all(db).expect("the users")
    }

    #[test]
    fn migrations_are_applied_looked_at_and_undone() {
        if !is_d1() {
            return;
        }
        let d1 = OnD1::new();
        d1.db("first", "generate --dialect d1").done();
        let pending = d1.on("first", "status").ended(0);
        assert!(pending.contains("0001_create_users"), "{pending}");
        let applied = d1.on("first", "migrate").ended(0);
        assert!(applied.contains("0001_create_users"), "{applied}");
        let db = d1.connect();
        db.execute_sql("INSERT INTO users (email) VALUES ('a@b.c'), ('d@e.f')").expect("two rows");

        d1.db("posts", "generate").done();
        d1.on("posts", "check").ended(0);
        let rehearsed = d1.on("posts", "migrate --dry-run").ended(0);
        assert!(rehearsed.contains("0002_create_posts_alter_users"), "{rehearsed}");
        let names = || -> Vec<String> {
            sql!("SELECT name FROM d1_migrations ORDER BY id").all(&db).expect("the history")
        };
        assert_eq!(names(), ["0001_create_users.sql"]);
        d1.on("posts", "migrate").ended(0);
        // As wrangler writes it.
        assert_eq!(names(), ["0001_create_users.sql", "0002_create_posts_alter_users.sql"]);
        assert_eq!(emails(&db), ["a@b.c", "d@e.f"]);
        let active: i64 =
            sql!("SELECT count(*) FROM users WHERE active").one(&db).expect("the new column");
        assert_eq!(active, 2);
        d1.on("posts", "check").ended(0);
        let status = d1.on("posts", "status").ended(0);
        assert!(!status.contains("pending"), "{status}");
        let nothing = d1.on("posts", "migrate").ended(0);
        assert!(!nothing.contains("0002_"), "{nothing}");

        let refused = d1.on("posts", "rollback").code;
        assert_ne!(refused, 0, "it drops a column with values");
        d1.on("posts", "rollback --force").ended(0);
        assert_eq!(names(), ["0001_create_users.sql"]);
        assert_eq!(emails(&db), ["a@b.c", "d@e.f"]);
        d1.on("first", "push --dry-run").ended(0);
    }

    #[test]
    fn a_database_is_pulled_and_pushed() {
        if !is_d1() {
            return;
        }
        let d1 = OnD1::new();
        d1.on("first", "push").ended(0);
        let db = d1.connect();
        db.execute_sql("INSERT INTO users (email) VALUES ('a@b.c')").expect("a row");
        let pushed = d1.on("posts", "push").ended(0);
        assert!(pushed.contains("posts"), "{pushed}");
        assert_eq!(emails(&db), ["a@b.c"]);
        let again = d1.on("posts", "push --dry-run").ended(0);
        assert!(!again.contains("CREATE"), "{again}");
        let pulled = d1.on("posts", "pull").ended(0);
        assert!(pulled.contains("struct User") && pulled.contains("struct Post"), "{pulled}");
        assert!(!pulled.contains("Cf"), "{pulled}");
    }

    #[test]
    fn mistakes_are_told_without_the_token() {
        if !is_d1() {
            return;
        }
        let d1 = OnD1::new();
        d1.db("first", "generate --dialect d1").done();
        for (token, url) in [("wrong-token", d1.url.as_str()), (d1::TOKEN, "d1://account/unknown")]
        {
            let env = [("D1_API", d1::api()), ("D1_TOKEN", token)];
            let run = d1.project.run("first", &format!("migrate --url {url}"), &env);
            let told = format!("{}{}", run.stdout, run.stderr);
            assert_ne!(run.code, 0, "{told}");
            assert!(!told.contains(token), "{told}");
            assert!(told.contains("D1"), "{told}");
        }
        let env = [("D1_API", d1::api()), ("D1_TOKEN", ""), ("CLOUDFLARE_API_TOKEN", "")];
        let run = d1.project.run("first", &format!("status --url {}", d1.url), &env);
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains("D1_TOKEN") && told.contains("CLOUDFLARE_API_TOKEN"), "{told}");
    }
}
