/** The list of tables and views, with a search. */

import { catalog } from "./catalog.js";
import { failed } from "./dialogs.js";
import { button, fill, h, icon } from "./dom.js";
import { edits, sameTable } from "./edits.js";
import { aboutRows, short, tableName } from "./text.js";

export class Sidebar {
  #current = null;

  /** @param {(table: import("./catalog.js").Table) => void} open */
  constructor(open) {
    this.open = open;
    this.search = h("input", {
      class: "field search-field",
      type: "search",
      "aria-label": "Search tables",
      placeholder: "Search tables  /",
      spellcheck: "false",
      autocomplete: "off",
      on: { input: () => this.#draw(), keydown: (event) => this.#searchKey(event) },
    });
    this.list = h("div", { class: "table-list", on: { keydown: (event) => this.#listKey(event) } });
    this.element = h(
      "nav",
      { class: "sidebar", "aria-label": "Tables" },
      h(
        "div",
        { class: "sidebar-head" },
        this.search,
        button({ icon: "refresh", class: "small quiet", label: "Read the tables again", on: () => catalog.reload().catch(failed) }),
      ),
      this.list,
    );
    catalog.addEventListener("change", () => this.#draw());
    edits.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** Marks the open table. @param {import("./api.js").TableName | null} table */
  mark(table) {
    this.#current = table;
    this.#draw();
  }

  #found() {
    const parts = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return catalog.tables.filter((table) => {
      const name = `${table.schema ?? ""}.${table.name}`.toLowerCase();
      return parts.every((part) => name.includes(part));
    });
  }

  #draw() {
    const found = this.#found();
    const groups = new Map();
    for (const table of found) {
      const schema = table.schema && table.schema !== "public" ? `${table.schema}: ` : "";
      const title = `${schema}${table.kind.includes("view") ? "Views" : "Tables"}`;
      groups.set(title, [...(groups.get(title) ?? []), table]);
    }
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.index : null;
    let index = 0;
    fill(
      this.list,
      found.length === 0 &&
        h("p", { class: "muted pad" }, catalog.tables.length === 0 ? "This database has no tables." : "No table has such a name."),
      [...groups].map(([title, tables]) =>
        h(
          "section",
          {},
          h(
            "h2",
            { class: "list-heading" },
            tableName({ schema: null, name: title }),
            h("span", { class: "muted" }, String(tables.length)),
          ),
          h(
            "ul",
            {},
            tables.map((table) => this.#entry(table, index++)),
          ),
        ),
      ),
    );
    if (focused != null) this.list.querySelector(`[data-index="${focused}"]`)?.focus();
  }

  #entry(table, index) {
    const isCurrent = this.#current != null && sameTable(this.#current, table);
    const staged = edits.list().filter((edit) => sameTable(edit.table, table)).length;
    const count = aboutRows(table.count, catalog.countsAreBounds, short);
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "table-entry",
          data: { index: String(index) },
          title: `${tableName(table)}${table.count ? `, ${aboutRows(table.count, catalog.countsAreBounds)} rows` : ""}${table.kind === "table" ? "" : `, ${table.kind}`}`,
          "aria-current": isCurrent ? "page" : null,
          on: { click: () => this.open(table) },
        },
        icon(table.kind.includes("view") ? "view" : "table"),
        h("span", { class: "entry-name" }, tableName({ schema: null, name: table.name })),
        staged > 0 && h("span", { class: "staged-count", title: "rows with staged edits" }, String(staged)),
        h("span", { class: "entry-count" }, count),
      ),
    );
  }

  #searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      event.preventDefault();
      this.search.value = "";
      this.#draw();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.list.querySelector("button")?.focus();
    } else if (event.key === "Enter") {
      const [first] = this.#found();
      if (first) this.open(first);
    }
  }

  #listKey(event) {
    const entries = [...this.list.querySelectorAll(".table-entry")];
    const index = entries.indexOf(document.activeElement);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) this.search.focus();
    else entries[Math.min(to, entries.length - 1)]?.focus();
  }
}
