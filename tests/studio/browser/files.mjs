// Export and import.

import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";

async function exportAs(page, tab, format) {
  return page.download(async () => {
    await page.button("Export").click();
    await tab.getByRole("menuitem", { name: format }).click();
  });
}

async function chooseCsv(page, tab, text) {
  await page.button("Import").click();
  await tab.getByLabel("CSV file").setInputFiles({ name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await tab.locator(".import-place:not([aria-busy]) .plain-table, .import-place .error-box").first().waitFor();
}

export const tests = [
  {
    name: "all rows of a table are exported as CSV, JSON and SQL",
    async run({ page, tab }) {
      await page.open("events");
      const csv = await exportAs(page, tab, "CSV");
      strictEqual(csv.name, "events.csv");
      const lines = csv.bytes.toString().trimEnd().split(/\r?\n/);
      strictEqual(lines[0], "id,kind,amount");
      strictEqual(lines.length, 1201);
      const json = await exportAs(page, tab, "JSON");
      strictEqual(JSON.parse(json.bytes.toString()).length, 1200);
      const sql = await exportAs(page, tab, "SQL (INSERT statements)");
      ok(/insert into/i.test(sql.bytes.toString()));
    },
  },
  {
    name: "an export has the rows that match the filters, and a result is exported",
    async run({ page, tab }) {
      await page.open("events");
      await page.filter("id", "≤", "5");
      await page.applyFilters();
      const csv = await exportAs(page, tab, "CSV");
      strictEqual(csv.bytes.toString().trimEnd().split(/\r?\n/).length, 6);
      await page.place("SQL");
      await page.run("SELECT 9223372036854775807 AS largest");
      const json = await exportAs(page, tab, "JSON");
      ok(json.bytes.toString().includes("9223372036854775807"), json.bytes.toString());
    },
  },
  {
    name: "a CSV file is previewed, its problems are shown by line, and it is imported whole",
    async run({ page, tab, studio }) {
      await page.open("empty_table");
      await contains(() => tab.locator(".view-message").textContent(), "no rows");
      await chooseCsv(page, tab, "name,quantity,note\nnut,10,\nbolt,many,x\n,3,y\n");
      await contains(() => tab.locator(".problems").textContent(), "line 3");
      ok(await tab.locator("dialog .dialog-actions .primary").isDisabled());
      await tab.keyboard.press("Escape");
      await chooseCsv(page, tab, 'Name,quantity,ignored,note\n"nut, ""M6""",10,z,\nbolt,20,z,"two\nlines"\n');
      await equals(() => tab.locator(".plain-table tbody tr").count(), 2);
      await equals(() => tab.getByLabel("Column for Name").inputValue(), "name");
      await equals(() => tab.getByLabel("Column for ignored").inputValue(), "");
      await tab.getByRole("button", { name: "Import 2 rows" }).click();
      await tab.locator("dialog").waitFor({ state: "detached" });
      await equals(() => page.column("name", 2), ['nut, "M6"', "bolt"]);
      deepStrictEqual(await studio.sql("SELECT name, quantity, note FROM empty_table ORDER BY quantity"), [
        ['nut, "M6"', "10", null],
        ["bolt", "20", "two\nlines"],
      ]);
      await studio.sql("DELETE FROM empty_table");
    },
  },
];
