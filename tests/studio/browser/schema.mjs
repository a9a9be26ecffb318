// The schema: the diagram, tables, drift, migrations, lints.

import { ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";

export const tests = [
  {
    name: "the diagram is searched, zoomed, moved, and leads to rows",
    async run({ page, tab }) {
      await page.place("Schema");
      await tab.locator(".tabs").waitFor();
      if (await tab.getByLabel("Which schema").count()) await tab.getByLabel("Which schema").selectOption("database");
      await tab.locator(".diagram .box").first().waitFor();
      ok((await tab.locator(".diagram .link").count()) >= 3);
      const world = () => tab.locator(".diagram > g").getAttribute("transform");
      const first = await world();
      await tab.getByLabel("Larger (+)").click();
      const zoomed = await world();
      ok(zoomed !== first);
      await tab.locator(".diagram").focus();
      await tab.keyboard.press("ArrowRight");
      ok((await world()) !== zoomed);
      const { x, y } = await tab.locator(".diagram").boundingBox();
      await tab.mouse.move(x + 12, y + 12);
      await tab.mouse.down();
      const before = await world();
      await tab.mouse.move(x + 120, y + 90, { steps: 3 });
      await tab.mouse.up();
      ok((await world()) !== before);
      await tab.getByLabel("Search the diagram").fill("order_tags");
      await equals(() => tab.locator(".diagram .box.found .box-title").allTextContents(), ["order_tagsorder_tags"]);
      await tab.locator(".diagram .box.found").focus();
      await tab.keyboard.press("Enter");
      await contains(() => tab.locator(".table-title h1").textContent(), "order_tags");
    },
  },
  {
    name: "drift, migrations with their SQL and lints are shown",
    async run({ page, tab }) {
      await page.place("Schema");
      await tab.getByRole("tab", { name: /Drift/ }).click();
      await contains(() => tab.locator(".tab-panel").textContent(), "between the database and the structs");
      await tab.getByRole("tab", { name: /Migrations/ }).click();
      const migration = tab.locator(".migration").first();
      await contains(() => migration.textContent(), "pending");
      await migration.locator("summary").click();
      await contains(() => migration.locator(".sql-text").first().textContent(), "CREATE");
      await tab.getByRole("tab", { name: /Lints/ }).click();
      await contains(() => tab.locator(".tab-panel").textContent(), "tag_id");
      await tab.getByRole("tab", { name: "Tables" }).click();
      await tab.locator(".card").first().waitFor();
      strictEqual(await tab.locator(".schema-view .error-box").count(), 0);
    },
  },
];
