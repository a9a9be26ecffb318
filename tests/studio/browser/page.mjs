// What the tests do with the page, in the words of a user.

import { AssertionError, deepStrictEqual } from "node:assert";

const PATIENCE = 20_000;

/** Waits until a check holds, and fails with its last complaint otherwise. */
export async function eventually(check) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Waits until a function returns what is expected. */
export function equals(read, expected) {
  return eventually(async () => deepStrictEqual(await read(), expected));
}

/** Waits until a text contains a part. */
export function contains(read, part) {
  return eventually(async () => {
    const text = await read();
    if (!String(text).includes(part)) throw new AssertionError({ message: `${JSON.stringify(text)} lacks ${JSON.stringify(part)}` });
  });
}

export class Page {
  /** @param {import("playwright-core").Page} page @param {import("./studio.mjs").Studio} studio */
  constructor(page, studio) {
    this.page = page;
    this.studio = studio;
  }

  /** Forgets what the page has kept in the browser. */
  async forget() {
    await this.page.goto(`${this.studio.origin}/assets/icon.svg`);
    await this.page.evaluate(() => {
      localStorage.clear();
      sessionStorage.clear();
    });
  }

  async go() {
    await this.page.goto(this.studio.url);
    await this.page.locator(".table-entry").first().waitFor();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Opens a table from the sidebar and waits for its rows. */
  async open(table) {
    await this.page
      .locator(".table-entry")
      .filter({ has: this.page.getByText(table, { exact: true }) })
      .click();
    await this.page.locator(".table-title h1", { hasText: table }).waitFor();
    await this.ready();
  }

  /** Waits until no rows are being fetched. */
  ready() {
    return this.page.locator(".data-view:not([aria-busy])").waitFor();
  }

  get grid() {
    return this.page.locator(".data-grid .grid");
  }

  /** The index of a column by its name. */
  async columnIndex(name) {
    const heads = await this.page.locator(".data-grid .grid-column .grid-name").allTextContents();
    const index = heads.indexOf(name);
    if (index < 0) throw new Error(`there is no column ${name} among ${heads.join(", ")}`);
    return index;
  }

  /** A cell by the number of its row in the grid, from 0, and its column's name. */
  async cell(row, column) {
    return this.page.locator(`.data-grid .grid-cell[data-row="${row}"][data-column="${await this.columnIndex(column)}"]`);
  }

  /** The row in the grid, from 0, whose cell in a column has this text. */
  async rowOf(column, text) {
    const index = await this.columnIndex(column);
    return eventually(async () => {
      const cells = await this.page
        .locator(`.data-grid .grid-cell[data-column="${index}"]`)
        .evaluateAll((list) => list.map((cell) => [cell.textContent, cell.dataset.row]));
      const found = cells.find(([shown]) => shown === text);
      if (!found) throw new Error(`no cell of ${column} shows ${text}, but ${cells.map(([shown]) => shown).join(", ")}`);
      return Number(found[1]);
    });
  }

  /** The first texts of a column. */
  async column(name, count) {
    const index = await this.columnIndex(name);
    const cells = await this.page
      .locator(`.data-grid .grid-cell[data-column="${index}"]`)
      .evaluateAll((list) => list.map((cell) => [Number(cell.dataset.row), cell.textContent]));
    return cells
      .sort(([left], [right]) => left - right)
      .slice(0, count)
      .map(([, text]) => text);
  }

  /** Edits a cell in place by typing. */
  async type(row, column, text) {
    await (await this.cell(row, column)).dblclick();
    const field = this.page.locator(".cell-input");
    await field.fill(text);
    await field.press("Enter");
    await field.waitFor({ state: "detached" });
  }

  /** Adds a condition to the filters. */
  async filter(column, op, value) {
    if ((await this.page.locator(".filters .condition").count()) === 0) await this.button("Filter").click();
    else await this.page.getByRole("button", { name: "Condition", exact: true }).last().click();
    const condition = this.page.locator(".filters .condition").last();
    await condition.getByLabel("Column", { exact: true }).selectOption(column);
    await condition.getByLabel("Comparison").selectOption(op);
    if (value === undefined) return;
    const field = condition.getByLabel("Value", { exact: true });
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }

  async applyFilters() {
    await this.page.locator(".filter-actions").getByRole("button", { name: "Apply" }).click();
    await this.ready();
  }

  /** Opens the review of staged edits and applies them. */
  async apply() {
    await this.page.keyboard.press("Control+s");
    await this.page.locator("dialog.review .review-sql .sql-text").waitFor();
    await this.page.locator("dialog.review .dialog-actions .primary").click();
  }

  /** Applies, and waits until nothing is staged. */
  async applied() {
    await this.apply();
    await this.page.locator("dialog.review").waitFor({ state: "detached" });
    await this.page.locator(".pending").waitFor({ state: "hidden" });
    await this.ready();
  }

  pending() {
    return this.page.locator(".pending-text").textContent();
  }

  async place(name) {
    await this.page.locator(".place", { hasText: name }).click();
  }

  /** Runs SQL in the console. */
  async run(sql) {
    await this.page.locator(".editor-area").fill(sql);
    await this.page.keyboard.press("Control+Enter");
    await this.page.locator(".console-results:not([aria-busy]) :is(.tabs, .error-box, .empty)").first().waitFor();
  }

  /** What a click downloads, as text. */
  async download(act) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), act()]);
    const stream = await download.createReadStream();
    const parts = [];
    for await (const part of stream) parts.push(part);
    return { name: download.suggestedFilename(), bytes: Buffer.concat(parts) };
  }
}
