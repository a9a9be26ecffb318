//! Which requests are answered.

use mizzle::studio::Studio;

use super::*;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// All calls that the page makes.
const CALLS: [&str; 18] = [
    "info", "ping", "tables", "rows", "count", "cell", "download", "related", "preview", "apply",
    "log", "query", "stop", "explain", "schema", "export", "import", "nothing",
];

fn local() -> Served {
    let db = Db::connect("sqlite::memory:").unwrap();
    run(&db, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    Served::new(move |port| Studio::new(db).local_router(port, TOKEN))
}

/// A request of the page, with what a test changes of it.
struct Request<'r> {
    method: &'r str,
    path: &'r str,
    host: Option<&'r str>,
    token: Option<&'r str>,
    content_type: Option<&'r str>,
    more: &'r str,
}

impl Request<'_> {
    fn send(&self, port: u16) -> (u16, String, Vec<u8>) {
        let body = "{}";
        let own = format!("127.0.0.1:{port}");
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n",
            self.method,
            self.path,
            self.host.unwrap_or(&own)
        );
        if let Some(token) = self.token {
            text.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if let Some(content_type) = self.content_type {
            text.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        text.push_str(&self.more.replace("{port}", &port.to_string()));
        text.push_str(&format!(
            "Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        raw(port, &text)
    }
}

const GOOD: Request<'_> = Request {
    method: "POST",
    path: "/api/info",
    host: None,
    token: Some(TOKEN),
    content_type: Some("application/json"),
    more: "",
};

#[test]
fn only_the_token_opens_calls() {
    let served = local();
    assert_eq!(GOOD.send(served.port).0, 200);
    for call in CALLS {
        let path = format!("/api/{call}");
        for token in
            [None, Some(""), Some("x"), Some(&TOKEN[1..]), Some("0123456789ABCDEF0123456789ABCDEF")]
        {
            let (status, head, body) = Request { path: &path, token, ..GOOD }.send(served.port);
            assert_eq!(status, 401, "{call} {token:?}");
            let body = String::from_utf8(body).unwrap();
            assert!(body.contains("UNAUTHORIZED") && !body.contains(TOKEN), "{head}{body}");
        }
        let with_token = format!("/api/{call}?token={TOKEN}");
        assert_eq!(Request { path: &with_token, token: None, ..GOOD }.send(served.port).0, 401);
    }
}

#[test]
fn a_foreign_host_is_refused() {
    let served = local();
    let other = format!("127.0.0.1:{}", served.port.wrapping_add(1));
    let rebound = format!("evil.example:{}", served.port);
    let suffixed = format!("127.0.0.1.evil.example:{}", served.port);
    let user = format!("127.0.0.1:{}@evil.example", served.port);
    for host in [
        "evil.example",
        &other,
        &rebound,
        &suffixed,
        &user,
        "127.0.0.1",
        "localhost",
        "",
        "0.0.0.0:80",
    ] {
        for (method, path) in [("POST", "/api/info"), ("GET", "/"), ("GET", "/assets/main.js")] {
            let (status, ..) = Request { method, path, host: Some(host), ..GOOD }.send(served.port);
            assert!((400..500).contains(&status), "{method} {host:?}: {status}");
        }
    }
    for name in ["localhost", "LocalHost", "[::1]"] {
        let host = format!("{name}:{}", served.port);
        assert_eq!(Request { host: Some(&host), ..GOOD }.send(served.port).0, 200, "{host}");
    }
    let twice = Request { more: "Host: evil.example\r\n", ..GOOD }.send(served.port).0;
    assert!((400..500).contains(&twice), "{twice}");
    let absolute = Request { path: "http://evil.example/api/info", ..GOOD }.send(served.port).0;
    assert!((400..500).contains(&absolute), "{absolute}");
}

#[test]
fn a_foreign_origin_is_refused() {
    let served = local();
    for more in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1\r\n",
        "Origin: http://localhost:{port}\r\n",
        "Origin: http://127.0.0.1:{port}.evil.example\r\n",
        "Origin: http://127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: none\r\n",
    ] {
        assert_eq!(Request { more, ..GOOD }.send(served.port).0, 403, "{more}");
    }
    for more in ["Origin: http://127.0.0.1:{port}\r\n", "Sec-Fetch-Site: same-origin\r\n"] {
        assert_eq!(Request { more, ..GOOD }.send(served.port).0, 200, "{more}");
    }
    // The application that mounts it has its own hosts, and the same rule for origins.
    let db = Db::connect("sqlite::memory:").unwrap();
    let mounted =
        Served::new(move |_| axum::Router::new().nest("/admin/db", mizzle::studio::router(db)));
    let good =
        Request { path: "/admin/db/api/info", host: Some("app.example"), token: None, ..GOOD };
    assert_eq!(good.send(mounted.port).0, 200);
    assert_eq!(
        Request { more: "Origin: https://app.example\r\n", ..good }.send(mounted.port).0,
        200
    );
    let good =
        Request { path: "/admin/db/api/info", host: Some("app.example"), token: None, ..GOOD };
    assert_eq!(
        Request { more: "Origin: https://evil.example\r\n", ..good }.send(mounted.port).0,
        403
    );
}

#[test]
fn calls_are_posts_of_json() {
    let served = local();
    for call in CALLS {
        let path = format!("/api/{call}");
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let (status, ..) = Request { method, path: &path, ..GOOD }.send(served.port);
            assert_eq!(status, 405, "{method} {call}");
        }
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("text/plain; application/json"),
            Some("application/jsonp"),
        ] {
            let (status, ..) = Request { path: &path, content_type, ..GOOD }.send(served.port);
            assert_eq!(status, 415, "{call} {content_type:?}");
        }
    }
}

#[test]
fn all_answers_have_the_headers() {
    let served = local();
    let port = served.port;
    let answers = [
        GOOD.send(port),
        Request { token: None, ..GOOD }.send(port),
        Request { host: Some("evil.example"), ..GOOD }.send(port),
        Request { method: "GET", path: "/", ..GOOD }.send(port),
        Request { method: "GET", path: "/assets/nothing.js", ..GOOD }.send(port),
        Request { method: "GET", path: "/nothing", ..GOOD }.send(port),
        Request { path: "/api/nothing", ..GOOD }.send(port),
    ];
    for (status, head, _) in answers {
        for line in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: \
             blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "cache-control: no-store",
            "cross-origin-opener-policy: same-origin",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(line), "{status}: {line} is missing in {head}");
        }
        assert!(!head.contains("access-control-allow"), "{head}");
    }
    let framed = Request { method: "GET", path: "/", more: "Sec-Fetch-Dest: iframe\r\n", ..GOOD };
    assert_eq!(framed.send(port).0, 403);
}

#[test]
fn files_stay_in_their_folder() {
    let served = local();
    for path in [
        "/assets/../calls.rs",
        "/assets/..%2f..%2fmod.rs",
        "/assets/%2e%2e/mod.rs",
        "/assets/%2fetc%2fpasswd",
        "/assets/..",
        "/assets/.git",
        "/assets/",
        "/assets/index.html%00.js",
    ] {
        let (status, ..) = Request { method: "GET", path, ..GOOD }.send(served.port);
        assert_eq!(status, 404, "{path}");
    }
}

#[test]
fn what_is_no_request_is_an_error() {
    let client = Client::new(&Db::connect("sqlite::memory:").unwrap());
    for (name, body) in [
        ("rows", json!({})),
        ("rows", json!([])),
        ("rows", json!({ "table": 5 })),
        ("query", json!({ "sql": 5 })),
        ("apply", json!({ "edits": [{ "kind": "drop" }] })),
        ("export", json!({ "format": "exe" })),
        ("export", json!({ "format": "csv" })),
        ("download", json!({})),
        ("import", json!({ "table": { "name": "t" } })),
    ] {
        let error = client.fail(name, &body, 400);
        assert_eq!(error["code"], "REQUEST_ERROR", "{name} {body}");
    }
    let error = client.fail("rows", &json!({ "table": { "name": "t" } }), 404);
    assert_eq!(error["code"], "NOT_FOUND");
    client.fail("nothing", &json!({}), 404);
}

#[test]
fn a_nested_page_has_a_slash() {
    let db = Db::connect("sqlite::memory:").unwrap();
    let mounted =
        Served::new(move |_| axum::Router::new().nest("/admin/db", mizzle::studio::router(db)));
    let get = |path| Request { method: "GET", path, token: None, ..GOOD }.send(mounted.port);
    let (status, head, _) = get("/admin/db");
    assert_eq!(status, 308, "{head}");
    assert!(head.contains("\r\nlocation: db/"), "{head}");
    let (status, _, body) = get("/admin/db/");
    // Without its files, as while only the server is worked on, there is no page.
    if status == 200 {
        let page = String::from_utf8(body).unwrap();
        assert!(page.contains(r#"name="mizzle-studio" content="mounted""#), "{page}");
    }
}
