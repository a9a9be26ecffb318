// Related rows: counted and opened in both directions, and across a table between.

import { ok } from "node:assert";

import { contains, equals } from "./page.mjs";

const entry = (tab, table, way) => tab.locator(".related-entry", { hasText: table }).filter({ hasText: way });

export const tests = [
  {
    name: "related rows are counted and opened in both directions",
    async run({ page, tab, studio }) {
      const [[orders]] = await studio.sql("SELECT count(*) FROM orders WHERE customer_id = 8");
      await page.open("customers");
      await (await page.cell(await page.rowOf("id", "8"), "name")).click();
      await tab.keyboard.press("r");
      await equals(() => entry(tab, "orders", "customer_id").locator(".related-count").textContent(), orders);
      await entry(tab, "orders", "customer_id").click();
      await contains(() => tab.locator(".table-title h1").textContent(), "orders");
      await equals(() => tab.locator(".table-count").textContent(), orders === "1" ? "1 row" : `${orders} rows`);
      await equals(() => page.column("customer_id", 2), ["8", "8"]);
      await (await page.cell(0, "total")).click();
      await tab.keyboard.press("r");
      await equals(() => entry(tab, "customers", "customer_id").locator(".related-count").textContent(), "1");
      await entry(tab, "customers", "customer_id").click();
      await equals(() => page.column("id", 2), ["8"]);
      await tab.goBack();
      await contains(() => tab.locator(".table-title h1").textContent(), "orders");
      await equals(() => page.column("customer_id", 1), ["8"]);
    },
  },
  {
    name: "rows across a table between are counted and opened",
    async run({ page, tab }) {
      await page.open("orders");
      await (await page.cell(await page.rowOf("id", "10"), "total")).click();
      await tab.keyboard.press("r");
      const tags = entry(tab, "tags", "through order_tags");
      await equals(() => tags.locator(".related-count").textContent(), "2");
      await tags.click();
      await contains(() => tab.locator(".table-title h1").textContent(), "tags");
      await equals(() => page.column("label", 3), ["urgent", "gift"]);
    },
  },
  {
    name: "a cell of a foreign key leads to its row",
    async run({ page, tab }) {
      await page.open("orders");
      const cell = await page.cell(2, "customer_id");
      const id = (await cell.textContent()).trim();
      await cell.click();
      await cell.getByLabel("Open the row that this refers to").click();
      await contains(() => tab.locator(".table-title h1").textContent(), "customers");
      await equals(() => page.column("id", 2), [id]);
      ok(await page.button("Filter (1)").isVisible());
    },
  },
];
