// The SQL console: results, errors, plans, history, caps, stop, and the switch for writes.

import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";

export const tests = [
  {
    name: "several statements give several results",
    async run({ page, tab }) {
      await page.place("SQL");
      await page.run("SELECT id, label FROM tags WHERE id < 3 ORDER BY id; -- a; b\nSELECT 'x;y' AS text, NULL AS missing");
      await equals(() => tab.locator(".console-results .tab").allTextContents(), ["1 · 2 rows", "2 · 1 row"]);
      await equals(() => page.column("text", 1), ["x;y"]);
      await equals(() => page.column("missing", 1), ["NULL"]);
      await tab.locator(".console-results .tab").first().click();
      await equals(() => page.column("label", 2), ["urgent", "gift"]);
    },
  },
  {
    name: "an error is marked at its place, beyond the basic plane too",
    async run({ page, tab }) {
      await page.place("SQL");
      await page.run("SELECT 1;\nSELECT '😀', nosuch FROM tags");
      await contains(() => tab.locator(".console-results").textContent(), "nosuch");
      await contains(() => tab.locator(".error-box").textContent(), "1 statement before it has run");
      if (await tab.locator(".error-place").count()) {
        strictEqual(await tab.locator(".editor-error").textContent(), "nosuch");
        strictEqual((await tab.locator(".editor-numbers .bad-line").textContent()).trim(), "2");
      } else ok(page.studio.dialect === "sqlite", "PostgreSQL says the place");
    },
  },
  {
    name: "only the selected text runs",
    async run({ page, tab }) {
      await page.place("SQL");
      await page.run("SELECT 1 AS one");
      await tab.locator(".editor-area").fill("SELECT 2 AS two; SELECT 3 AS three");
      await tab.locator(".editor-area").evaluate((area) => area.setSelectionRange(17, 34));
      await tab.keyboard.press("Control+Enter");
      await equals(() => tab.locator(".data-grid .grid-name").allTextContents(), ["three"]);
    },
  },
  {
    name: "nothing is written unless the switch is on",
    async run({ page, tab, studio }) {
      await page.place("SQL");
      await page.run("UPDATE tags SET label = 'written' WHERE id = 3");
      await tab.locator(".console-results .error-box").waitFor();
      deepStrictEqual(await studio.sql("SELECT label FROM tags WHERE id = 3"), [["never used"]]);
      await tab.getByLabel("May write").check();
      await page.run("UPDATE tags SET label = 'written' WHERE id = 3");
      await contains(() => tab.locator(".console-results").textContent(), "1 row changed");
      deepStrictEqual(await studio.sql("SELECT label FROM tags WHERE id = 3"), [["written"]]);
      await studio.sql("UPDATE tags SET label = 'never used' WHERE id = 3");
      await tab.reload();
      ok(!(await tab.getByLabel("May write").isChecked()));
    },
  },
  {
    name: "rows are capped, and the result says so",
    async run({ page, tab }) {
      await page.place("SQL");
      await tab.getByLabel("Most rows of a result").selectOption("100");
      await page.run("SELECT * FROM events");
      await contains(() => tab.locator(".result-about").textContent(), "only the first 100");
      strictEqual(await page.grid.getAttribute("aria-rowcount"), "101");
    },
  },
  {
    name: "a statement that doesn't end is stopped on the server",
    async run({ page, tab, studio, dialect }) {
      const endless =
        dialect === "sqlite"
          ? "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
          : "SELECT pg_sleep(600) AS endless_marker";
      await page.place("SQL");
      await tab.locator(".editor-area").fill(endless);
      await tab.keyboard.press("Control+Enter");
      if (dialect === "postgres") {
        await equals(
          () =>
            studio.sql(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'",
            ),
          [["1"]],
        );
      }
      await page.button("Stop").click();
      await tab.locator(".console-results .error-box").waitFor();
      await page.button("Stop").waitFor({ state: "hidden" });
      if (dialect === "postgres") {
        await equals(
          () =>
            studio.sql(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'",
            ),
          [["0"]],
        );
      }
      await page.run("SELECT 1 AS one");
      await equals(() => page.column("one", 1), ["1"]);
    },
  },
  {
    name: "a statement is stopped after the time that is chosen",
    async run({ page, tab, dialect }) {
      const endless =
        dialect === "sqlite"
          ? "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
          : "SELECT pg_sleep(600)";
      await page.place("SQL");
      await tab.getByLabel("Most time of a run").selectOption("5");
      await page.run(endless);
      await tab.locator(".console-results .error-box").waitFor();
    },
  },
  {
    name: "a plan is a tree, and what is expensive is marked",
    async run({ page, tab, dialect }) {
      await page.place("SQL");
      await tab.locator(".editor-area").fill("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY 2");
      await tab.keyboard.press("Control+Shift+Enter");
      await tab.locator(".plan .plan-part").first().waitFor();
      ok((await tab.locator(".plan ul .plan-part").count()) >= 1);
      await contains(() => tab.locator(".plan").textContent(), dialect === "sqlite" ? "reads the whole table" : "% of the cost");
      await page.button("Explain and run").click();
      if (dialect === "postgres") await contains(() => tab.locator(".tab-row").textContent(), "took");
      await tab.getByRole("tab", { name: "As text" }).click();
      await contains(() => tab.locator(".tab-panel").textContent(), "events");
    },
  },
  {
    name: "the history is kept, searched and used again",
    async run({ page, tab }) {
      await page.place("SQL");
      await page.run("SELECT 1 AS first");
      await page.run("SELECT 2 AS second");
      await tab.reload();
      await page.button("History").click();
      await equals(() => tab.locator(".history-sql").allTextContents(), ["SELECT 2 AS second", "SELECT 1 AS first"]);
      await tab.getByLabel("Search the history").fill("first");
      await equals(() => tab.locator(".history-sql").allTextContents(), ["SELECT 1 AS first"]);
      await tab.locator(".history-entry").click();
      strictEqual(await tab.locator(".editor-area").inputValue(), "SELECT 1 AS first");
      await tab.keyboard.press("Control+ArrowUp");
      strictEqual(await tab.locator(".editor-area").inputValue(), "SELECT 2 AS second");
    },
  },
];
