// Serves local D1 databases to the tests: a request on each line of stdin, an answer on each line of stdout.
//
// `apply` does what `wrangler d1 migrations apply --local` does with a file: splits the text, adds the line of the history,
// and runs all of it as one batch.

import { createInterface } from "node:readline";
import { Miniflare } from "miniflare";
import { unstable_splitSqlQuery as split } from "wrangler";

const HISTORY = `CREATE TABLE IF NOT EXISTS d1_migrations(
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		name       TEXT UNIQUE,
		applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);`;

// Runs beside the databases.
const WORKER = `export default {
  async fetch(request, env) {
    const { db, batches, query } = await request.json();
    try {
      for (const batch of batches ?? []) {
        await env[db].batch(batch.map((sql) => env[db].prepare(sql)));
      }
      const rows = query ? await env[db].prepare(query).raw() : [];
      return Response.json({ rows: rows.map(([value]) => value) });
    } catch (error) {
      return Response.json({ error: String(error?.message ?? error) });
    }
  },
};`;

// The database of each number is in the process of its hundreds. One process can't have too many.
const TOGETHER = 300;
const processes = new Map();

function of(number) {
  const first = number - (number % TOGETHER);
  if (!processes.has(first)) {
    const names = Array.from({ length: TOGETHER }, (_, place) => `db${first + place}`);
    const d1Databases = Object.fromEntries(names.map((name) => [name, name]));
    const compatibilityDate = "2025-01-01";
    processes.set(first, new Miniflare({ modules: true, script: WORKER, compatibilityDate, d1Databases }));
  }
  return processes.get(first);
}

async function answer({ db, batch, apply, query }) {
  const batches = batch ? [batch] : [];
  if (apply) {
    const line = `\n\t\t\t\tINSERT INTO d1_migrations (name)\n\t\t\t\tvalues ('${apply.name}');`;
    batches.push(split(HISTORY), split(apply.sql + line));
  }
  const body = JSON.stringify({ db: `db${db}`, batches, query });
  const response = await of(db).dispatchFetch("http://localhost/", { method: "POST", body });
  return response.text();
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(JSON.parse(line))}\n`);
}
await Promise.all([...processes.values()].map((miniflare) => miniflare.dispose()));
