// Staged edits: shown, undone, kept, applied together or not at all, and conflicts.

import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";

export const tests = [
  {
    name: "an edit is staged, marked, shown as SQL and applied",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const row = await page.rowOf("id", "10");
      await page.type(row, "name", "Emmy Noether");
      const cell = await page.cell(row, "name");
      strictEqual(await cell.textContent(), "Emmy Noether");
      ok((await cell.getAttribute("class")).includes("changed"));
      await contains(() => page.pending(), "1 row changed");
      deepStrictEqual(await studio.sql("SELECT name FROM customers WHERE id = 10"), [["Customer 10"]]);
      await tab.keyboard.press("Control+s");
      const sql = await tab.locator(".review-sql .sql-text").textContent();
      ok(/update/i.test(sql) && sql.includes("Emmy Noether"), sql);
      await contains(() => tab.locator(".review-changes").textContent(), "Customer 10");
      await tab.keyboard.press("Control+Enter");
      await tab.locator("dialog").waitFor({ state: "detached" });
      await equals(() => studio.sql("SELECT name FROM customers WHERE id = 10"), [["Emmy Noether"]]);
      await equals(async () => (await page.cell(row, "name")).textContent(), "Emmy Noether");
      strictEqual(await tab.locator(".grid-cell.changed").count(), 0);
    },
  },
  {
    name: "NULL, the empty text and a boolean are set by key and by choice",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const row = await page.rowOf("id", "11");
      await (await page.cell(row, "email")).click();
      await tab.keyboard.press("Alt+n");
      await (await page.cell(row, "notes")).dblclick();
      await page.button("Empty text").click();
      await (await page.cell(row, "is_active")).click();
      await tab.keyboard.press("Enter");
      await tab.locator(".cell-input").selectOption("=false");
      await tab.keyboard.press("Enter");
      strictEqual(await (await page.cell(row, "email")).textContent(), "NULL");
      strictEqual(await (await page.cell(row, "notes")).textContent(), "empty");
      await page.applied();
      const [[email, notes, active]] = await studio.sql("SELECT email, notes, is_active FROM customers WHERE id = 11");
      deepStrictEqual([email, notes], [null, ""]);
      ok(["false", "0"].includes(active), active);
    },
  },
  {
    name: "an enum is a choice",
    only: "postgres",
    async run({ page, tab, studio }) {
      await page.open("orders");
      await (await page.cell(0, "status")).dblclick();
      deepStrictEqual(await tab.locator(".cell-input option").allTextContents(), ["open", "paid", "sent"]);
      await tab.locator(".cell-input").selectOption("=sent");
      await tab.keyboard.press("Enter");
      await page.applied();
      deepStrictEqual(await studio.sql("SELECT status FROM orders WHERE id = 1"), [["sent"]]);
    },
  },
  {
    name: "Esc leaves a cell as it was, and the same text stages nothing",
    async run({ page, tab }) {
      await page.open("customers");
      await (await page.cell(0, "name")).dblclick();
      await tab.keyboard.type("something else");
      await tab.keyboard.press("Escape");
      strictEqual(await (await page.cell(0, "name")).textContent(), "Ada Lovelace");
      await page.type(0, "name", "Ada Lovelace");
      ok(await tab.locator(".pending").isHidden());
      await page.type(0, "name", "Other");
      await page.type(0, "name", "Ada Lovelace");
      ok((await page.pending()) !== "" && (await tab.locator(".grid-cell.changed").count()) === 0);
    },
  },
  {
    name: "undo and redo go through staged edits",
    async run({ page, tab }) {
      await page.open("customers");
      const row = await page.rowOf("id", "12");
      const text = async () => (await page.cell(row, "name")).textContent();
      await page.type(row, "name", "First");
      await page.type(row, "name", "Second");
      await tab.keyboard.press("Control+z");
      await equals(text, "First");
      await tab.keyboard.press("Control+z");
      await equals(text, "Customer 12");
      await tab.keyboard.press("Control+Shift+z");
      await equals(text, "First");
      await page.button("Redo").click();
      await equals(text, "Second");
      await page.button("Undo").click();
      await page.button("Discard all").click();
      await page.button("Discard").click();
      await equals(text, "Customer 12");
      await tab.locator(".pending").waitFor({ state: "hidden" });
    },
  },
  {
    name: "rows are inserted, duplicated and deleted together",
    async run({ page, tab, studio }) {
      await studio.sql("DELETE FROM tags WHERE id > 3");
      await page.open("tags");
      await page.grid.focus();
      await tab.keyboard.press("Control+i");
      await page.type(0, "id", "50");
      await page.type(0, "label", "fifty");
      const gone = await page.rowOf("label", "never used");
      await tab.locator(`.grid-number[data-row="${gone}"]`).click();
      await tab.keyboard.press("Control+d");
      await tab.locator('.grid-number[data-row="1"]', { hasText: "new" }).waitFor();
      await page.type(1, "id", "51");
      await page.type(1, "label", "a copy");
      await (await page.cell(await page.rowOf("label", "never used"), "label")).click();
      await tab.keyboard.press("Delete");
      strictEqual(await tab.locator(".grid-row.gone").count(), 1);
      strictEqual(await tab.locator(".grid-row.new").count(), 2);
      await contains(() => page.pending(), "3 rows changed");
      await page.applied();
      deepStrictEqual(await studio.sql("SELECT id, label FROM tags ORDER BY id"), [
        ["1", "urgent"],
        ["2", "gift"],
        ["50", "fifty"],
        ["51", "a copy"],
      ]);
      await studio.sql("DELETE FROM tags WHERE id > 3; INSERT INTO tags VALUES (3, 'never used')");
    },
  },
  {
    name: "a copy of a row has the whole of its long values",
    async run({ page, tab, studio }) {
      const length = studio.dialect === "sqlite" ? "length(content)" : "octet_length(content)";
      await studio.sql(
        `INSERT INTO exact (id, label, document, content) SELECT 200, max(a.label), '[]', ${studio.dialect === "sqlite" ? "zeroblob(70000)" : "decode(repeat('00', 70000), 'hex')"} FROM exact a WHERE a.id = 6`,
      );
      await page.open("exact");
      await (await page.cell(await page.rowOf("id", "200"), "label")).click();
      await tab.keyboard.press("Control+d");
      await tab.locator('.grid-number[data-row="0"]', { hasText: "new" }).waitFor();
      await page.type(0, "id", "201");
      await page.applied();
      deepStrictEqual(await studio.sql(`SELECT length(label), ${length} FROM exact WHERE id = 201`), [["24000", "70000"]]);
      await studio.sql("DELETE FROM exact WHERE id >= 200");
    },
  },
  {
    name: "a table without a key takes new rows, and its rows can't be edited",
    only: "postgres",
    async run({ page, tab, studio }) {
      await page.open("keyless");
      await (await page.cell(0, "word")).dblclick();
      await tab.locator(".toast").waitFor();
      strictEqual(await tab.locator(".cell-input").count(), 0);
      await page.grid.focus();
      await tab.keyboard.press("Control+i");
      await page.type(0, "word", "two");
      await page.applied();
      deepStrictEqual(await studio.sql("SELECT word, number FROM keyless WHERE word = 'two'"), [["two", null]]);
    },
  },
  {
    name: "many rows are deleted by a selection, and kept again",
    async run({ page, tab, studio }) {
      await page.open("wide");
      await page.grid.focus();
      await tab.locator('.grid-number[data-row="0"]').click();
      await tab.locator('.grid-number[data-row="9"]').click({ modifiers: ["Shift"] });
      await contains(() => tab.locator(".table-selection").textContent(), "10 rows selected");
      await tab.keyboard.press("Delete");
      await contains(() => page.pending(), "10 rows changed");
      await tab.keyboard.press("Delete");
      await contains(() => page.pending(), "Nothing is staged");
      await tab.keyboard.press("Delete");
      await page.applied();
      deepStrictEqual(await studio.sql("SELECT count(*), min(id) FROM wide"), [["590", "11"]]);
    },
  },
  {
    name: "all edits are applied or none, and the failing one is shown",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const [first, second] = [await page.rowOf("id", "13"), await page.rowOf("id", "14")];
      await page.type(first, "name", "Thirteen");
      await page.type(second, "email", "c15@example.com");
      await page.apply();
      await tab.locator("dialog.review .error-box").waitFor();
      await contains(() => tab.locator("dialog.review .error-box").textContent(), "Nothing was applied");
      await contains(() => tab.locator(".review-edit.failed").textContent(), "c15@example.com");
      deepStrictEqual(await studio.sql("SELECT name FROM customers WHERE id = 13"), [["Customer 13"]]);
      await tab.locator(".review-edit.failed").getByLabel("Take back all of this row").click();
      await tab.locator("dialog.review .dialog-actions .primary").click();
      await tab.locator("dialog").waitFor({ state: "detached" });
      deepStrictEqual(await studio.sql("SELECT name FROM customers WHERE id = 13"), [["Thirteen"]]);
    },
  },
  {
    name: "a conflict shows both values, and each has a choice",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const row = await page.rowOf("id", "20");
      await page.type(row, "name", "Mine");
      await page.type(row, "email", "mine@example.com");
      await studio.sql("UPDATE customers SET name = 'Theirs', email = 'theirs@example.com' WHERE id = 20");
      await page.apply();
      const dialog = tab.locator("dialog.conflicts");
      await dialog.waitFor();
      const text = await dialog.textContent();
      for (const part of ["Customer 20", "Theirs", "Mine"]) ok(text.includes(part), text);
      deepStrictEqual(await studio.sql("SELECT name FROM customers WHERE id = 20"), [["Theirs"]]);
      await dialog.locator("tr", { hasText: "theirs@example.com" }).getByLabel("Keep theirs").check();
      await dialog.getByRole("button", { name: "Apply with these choices" }).click();
      await tab.locator("dialog").first().waitFor({ state: "detached" });
      await equals(() => studio.sql("SELECT name, email FROM customers WHERE id = 20"), [["Mine", "theirs@example.com"]]);
      await equals(async () => (await page.cell(row, "email")).textContent(), "theirs@example.com");
    },
  },
  {
    name: "a deletion of a row that has changed, and an edit of a row that is gone, are conflicts",
    async run({ page, tab, studio }) {
      await page.open("customers");
      const [changed, gone] = [await page.rowOf("id", "21"), await page.rowOf("id", "22")];
      await (await page.cell(changed, "name")).click();
      await tab.keyboard.press("Delete");
      await page.type(gone, "name", "Nobody");
      await studio.sql("UPDATE customers SET name = 'Changed' WHERE id = 21; DELETE FROM customers WHERE id = 22");
      await page.apply();
      const dialog = tab.locator("dialog.conflicts");
      await dialog.waitFor();
      await contains(() => dialog.textContent(), "Your change of it is dropped");
      await dialog.getByLabel("Delete it anyway").check();
      await dialog.getByRole("button", { name: "Apply with these choices" }).click();
      await tab.locator("dialog").first().waitFor({ state: "detached" });
      await equals(() => studio.sql("SELECT count(*) FROM customers WHERE id IN (21, 22)"), [["0"]]);
    },
  },
  {
    name: "long values, JSON and bytes are edited in the side panel",
    async run({ page, tab, studio }) {
      await studio.sql("INSERT INTO exact (id, label, document) VALUES (100, 'panel', '{\"a\": 1}')");
      await page.open("exact");
      const row = await page.rowOf("id", "100");
      await (await page.cell(row, "document")).dblclick();
      await tab.locator(".value-bar").getByRole("button", { name: "Edit" }).click();
      await tab.locator(".value-area").fill('{"a": 12345678901234567890,}');
      await page.button("Stage").click();
      await contains(() => tab.locator(".value-view .field-problem").last().textContent(), "no JSON");
      await tab.locator(".value-area").fill('{"a": 12345678901234567890}');
      await page.button("Stage").click();
      await tab.locator(".changed-tag").waitFor();
      await (await page.cell(row, "content")).click();
      await contains(() => tab.locator(".panel-head").textContent(), "content");
      await tab
        .locator('.value-bar input[type="file"]')
        .setInputFiles({ name: "a.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0, 255, 1]) });
      await contains(() => tab.locator(".hex").textContent(), "00 ff 01");
      await page.applied();
      const [[document]] = await studio.sql("SELECT document FROM exact WHERE id = 100");
      strictEqual(document, '{"a": 12345678901234567890}');
      const hex = studio.dialect === "sqlite" ? "lower(hex(content))" : "encode(content, 'hex')";
      deepStrictEqual(await studio.sql(`SELECT ${hex} FROM exact WHERE id = 100`), [["00ff01"]]);
      await studio.sql("DELETE FROM exact WHERE id = 100");
    },
  },
  {
    name: "exact values are written back unchanged beside an edit",
    async run({ page, studio }) {
      const read = () => studio.sql("SELECT id, whole, precise, floating, document FROM exact WHERE id IN (1, 2) ORDER BY id");
      const before = await read();
      await page.open("exact");
      await page.type(0, "label", "new label");
      await page.type(1, "label", "another");
      await page.applied();
      deepStrictEqual(await read(), before);
      deepStrictEqual(await studio.sql("SELECT label FROM exact WHERE id IN (1, 2) ORDER BY id"), [["new label"], ["another"]]);
      await studio.sql("UPDATE exact SET label = 'limits' WHERE id = 1; UPDATE exact SET label = 'low' WHERE id = 2");
    },
  },
  {
    name: "staged edits survive a reload and are undone after it",
    async run({ page, tab }) {
      await page.open("customers");
      const row = await page.rowOf("id", "23");
      await page.type(row, "name", "Kept");
      await tab.reload();
      await page.ready();
      await equals(async () => (await page.cell(row, "name")).textContent(), "Kept");
      await contains(() => page.pending(), "1 row changed");
      await page.grid.focus();
      await tab.keyboard.press("Control+z");
      await equals(async () => (await page.cell(row, "name")).textContent(), "Customer 23");
    },
  },
  {
    name: "the log has what was written",
    async run({ page, tab }) {
      await page.open("customers");
      await page.type(await page.rowOf("id", "26"), "name", "For the log");
      await page.applied();
      await page.place("Log");
      await contains(() => tab.locator(".log").textContent(), "For the log");
    },
  },
];
