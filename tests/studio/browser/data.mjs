// Tables in the sidebar, rows in the grid: values, orders, filters, pages, widths, keys.

import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { contains, equals, eventually } from "./page.mjs";

export const tests = [
  {
    name: "the sidebar lists tables and views and is searched by key",
    async run({ page, tab }) {
      await contains(() => tab.locator(".table-list").textContent(), "Views");
      await page.open("customers");
      await tab.keyboard.press("/");
      await tab.keyboard.type("open_or");
      await equals(() => tab.locator(".table-entry .entry-name").allTextContents(), ["open_orders"]);
      await tab.keyboard.press("Enter");
      await contains(() => tab.locator(".table-title").textContent(), "can't be edited");
      await tab.getByLabel("Search tables").fill("no such table");
      await contains(() => tab.locator(".table-list").textContent(), "No table has such a name");
    },
  },
  {
    name: "the token leaves the address and is kept for the tab",
    async run({ page, tab }) {
      ok(!tab.url().includes("token"), tab.url());
      await page.open("tags");
      await tab.reload();
      await equals(() => page.column("label", 3), ["urgent", "gift", "never used"]);
      ok(!(await tab.evaluate(() => JSON.stringify({ ...localStorage }))).includes(/token=(\w+)/.exec(page.studio.url)[1]));
    },
  },
  {
    name: "values are shown exactly, and NULL, empty and bytes are told apart",
    async run({ page, tab, dialect }) {
      await page.open("exact");
      await equals(() => page.column("whole", 2), ["9223372036854775807", "-9223372036854775808"]);
      await equals(
        () => page.column("precise", 2),
        ["12345678901234567890123456789012345678", "-0.00000000000000000000000000000000000001"],
      );
      await equals(() => page.column("floating", 1), ["0.1"]);
      const text = async (row, column) => (await page.cell(row, column)).textContent();
      strictEqual(await text(2, "label"), "NULL");
      strictEqual(await text(3, "label"), "empty");
      strictEqual(await text(3, "content"), "bytes, 3.0 kB");
      strictEqual(await text(1, "content"), "x'00ff10'");
      ok((await text(5, "label")).includes("24.0 kB"));
      if (dialect === "sqlite") ok((await text(4, "label")).startsWith("not UTF-8"));
      strictEqual(await (await page.cell(2, "label")).locator(".null").count(), 1);
    },
  },
  {
    name: "a click sorts, a click with Shift sorts by several columns",
    async run({ page, tab }) {
      await page.open("events");
      const head = (name) => tab.locator(".grid-column", { hasText: name });
      await head("amount").click();
      await page.ready();
      await equals(() => page.column("amount", 2), ["0", "0"]);
      await head("id").click({ modifiers: ["Shift"] });
      await page.ready();
      await head("id").click({ modifiers: ["Shift"] });
      await page.ready();
      await equals(() => page.column("id", 3), ["1200", "1150", "1100"]);
      strictEqual(await head("amount").getAttribute("aria-sort"), "ascending");
      strictEqual(await head("id").getAttribute("aria-sort"), "descending");
      await head("amount").click();
      await page.ready();
      await equals(() => page.column("amount", 1), ["49"]);
      await tab.goBack();
      await tab.goForward();
      await equals(() => page.column("amount", 1), ["49"]);
    },
  },
  {
    name: "pages go both ways under an order with NULLs and visit each row once",
    async run({ page, tab }) {
      await page.open("events");
      await tab.locator(".grid-column", { hasText: "kind" }).click();
      await page.ready();
      await tab.getByLabel("Rows a page").selectOption("500");
      await page.ready();
      const ids = async () => tab.evaluate(async () => document.querySelector(".pager-place").textContent);
      const seen = [];
      const read = async () => {
        const grid = page.grid;
        await grid.focus();
        await tab.keyboard.press("Control+a");
        await tab.keyboard.press("Control+c");
        await tab.locator(".toast", { hasText: "copied" }).first().waitFor();
        const text = await tab.evaluate(() => navigator.clipboard.readText());
        await tab.locator(".toast button").first().click();
        await tab.locator(".toast").waitFor({ state: "detached" });
        return text.split("\n").map((line) => Number(line.split("\t")[0]));
      };
      seen.push(...(await read()));
      await tab.getByLabel("Next page (Alt+→)").click();
      await equals(ids, "rows 501–1,000");
      const second = await read();
      seen.push(...second);
      await page.grid.focus();
      await tab.keyboard.press("Alt+ArrowRight");
      await equals(ids, "rows 1,001–1,200");
      seen.push(...(await read()));
      strictEqual(new Set(seen).size, 1200);
      ok(await tab.getByLabel("Next page (Alt+→)").isDisabled());
      await page.grid.focus();
      await tab.keyboard.press("Alt+ArrowLeft");
      await equals(ids, "rows 501–1,000");
      deepStrictEqual(await read(), second);
      await tab.getByLabel("First page").click();
      await equals(ids, "rows 1–500");
    },
  },
  {
    name: "a jump shows the page that begins with a key",
    async run({ page, tab }) {
      await page.open("events");
      await tab.getByLabel("Jump to id").fill("777");
      await tab.keyboard.press("Enter");
      await equals(() => page.column("id", 2), ["777", "778"]);
      await tab.getByLabel("Jump to id").fill("99999");
      await tab.keyboard.press("Enter");
      await contains(() => tab.locator(".toast").textContent(), "no row with this key");
      await equals(() => page.column("id", 1), ["777"]);
    },
  },
  {
    name: "filters are joined by and and or, and refuse what isn't a number",
    async run({ page, tab }) {
      await page.open("events");
      await page.filter("amount", "<", "2");
      await page.filter("kind", "is null");
      await page.applyFilters();
      await equals(() => tab.locator(".table-count").textContent(), "12 rows");
      await tab.getByLabel("How conditions are joined").selectOption("any");
      await page.applyFilters();
      await equals(() => tab.locator(".table-count").textContent(), "336 rows");
      const value = tab.locator(".filters .filter-value").first();
      await value.fill("many");
      await value.press("Enter");
      await tab.locator(".view-message .error-box").waitFor();
      strictEqual(await tab.locator('.filters .filter-value[aria-invalid="true"]').count(), 1);
      await tab.locator(".filter-actions").getByRole("button", { name: "Clear" }).click();
      await page.ready();
      await equals(() => page.column("id", 1), ["1"]);
    },
  },
  {
    name: "texts, lists, ranges and booleans are filtered, and a cell by its key",
    async run({ page, tab }) {
      await page.open("customers");
      const names = () => page.column("name", 9);
      await page.filter("name", "contains", "love");
      await page.applyFilters();
      await equals(names, ["Ada Lovelace"]);
      await tab.getByLabel("Comparison").selectOption("in");
      await tab.locator(".filter-value").fill('"Blaise Pascal", Customer 9');
      await page.applyFilters();
      await equals(names, ["Blaise Pascal", "Customer 9"]);
      await page.filter("is_active", "=", "false");
      await page.applyFilters();
      await equals(names, ["Blaise Pascal"]);
      await tab.locator(".filter-actions").getByRole("button", { name: "Clear" }).click();
      await page.ready();
      await page.filter("id", "between", "4");
      await tab.getByLabel("Upper value").fill("5");
      await page.applyFilters();
      await equals(names, ["Customer 4", "Customer 5"]);
      await (await page.cell(1, "name")).click();
      await tab.keyboard.press("f");
      await page.ready();
      await equals(names, ["Customer 5"]);
      await tab.goBack();
    },
  },
  {
    name: "widths and hidden columns are kept",
    async run({ page, tab }) {
      await page.open("orders");
      const head = tab.locator(".grid-column", { hasText: "status" });
      const before = (await head.boundingBox()).width;
      const handle = head.locator(".grid-handle");
      const box = await handle.boundingBox();
      await tab.mouse.move(box.x + 3, box.y + 10);
      await tab.mouse.down();
      await tab.mouse.move(box.x + 83, box.y + 10, { steps: 4 });
      await tab.mouse.up();
      strictEqual(Math.round((await head.boundingBox()).width - before), 80);
      await page.button("Columns").click();
      await tab.locator(".popover .choice", { hasText: "placed_on" }).click();
      await tab.keyboard.press("Escape");
      await tab.reload();
      await page.ready();
      await eventually(async () => strictEqual(Math.round((await head.boundingBox()).width - before), 80));
      deepStrictEqual(await tab.locator(".grid-column .grid-name").allTextContents(), ["id", "customer_id", "status", "total"]);
      await tab.getByRole("button", { name: "Columns (1 hidden)" }).click();
      await page.button("Show all").click();
      await equals(() => tab.locator(".grid-column").count(), 5);
    },
  },
  {
    name: "columns are sorted, resized and hidden by keys",
    async run({ page, tab }) {
      await page.open("orders");
      await (await page.cell(0, "total")).click();
      await tab.keyboard.press("ArrowUp");
      const head = tab.locator(".grid-column:focus");
      await contains(() => head.textContent(), "total");
      const before = (await head.boundingBox()).width;
      await tab.keyboard.press("Alt+ArrowRight");
      await eventually(async () => strictEqual(Math.round((await head.boundingBox()).width - before), 16));
      await tab.keyboard.press("Enter");
      await tab.keyboard.press("Enter");
      await page.ready();
      await equals(
        () => page.column("total", 2),
        (await page.column("total", 2)).sort((left, right) => right - left),
      );
      await equals(async () => Number((await page.column("total", 1))[0]), 500);
      await tab.locator(".grid-column", { hasText: "placed_on" }).focus();
      await tab.keyboard.press("ArrowDown");
      await tab.getByRole("menuitem", { name: "Hide this column" }).waitFor();
      await tab.keyboard.press("End");
      await tab.keyboard.press("ArrowUp");
      await tab.keyboard.press("Enter");
      await equals(() => tab.locator(".grid-column").count(), 4);
    },
  },
  {
    name: "moments are shown in UTC and in local time, to the microsecond",
    async run({ page, tab }) {
      await page.open("customers");
      await (await page.cell(0, "joined_at")).scrollIntoViewIfNeeded();
      await equals(async () => (await page.cell(0, "joined_at")).textContent(), "2024-02-29 23:30:00.000001");
      await tab.getByLabel("Time zone of moments").selectOption("local");
      await equals(async () => (await page.cell(0, "joined_at")).textContent(), "2024-03-01 05:00:00.000001 +05:30");
      await tab.getByLabel("Time zone of moments").selectOption("utc");
    },
  },
  {
    name: "long text comes whole on demand",
    async run({ page, tab }) {
      await page.open("exact");
      await (await page.cell(5, "label")).click();
      await tab.keyboard.press("Space");
      await page.button("Show all").click();
      await contains(() => tab.locator(".value-facts").textContent(), "24,000 characters");
    },
  },
  {
    name: "bytes are downloaded whole and shown in hexadecimal",
    async run({ page, tab }) {
      await page.open("exact");
      await (await page.cell(3, "content")).click();
      await tab.keyboard.press("Space");
      await page.button("Show the bytes").click();
      await contains(() => tab.locator(".hex").textContent(), "000000  00 00 00");
      const file = await page.download(() => page.button("Download").click());
      strictEqual(file.name, "exact-content.bin");
      strictEqual(file.bytes.length, 3000);
    },
  },
  {
    name: "JSON is a tree with exact numbers that keys open and close",
    async run({ page, tab }) {
      await page.open("exact");
      await (await page.cell(0, "document")).click();
      await tab.keyboard.press("Space");
      await contains(() => tab.locator(".json-tree").textContent(), "9007199254740993");
      await (await page.cell(7, "document")).click();
      await contains(() => tab.locator(".json-tree").textContent(), "[ 2 items ]");
      const first = tab.locator(".json-tree [role=treeitem]").first();
      await first.focus();
      await tab.keyboard.press("ArrowLeft");
      strictEqual(await first.getAttribute("aria-expanded"), "false");
      await tab.keyboard.press("ArrowRight");
      await tab.keyboard.press("ArrowDown");
      strictEqual(await tab.evaluate(() => document.activeElement.textContent), "0: 1");
    },
  },
  {
    name: "a wide page has only the rows in sight in the document",
    async run({ page, tab }) {
      await page.open("wide");
      await tab.getByLabel("Rows a page").selectOption("500");
      await page.ready();
      await equals(() => page.grid.getAttribute("aria-rowcount"), "501");
      ok((await tab.locator(".grid-body .grid-row").count()) < 60);
      await page.grid.focus();
      await tab.keyboard.press("Control+End");
      await equals(async () => Number(await tab.locator(".grid-cell.active").textContent()), 250);
      const seen = await tab.locator(".grid-cell.active").boundingBox();
      ok(seen.y > 100 && seen.y < 760 && seen.x + seen.width <= 1281, JSON.stringify(seen));
      await tab.keyboard.press("Control+Home");
      await equals(() => tab.locator(".grid-cell.active").textContent(), "1");
      strictEqual(await page.grid.getAttribute("aria-activedescendant"), await tab.locator(".grid-cell.active").getAttribute("id"));
    },
  },
  {
    name: "keys are listed, places are reached by keys, colours are switched",
    async run({ page, tab }) {
      await page.open("tags");
      await tab.keyboard.press("?");
      await contains(() => tab.locator("dialog").textContent(), "review staged edits");
      await tab.keyboard.press("Escape");
      await tab.locator("dialog").waitFor({ state: "detached" });
      for (const [key, selector] of [
        ["s", ".console"],
        ["m", ".schema-view"],
        ["l", ".log"],
        ["d", ".data-view"],
      ]) {
        await tab.evaluate(() => document.activeElement?.blur());
        await tab.keyboard.press("g");
        await tab.keyboard.press(key);
        await tab.locator(selector).waitFor();
      }
      const first = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await tab.getByLabel(/^Colours/).click();
      await tab.getByLabel(/^Colours/).click();
      await tab.getByLabel("Colours: dark").waitFor();
      // The next frame has the colour: even without motion, a change is a very short transition.
      await tab.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, first);
    },
  },
];
