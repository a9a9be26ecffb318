// Starts the worker on a free port, prints its URL, and ends when its standard input does.

import { Miniflare } from "miniflare";
import { fileURLToPath } from "node:url";

const COUNT = Number(process.argv[2] ?? 400);

const d1Databases = {};
for (let number = 0; number < COUNT; number++) d1Databases[`db${number}`] = `db${number}`;

const miniflare = new Miniflare({
  modules: true,
  scriptPath: fileURLToPath(new URL("worker.mjs", import.meta.url)),
  modulesRules: [{ type: "ESModule", include: ["**/*.mjs"] }],
  compatibilityDate: "2026-03-01",
  d1Databases,
  host: "127.0.0.1",
  port: 0,
});

const url = await miniflare.ready;
console.log(String(url).replace(/\/$/, ""));

process.stdin.resume();
process.stdin.on("end", async () => {
  await miniflare.dispose();
  process.exit(0);
});
