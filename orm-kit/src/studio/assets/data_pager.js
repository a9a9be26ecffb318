/** The foot of a table's view: pages in both directions, a jump to a key, the number of rows, and the statement that was run. */

import { dialog } from "./dialogs.js";
import { asCell } from "./cells.js";
import { catalog } from "./catalog.js";
import { button, fill, h, select } from "./dom.js";
import { listParts } from "./filters.js";
import { sqlText } from "./sql_text.js";
import { preferences } from "./store.js";
import { counted, grouped, lasted, visible } from "./text.js";

const SIZES = ["50", "100", "200", "500"];

export class Pager {
  /** How many rows are before this page, or null if that isn't known. @type {number | null} */
  offset = 0;
  #where = {};
  #page = { next: null, previous: null, rows: [], statement: "", ms: 0 };

  /** @param {import("./data.js").DataView} view */
  constructor(view) {
    this.view = view;
    const { table } = view;
    this.firstButton = button({ icon: "first", class: "small", label: "First page", on: () => view.load({}) });
    this.previousButton = button({ icon: "left", class: "small", label: "Previous page (Alt+←)", on: () => this.previous() });
    this.nextButton = button({ icon: "right", class: "small", label: "Next page (Alt+→)", on: () => this.next() });
    this.place = h("span", { class: "pager-place", role: "status" });
    this.time = h("button", {
      type: "button",
      class: "button bare small quiet",
      title: "The statement that was run",
      on: { click: () => this.#statement() },
    });
    const names = table.key?.map(visible).join(", ");
    this.jump = h("input", {
      class: "field small jump",
      "aria-label": `Jump to ${names}`,
      placeholder: `Jump to ${names}`,
      spellcheck: "false",
      autocomplete: "off",
      on: { keydown: (event) => event.key === "Enter" && this.#jumpTo(event.target.value) },
    });
    const size = String(preferences.get("page size", 200, { shared: true }));
    this.element = h(
      "div",
      { class: "pager" },
      h("div", { class: "button-group" }, this.firstButton, this.previousButton, this.nextButton),
      this.place,
      table.key && this.jump,
      h("span", { class: "spacer" }),
      this.time,
      select({
        options: SIZES.map((own) => [own, `${own} rows a page`]),
        value: size,
        label: "Rows a page",
        class: "small",
        on: (value) => this.#resize(value),
      }),
    );
    this.#draw();
  }

  /** Shows what a page says about its place. */
  took(page, where) {
    if (where !== this.#where) {
      const before = this.offset;
      if (where.after) this.offset = before == null ? null : before + this.#page.rows.length;
      else if (where.before) this.offset = before == null ? null : Math.max(0, before - page.rows.length);
      else this.offset = where.at ? null : 0;
    }
    if (!page.previous) this.offset = 0;
    this.#where = where;
    this.#page = page;
    this.#draw();
  }

  next() {
    if (this.#page.next) this.view.load({ after: this.#page.next });
  }

  previous() {
    if (this.#page.previous) this.view.load({ before: this.#page.previous });
  }

  #draw() {
    const page = this.#page;
    this.firstButton.disabled = !page.previous;
    this.previousButton.disabled = !page.previous;
    this.nextButton.disabled = !page.next;
    const count = page.rows.length;
    const from = this.offset == null ? null : this.offset + 1;
    this.place.textContent =
      count === 0 ? "no rows" : from == null ? counted(count, "row") : `rows ${grouped(from)}–${grouped(from + count - 1)}`;
    fill(this.time, lasted(page.ms));
  }

  #resize(value) {
    preferences.set("page size", Number(value), { shared: true });
    this.view.load({});
  }

  #jumpTo(text) {
    if (text.trim() === "") {
      this.view.load({});
      return;
    }
    const { table } = this.view;
    const parts = table.key.length === 1 ? [text] : listParts(text);
    const isRowid = table.keyKind === "rowid";
    this.view.load({
      at: parts.map((part, index) => (isRowid ? ["i", part.trim()] : asCell(part, catalog.column(table, table.key[index])))),
    });
  }

  #statement() {
    dialog({
      title: "Statement of this page",
      wide: true,
      body: () => ({ content: h("pre", { class: "sql-text" }, sqlText(this.#page.statement, catalog.info?.dialect)) }),
    });
  }
}
