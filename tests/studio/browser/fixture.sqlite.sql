-- The database of the browser's tests on SQLite: related tables, many rows, wide rows, odd names and odd values.

CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT UNIQUE,
  is_active BOOLEAN NOT NULL DEFAULT 1,
  balance NUMERIC_TEXT,
  notes TEXT,
  profile JSON,
  photo BLOB,
  joined_at TIMESTAMPTZ
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  status TEXT NOT NULL DEFAULT 'open',
  total REAL NOT NULL,
  placed_on DATE
);
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE TABLE tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE);
CREATE TABLE order_tags (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  tag_id INTEGER NOT NULL REFERENCES tags (id),
  PRIMARY KEY (order_id, tag_id)
) WITHOUT ROWID;
CREATE VIEW open_orders AS SELECT id, customer_id, total FROM orders WHERE status = 'open';

INSERT INTO customers (id, name, email, is_active, balance, notes, profile, photo, joined_at) VALUES
  (1, 'Ada Lovelace', 'ada@example.com', 1, '1234.50', NULL, '{"languages": ["en", "fr"], "big": 12345678901234567890, "address": {"city": "London", "zip": null}}', x'89504e470d0a1a0a', '2024-02-29 23:30:00.000001+00:00'),
  (2, 'Blaise Pascal', NULL, 0, '0.00', '', '[]', NULL, '2024-07-01 12:00:00+00:00'),
  (3, 'Carl Friedrich Gauß', 'gauss@example.com', 1, NULL, 'one' || char(10) || 'two', NULL, zeroblob(100000), NULL);
INSERT INTO customers (id, name, email, balance)
  WITH RECURSIVE n (i) AS (VALUES (4) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  SELECT i, 'Customer ' || i, 'c' || i || '@example.com', i || '.25' FROM n;
INSERT INTO orders (id, customer_id, status, total, placed_on)
  WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  SELECT i, 1 + (i * 7) % 60, CASE i % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'paid' ELSE 'sent' END, i * 1.25, date('2024-01-01', '+' || i || ' days') FROM n;
INSERT INTO tags VALUES (1, 'urgent'), (2, 'gift'), (3, 'never used');
INSERT INTO order_tags SELECT id, 1 FROM orders WHERE id % 5 = 0;
INSERT INTO order_tags SELECT id, 2 FROM orders WHERE id % 10 = 0;

CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, amount INTEGER);
INSERT INTO events
  WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
  SELECT i, CASE WHEN i % 4 = 0 THEN NULL ELSE 'kind ' || (i % 3) END, i % 50 FROM n;

CREATE TABLE exact (
  id INTEGER PRIMARY KEY,
  whole BIGINT,
  precise NUMERIC_TEXT,
  floating REAL,
  label TEXT,
  document JSON,
  content BLOB
);
INSERT INTO exact VALUES
  (1, 9223372036854775807, '12345678901234567890123456789012345678', 0.1, 'limits', '{"n": 9007199254740993}', x''),
  (2, -9223372036854775808, '-0.00000000000000000000000000000000000001', -0.0, 'low', 'null', x'00ff10'),
  (3, NULL, NULL, 1e300, NULL, NULL, NULL),
  (4, 0, '0', 9e999, '', '""', zeroblob(3000)),
  (5, 1, '1', 1.5, CAST(x'66ff6f' AS TEXT), '{}', NULL),
  (6, 2, '2', 2.5, replace(hex(zeroblob(6000)), '0', 'ab'), '{"long": "' || replace(hex(zeroblob(1500)), '0', 'x') || '"}', NULL),
  (7, 3, '3', 3.5, 'admin' || char(8238) || 'nimda' || char(8203) || char(7) || ' ', '{"<b>": "</script><script>window.hacked = 1</script>"}', NULL),
  (8, 4, '4', 4.5, '<img src=x onerror="window.hacked = 1">', '[1, [2, [3, [4]]]]', NULL);

CREATE TABLE "<img src=x onerror='window.hacked = 1'> ""quoted""; DROP TABLE orders; --" (
  "__proto__" INTEGER PRIMARY KEY,
  "constructor" TEXT,
  "<script>window.hacked = 1</script>" TEXT,
  "select ""x"" from" TEXT,
  "a‮b" TEXT
);
INSERT INTO "<img src=x onerror='window.hacked = 1'> ""quoted""; DROP TABLE orders; --" VALUES
  (1, 'javascript:alert(1)', '<svg onload="window.hacked = 1">', '''; DROP TABLE orders; --', '${7*7}{{7*7}}'),
  (2, '=1+1', '&lt;b&gt;', '"', 'x');

CREATE TABLE wide (
  id INTEGER PRIMARY KEY,
  c01 TEXT, c02 TEXT, c03 TEXT, c04 TEXT, c05 TEXT, c06 TEXT, c07 TEXT, c08 TEXT, c09 TEXT, c10 TEXT,
  c11 INTEGER, c12 INTEGER, c13 INTEGER, c14 INTEGER, c15 INTEGER, c16 INTEGER, c17 INTEGER, c18 INTEGER, c19 INTEGER, c20 INTEGER,
  c21 REAL, c22 REAL, c23 REAL, c24 REAL, c25 REAL, c26 REAL, c27 REAL, c28 REAL, c29 REAL
);
INSERT INTO wide
  WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
  SELECT i, 'a' || i, 'b' || i, 'c' || i, 'd' || i, 'e' || i, 'f' || i, 'g' || i, 'h' || i, 'i' || i, 'j' || i,
    i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9,
    i * 0.5, i * 0.5, i * 0.5, i * 0.5, i * 0.5, i * 0.5, i * 0.5, i * 0.5, i * 0.5 FROM n;

CREATE TABLE empty_table (id INTEGER PRIMARY KEY, name TEXT NOT NULL, quantity INTEGER NOT NULL, note TEXT);
