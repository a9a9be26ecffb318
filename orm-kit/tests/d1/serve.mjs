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

const names = Array.from({ length: Number(process.argv[2]) }, (_, number) => `db${number}`);
const miniflare = new Miniflare({
  modules: true,
  script: WORKER,
  compatibilityDate: "2025-01-01",
  d1Databases: Object.fromEntries(names.map((name) => [name, name])),
});

async function answer({ db, batch, apply, query }) {
  const batches = batch ? [batch] : [];
  if (apply) {
    const line = `\n\t\t\t\tINSERT INTO d1_migrations (name)\n\t\t\t\tvalues ('${apply.name}');`;
    batches.push(split(HISTORY), split(apply.sql + line));
  }
  const body = JSON.stringify({ db, batches, query });
  const response = await miniflare.dispatchFetch("http://localhost/", { method: "POST", body });
  return response.text();
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(JSON.parse(line))}\n`);
}
await miniflare.dispose();
