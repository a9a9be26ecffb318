// What the page does when the server, the database or the token is lost, and when it is started read only.

import { ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";
import { Studio } from "./studio.mjs";

export const tests = [
  {
    name: "a lost database has a banner that goes away, and edits are kept",
    only: "postgres",
    async run({ page, tab, way }) {
      await page.open("customers");
      const row = await page.rowOf("id", "24");
      await page.type(row, "name", "Patient");
      way.cut();
      try {
        await contains(() => tab.locator(".banner").textContent(), "The database is lost");
        await contains(() => page.pending(), "1 row changed");
      } finally {
        way.mend();
      }
      await tab.locator(".banner").waitFor({ state: "hidden" });
      strictEqual(await (await page.cell(row, "name")).textContent(), "Patient");
      await page.applied();
    },
  },
  {
    name: "a killed server has a banner, and a started one takes the edits",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const row = await page.rowOf("id", "25");
      await page.type(row, "name", "Survivor");
      await studio.kill();
      await contains(() => tab.locator(".banner").textContent(), "The studio's server doesn't answer");
      await studio.start();
      await contains(() => tab.locator(".banner").textContent(), "Paste the URL");
      await tab.getByLabel("URL that the terminal printed").fill("nonsense");
      await page.button("Use it").click();
      strictEqual(await tab.getByLabel("URL that the terminal printed").getAttribute("aria-invalid"), "true");
      await tab.getByLabel("URL that the terminal printed").fill(studio.url);
      await page.button("Use it").click();
      await tab.locator(".banner").waitFor({ state: "hidden" });
      await page.ready();
      await equals(async () => (await page.cell(await page.rowOf("id", "25"), "name")).textContent(), "Survivor");
      await page.applied();
      await equals(() => studio.sql("SELECT name FROM customers WHERE id = 25"), [["Survivor"]]);
    },
  },
  {
    name: "read only says so, offers no edits and refuses writes",
    async run({ tab, studio, dialect }) {
      const other = await new Studio(studio.program, studio.database, dialect).start({ readOnly: true });
      try {
        await tab.goto(other.url);
        await tab.locator(".table-entry", { hasText: "tags" }).first().click();
        await tab.locator(".grid-cell").first().waitFor();
        await contains(() => tab.locator(".top").textContent(), "read only");
        strictEqual(await tab.getByRole("button", { name: "Delete", exact: true }).count(), 0);
        await tab.locator(".grid-cell").nth(1).dblclick();
        await contains(() => tab.locator(".toast").textContent(), "--read-only");
        await tab.locator(".place", { hasText: "SQL" }).click();
        ok(await tab.getByLabel("May write").isDisabled());
        await tab.locator(".editor-area").fill("DELETE FROM tags");
        await tab.keyboard.press("Control+Enter");
        await tab.locator(".console-results .error-box").waitFor();
        await equals(() => studio.sql("SELECT count(*) FROM tags"), [["3"]]);
      } finally {
        await other.kill();
      }
    },
  },
  {
    name: "without a token the page says where to find it",
    async run({ tab, studio, browser }) {
      const context = await browser.newContext();
      try {
        const stranger = await context.newPage();
        await stranger.goto(`${studio.origin}/`);
        await contains(() => stranger.locator("body").textContent(), "Paste the URL that the terminal printed");
      } finally {
        await context.close();
      }
      ok(!tab.isClosed());
    },
  },
];
