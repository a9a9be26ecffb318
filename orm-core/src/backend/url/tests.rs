use super::*;

fn parts(url: &str) -> Vec<UrlPart> {
    match validate_url(url) {
        Ok(()) => Vec::new(),
        Err(error) => error.problems.into_iter().map(|problem| problem.part).collect(),
    }
}

#[test]
fn names_the_database() {
    for (url, dialect, address) in [
        ("sqlite:blog.db", Dialect::Sqlite, "blog.db"),
        ("sqlite:///var/blog.db", Dialect::Sqlite, "/var/blog.db"),
        ("sqlite::memory:", Dialect::Sqlite, ":memory:"),
        (":memory:", Dialect::Sqlite, ":memory:"),
        ("SQLITE:a b.db", Dialect::Sqlite, "a b.db"),
        ("sqlite:50%.db", Dialect::Sqlite, "50%.db"),
        ("sqlite:blog.db?mode=ro", Dialect::Sqlite, "file:blog.db?mode=ro"),
        ("sqlite:a#b c%25.db?mode=ro", Dialect::Sqlite, "file:a%23b%20c%25.db?mode=ro"),
        ("sqlite:////var/blog.db?mode=ro", Dialect::Sqlite, "file:////var/blog.db?mode=ro"),
        ("file:a%20b.db", Dialect::Sqlite, "a b.db"),
        ("file:///var/blog.db?immutable=1", Dialect::Sqlite, "file:/var/blog.db?immutable=1"),
        ("file://localhost/var/blog.db", Dialect::Sqlite, "/var/blog.db"),
        ("sqlite:file:x", Dialect::Sqlite, "file:file:x?"),
        ("postgres://u@h/d", Dialect::Postgres, "user='u' host='h' dbname='d'"),
        ("postgresql:///d", Dialect::Postgres, "dbname='d'"),
        (
            "POSTGRES://u:p%27%5C%20w@a:1,[::1]/d?ssl=true&options=-c%20x=1",
            Dialect::Postgres,
            r"user='u' password='p\'\\ w' host='a,::1' port='1,' dbname='d' sslmode='require' options='-c x=1'",
        ),
        (
            "postgres://u:p#w?@h/d",
            Dialect::Postgres,
            "user='u' password='p#w?' host='h' dbname='d'",
        ),
    ] {
        let target = Target::parse(url).expect(url);
        assert_eq!((target.dialect, target.address.as_str()), (dialect, address), "{url}");
    }
}

#[test]
fn keeps_its_own_parameter_from_libpq() {
    for (url, address, prepare) in [
        ("postgres://h/d?prepare=never", "host='h' dbname='d'", Some(Prepare::Never)),
        (
            "postgres://h/d?port=1&prepare=always&sslsni=1",
            "host='h' dbname='d' port='1' sslsni='1'",
            Some(Prepare::Always),
        ),
        ("postgres://h/d?prepare=auto", "host='h' dbname='d'", Some(Prepare::Auto)),
        ("postgres://h/d", "host='h' dbname='d'", None),
    ] {
        let target = Target::parse(url).expect(url);
        assert_eq!((target.address.as_str(), target.prepare), (address, prepare), "{url}");
    }
    assert_eq!(parts("postgres://h/d?prepare=maybe"), [UrlPart::Parameters]);
}

#[test]
fn knows_what_is_private() {
    for (url, is_private) in [
        ("sqlite::memory:", true),
        ("sqlite::memory:?cache=shared", false),
        ("sqlite:x?mode=memory", true),
        ("sqlite:x?mode=memory&cache=shared", false),
        ("sqlite:mode=memory.db", false),
        ("sqlite:mode=memory?mode=ro", false),
    ] {
        assert_eq!(Target::parse(url).expect(url).is_private_memory(), is_private, "{url}");
    }
}

#[test]
fn accepts_what_connects() {
    for url in [
        "sqlite:blog.db?mode=ro&cache=private",
        "file:blog.db?immutable=1",
        "postgres:///blog?host=/run/postgresql",
        "postgres://app:p%40ss@db.example.com:5432/blog?sslmode=require&connect_timeout=3",
        "postgresql://app@[::1]:5432/blog",
        "POSTGRES://one:5432,two:5433/blog?target_session_attrs=read-write",
        "postgres://one,two/blog?port=5433",
        "postgres://app@%2Frun%2Fpostgresql/blog",
        "postgres://h?dbname=blog",
        "postgres://app:p w@h/my blog",
        "postgres://app:p:w@h/blog",
        "postgres://app:p%0Aw@h/blog",
    ] {
        assert_eq!(validate_url(url), Ok(()), "{url}");
    }
}

#[test]
fn names_every_problem_at_once() {
    use UrlPart::*;
    for (url, expected) in [
        ("", vec![Scheme]),
        (" ", vec![Scheme]),
        ("blog.db", vec![Scheme]),
        ("mysql://:x@:0/", vec![Scheme, User, Host, Port, Database]),
        ("sqlite:blog.db?mode=ro&cache=private&mode=rw", vec![Parameters]),
        ("postgres:blog", vec![Scheme]),
        ("postgres://app:pw@:99999/", vec![Host, Port, Database]),
        ("postgres://h:x/d?sslmode=on&nonsense=1", vec![Port, Parameters, Parameters]),
        ("postgres://u:p/w@h/d", vec![Port, User]),
        ("postgres://u:p@w@h/d", vec![User]),
        ("postgres://app:p@ssw0rd/x@db.example.com/blog", vec![User]),
        ("postgres://h/d?user=a@b", vec![User]),
        ("postgres://h/d#x", vec![Database]),
        ("postgres://[::1/d", vec![Host]),
        ("postgres://a b/d", vec![Host]),
        ("postgres://u:%zz@h/d", vec![User]),
        ("postgres://u:p\nw@h/d", vec![Database]),
        ("postgres://h/d\n", vec![Database]),
        (" postgres://h/d", vec![Scheme, Scheme]),
        ("postgres://h/d?sslmode=require\n", vec![Parameters, Parameters]),
        ("postgres://h", vec![Database]),
        ("postgres://a,b,c/d?port=1,2", vec![Port]),
        ("postgres://a/d?hostaddr=1.2.3.4,1.2.3.5", vec![Host]),
        ("postgres://a/d?hostaddr=x", vec![Host]),
        ("sqlite:", vec![Database]),
        ("sqlite:a.db\n", vec![Database]),
        ("sqlite:a.db?mode=write&x", vec![Parameters, Parameters]),
        ("sqlite:a.db?mdoe=ro", vec![Parameters]),
        // Only SQLite itself knows its VFSs.
        #[cfg(feature = "sqlite")]
        ("sqlite:a.db?vfs=nowhere", vec![Parameters]),
        ("sqlite:a\0b", vec![Database]),
        ("sqlite:a%00b?mode=ro", vec![Database]),
        ("file://host/a.db", vec![Host]),
        ("file:a#b", vec![Database]),
    ] {
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(parts(url), expected, "{url}");
        let error = Target::parse(url).expect_err(url);
        assert_eq!(error.code(), crate::ErrorCode::ConfigError, "{url}");
    }
}
