// Runs the tests of the studio's page in a browser, on each database that a variable names. See CONTRIBUTING.md.
//
// STUDIO_PROGRAM: a program with mizzle's command line. STUDIO_SQLITE_URL, STUDIO_POSTGRES_URL: empty databases.
// STUDIO_SCREENSHOTS: a folder for pictures of failures. STUDIO_BROWSER: the browser, /usr/bin/chromium if it is missing.
// An argument: only the tests whose name contains it.

import { readFile, mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { tests as consoleTests } from "./console.mjs";
import { tests as dataTests } from "./data.mjs";
import { tests as editTests } from "./edits.mjs";
import { tests as failureTests } from "./failures.mjs";
import { tests as fileTests } from "./files.mjs";
import { tests as hostileTests } from "./hostile.mjs";
import { Page } from "./page.mjs";
import { tests as relatedTests } from "./related.mjs";
import { tests as schemaTests } from "./schema.mjs";
import { Studio, proxy } from "./studio.mjs";

const ALL = [...dataTests, ...editTests, ...relatedTests, ...consoleTests, ...schemaTests, ...fileTests, ...hostileTests, ...failureTests];
const { STUDIO_PROGRAM, STUDIO_SQLITE_URL, STUDIO_POSTGRES_URL, STUDIO_SCREENSHOTS, STUDIO_BROWSER = "/usr/bin/chromium" } = process.env;
const only = process.argv[2] ?? "";

if (!STUDIO_PROGRAM || !(STUDIO_SQLITE_URL || STUDIO_POSTGRES_URL)) {
  console.error("Set STUDIO_PROGRAM and at least one of STUDIO_SQLITE_URL and STUDIO_POSTGRES_URL.");
  process.exit(2);
}

/** The database's URL by way of a proxy that can be cut. */
async function throughProxy(url) {
  const parsed = new URL(url);
  const way = await proxy(parsed.hostname, Number(parsed.port || 5432));
  parsed.hostname = "127.0.0.1";
  parsed.port = String(way.port);
  return { way, url: parsed.href };
}

async function runOn(dialect, url) {
  const { way, url: own } = dialect === "postgres" ? await throughProxy(url) : { way: null, url };
  const studio = await new Studio(resolve(STUDIO_PROGRAM), own, dialect).start();
  const failed = [];
  let browser = null;
  try {
    // The tabs of a browser share its clipboard, so each database has a browser.
    browser = await chromium.launch({ executablePath: STUDIO_BROWSER, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    const { tab, faults } = await openTab(browser, studio);
    await studio.sql(await readFile(fileURLToPath(new URL(`fixture.${dialect}.sql`, import.meta.url)), "utf8"));
    for (const test of ALL.filter(({ name }) => name.includes(only))) {
      if (test.only && test.only !== dialect) continue;
      const begin = Date.now();
      const error = await runTest(test, { tab, faults, studio, way, browser, dialect });
      const time = `${((Date.now() - begin) / 1000).toFixed(1)} s`;
      if (error) failed.push(`${dialect}: ${test.name}`);
      console.log(`${error ? "FAILED" : "ok"}  ${dialect}  ${test.name}  (${time})${error ? `\n${error.stack}\n` : ""}`);
    }
  } finally {
    await browser?.close();
    await studio.kill();
    way?.close();
  }
  return failed;
}

/** A tab in which an error on the page is a fault of the test that runs. */
async function openTab(browser, studio) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    timezoneId: "Asia/Kolkata",
    locale: "en-US",
    acceptDownloads: true,
    reducedMotion: "reduce",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: studio.origin });
  const tab = await context.newPage();
  tab.setDefaultTimeout(20_000);
  const faults = [];
  tab.on("pageerror", (error) => faults.push(error.stack ?? String(error)));
  tab.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  return { tab, faults };
}

/** Runs a test in a page that knows nothing of those before. Returns what failed. */
async function runTest(test, { tab, faults, ...rest }) {
  try {
    const page = new Page(tab, rest.studio);
    await page.forget();
    faults.length = 0;
    await page.go();
    await test.run({ page, tab, ...rest });
    if (await tab.evaluate(() => "hacked" in window)) throw new Error("content of the database has run");
    if (faults.length > 0 && !test.expectsFaults) throw new Error(`errors on the page:\n${faults.join("\n")}`);
    return null;
  } catch (error) {
    await picture(tab, `${rest.dialect}-${test.name}`);
    if (faults.length > 0) error.stack += `\nErrors on the page:\n${faults.join("\n")}`;
    return error;
  } finally {
    tab.removeAllListeners("request");
  }
}

async function picture(tab, name) {
  if (!STUDIO_SCREENSHOTS) return;
  await mkdir(STUDIO_SCREENSHOTS, { recursive: true });
  await tab.screenshot({ path: `${STUDIO_SCREENSHOTS}/${name.replace(/[^\w-]+/g, "-")}.png` }).catch(() => {});
}

const runs = [];
if (STUDIO_SQLITE_URL) runs.push(runOn("sqlite", STUDIO_SQLITE_URL));
if (STUDIO_POSTGRES_URL) runs.push(runOn("postgres", STUDIO_POSTGRES_URL));
const results = await Promise.allSettled(runs);
const failed = results.flatMap((result) =>
  result.status === "fulfilled" ? result.value : [String(result.reason?.stack ?? result.reason)],
);
if (failed.length > 0) {
  console.log(`\n${failed.length} failed:\n${failed.join("\n")}`);
  process.exit(1);
}
console.log("\nall passed");
