/** The view of a table: its toolbar, filters, grid and pages. */

import { call, connection } from "./api.js";
import { catalog, referred } from "./catalog.js";
import { editCell, needsPanel } from "./cell_editor.js";
import { cellMenu, columnMenu } from "./data_menus.js";
import { Pager } from "./data_pager.js";
import { toolbar } from "./data_toolbar.js";
import { copyText, errorBox, failed, toast } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { edits } from "./edits.js";
import { FilterBar } from "./filters.js";
import { Grid } from "./grid.js";
import { zone } from "./moments.js";
import { deleteRows, duplicateRows, insertRow, nameOf, setCells } from "./row_edits.js";
import { SidePanel } from "./side_panel.js";
import { preferences } from "./store.js";
import { TableRows } from "./table_rows.js";
import { counted, tableName } from "./text.js";

/** @typedef {import("./catalog.js").Table} Table */
/** @typedef {{filter?: any, sort?: {column: string, desc: boolean}[]}} ViewState */

export class DataView {
  /** @type {{column: string, desc: boolean}[]} */
  sort = [];
  #abort = new AbortController();
  #last = {};
  #failedLoad = false;
  #stopEditor = null;
  #listeners = new AbortController();

  /**
   * @param {Table} table
   * @param {ViewState} state
   * @param {(table: import("./api.js").TableName, state: ViewState) => void} go opens another table
   * @param {(state: ViewState) => void} remember keeps the state in the browser's history
   */
  constructor(table, state, go, remember) {
    this.table = table;
    this.go = go;
    this.remember = remember;
    this.sort = state.sort ?? [];
    this.rows = new TableRows(table, (row, column) => this.follow(row, column));
    this.filters = new FilterBar(table);
    this.filters.show(state.filter ?? null);
    this.grid = new Grid({ source: this.rows, label: `Rows of ${tableName(table)}`, sortable: true, numbers: (row) => this.#number(row) });
    this.grid.sorted = (index) => this.#order(index);
    this.pager = new Pager(this);
    this.toolbar = toolbar(this);
    this.message = h("div", { class: "view-message", hidden: true });
    this.panel = new SidePanel(this);
    this.element = h(
      "div",
      { class: "data-view" },
      this.toolbar.element,
      this.filters.element,
      h("div", { class: "data-middle" }, h("div", { class: "data-grid" }, this.grid.element, this.message), this.panel.element),
      this.pager.element,
    );
    this.#listen();
    this.load({});
  }

  #listen() {
    const { signal } = this.#listeners;
    const { grid } = this;
    this.filters.addEventListener("apply", () => {
      this.remember({ filter: this.filters.filter, sort: this.sort });
      this.load({});
    });
    grid.addEventListener("sort", (event) => this.#sortBy(event.detail));
    grid.addEventListener("resize", (event) => this.rows.keepWidth(this.rows.columns[event.detail.column].name, event.detail.width));
    grid.addEventListener("edit", (event) => this.edit(event.detail.row, event.detail.column));
    grid.addEventListener("open", () => this.panel.showValue(true));
    grid.addEventListener("move", () => this.panel.follow());
    grid.addEventListener("select", () => this.toolbar.update());
    grid.addEventListener("menu", (event) => cellMenu(this, event.detail));
    grid.addEventListener("column-menu", (event) => columnMenu(this, event.detail));
    grid.addEventListener("key", (event) => this.#key(event.detail));
    edits.addEventListener("change", () => this.#staged(), { signal });
    zone.addEventListener("change", () => grid.repaint(), { signal });
    catalog.addEventListener("change", () => this.toolbar.recount(), { signal });
    connection.addEventListener("back", () => this.#failedLoad && this.load(this.#last), { signal });
  }

  /** Ends what the view waits for, when another one takes its place. */
  close() {
    this.#abort.abort();
    this.#listeners.abort();
    this.panel.close();
  }

  /** Fetches a page: after or before a cursor, or from a key on. */
  async load(where, { keepPlace = false } = {}) {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#last = where;
    this.element.setAttribute("aria-busy", "true");
    const limit = preferences.get("page size", 200, { shared: true });
    try {
      const request = {
        table: nameOf(this.table),
        sort: this.sort,
        filter: this.filters.filter,
        limit,
        columns: null,
        after: null,
        before: null,
        at: null,
        ...where,
      };
      const page = await call("rows", request, { signal });
      this.#failedLoad = false;
      this.#stopEditor?.();
      this.rows.take(page.columns, page.rows);
      this.pager.took(page, where);
      this.message.hidden = true;
      if (!keepPlace) {
        this.grid.element.scrollTop = 0;
        this.grid.row = 0;
        this.grid.selected.clear();
      }
      this.grid.refresh();
      this.panel.follow();
      this.#emptyText();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#loadFailed(error, where);
    } finally {
      if (!signal.aborted) this.element.removeAttribute("aria-busy");
    }
    this.toolbar.update();
  }

  #loadFailed(error, where) {
    this.#failedLoad = true;
    if (where.at && error.status === 404) {
      toast("There is no row with this key.", { error: true });
      return;
    }
    if (error.status === 422 && error.column) this.filters.refuse(error.column);
    if (connection.state !== "ok" && this.rows.count() > 0) return;
    fill(this.message, errorBox(error)).hidden = false;
  }

  #emptyText() {
    if (this.rows.count() > 0) return;
    const text = this.filters.filter ? "No row matches the filters." : "This table has no rows.";
    fill(this.message, h("div", { class: "empty" }, h("div", { class: "empty-title" }, text))).hidden = false;
  }

  /** Fetches the same page again. */
  reload() {
    return this.load(this.#last, { keepPlace: true });
  }

  #staged() {
    this.#stopEditor?.();
    if (this.rows.arrange()) {
      this.grid.selected.clear();
      this.grid.refresh();
      this.message.hidden = this.rows.count() > 0;
      this.#emptyText();
    } else this.grid.repaint();
    this.panel.follow();
    this.toolbar.update();
  }

  #number(row) {
    const index = row - this.rows.fresh;
    if (index < 0) return "new";
    return this.pager.offset == null ? String(index + 1) : String(this.pager.offset + index + 1);
  }

  #order(index) {
    const name = this.rows.columns[index]?.name;
    const place = this.sort.findIndex(({ column }) => column === name);
    return place < 0 ? null : { desc: this.sort[place].desc, place: place + 1, of: this.sort.length };
  }

  #sortBy({ column, several }) {
    const { name } = this.rows.columns[column];
    const before = this.sort.find((part) => part.column === name);
    const next = !before ? { column: name, desc: false } : before.desc ? null : { column: name, desc: true };
    if (several && before) this.sort = this.sort.flatMap((part) => (part === before ? (next ? [next] : []) : [part]));
    else if (several) this.sort = [...this.sort, next];
    else this.sort = next ? [next] : [];
    this.order(this.sort);
  }

  /** Takes another order. */
  order(sort) {
    this.sort = sort;
    this.remember({ filter: this.filters.filter, sort });
    this.load({});
  }

  /** The row and column that are active. */
  get active() {
    const row = this.rows.list[this.grid.row] ?? null;
    return { row, column: this.rows.definitions[this.grid.column] ?? null };
  }

  /** The rows that are selected, or the active one. */
  get chosen() {
    return this.grid.rows().map((row) => this.rows.list[row]);
  }

  /** Opens an editor in a cell, or in the side panel if the value is long. */
  edit(row, index) {
    this.grid.move(row, index);
    const item = this.rows.list[row];
    const column = this.rows.definitions[index];
    if (!item || !column) return;
    const why = this.rows.whyNot(item, column);
    const value = this.rows.value(item, column.name);
    if (why) {
      toast(why);
      return;
    }
    if (needsPanel(value, column)) {
      this.panel.showValue(true);
      return;
    }
    const { grid } = this;
    grid.pinned = row;
    const isNew = item.cells == null;
    this.#stopEditor = editCell(
      grid.cell(row, index),
      { value, stored: this.rows.stored(item, column.name), column, isNew },
      (outcome, next) => {
        this.#stopEditor = null;
        grid.pinned = null;
        const had = grid.element.contains(document.activeElement);
        const place = this.rows.list.indexOf(item);
        if (outcome) setCells(this.rows, [item], column, outcome.value);
        grid.repaint();
        if (had) grid.element.focus({ preventScroll: true });
        if (next === "right" || next === "left") {
          const to = index + (next === "right" ? 1 : -1);
          if (to >= 0 && to < this.rows.columns.length) this.edit(place, to);
        }
      },
    );
  }

  /** Stages a value in the active column of all chosen rows. */
  set(value) {
    const { column } = this.active;
    if (!column) return;
    const why = this.rows.whyNot(this.active.row, column);
    if (why) toast(why);
    else setCells(this.rows, this.chosen, column, value);
  }

  insert() {
    const why = catalog.whyNotInsertable(this.table);
    if (why) {
      toast(why);
      return;
    }
    insertRow(this.rows);
    this.grid.move(
      this.rows.fresh - 1,
      Math.max(
        0,
        this.rows.definitions.findIndex((column) => !column.generated && !column.identity && !this.table.key?.includes(column.name)),
      ),
    );
    this.grid.element.focus();
  }

  async duplicate() {
    const why = catalog.whyNotInsertable(this.table);
    if (why) toast(why);
    else await duplicateRows(this.rows, this.chosen).catch(failed);
  }

  remove() {
    const isNew = this.chosen.every((row) => !row.cells);
    const why = isNew ? null : catalog.whyNotEditable(this.table);
    if (why) toast(why);
    else deleteRows(this.rows, this.chosen);
  }

  /** Opens the row that a foreign key's column refers to. */
  follow(row, column) {
    const key = catalog.reference(this.table, column);
    const filter = key && referred(key, (name) => this.rows.stored(row, name));
    if (filter) this.go(key.to, { filter });
  }

  async copy() {
    const names = this.rows.columns.map(({ name }) => name);
    const text = (row, name) => {
      const value = this.rows.value(row, name);
      return value == null ? "" : typeof value === "string" ? value : value[1];
    };
    const isRows = this.grid.selected.size > 0;
    const lines = isRows
      ? this.chosen.map((row) => names.map((name) => text(row, name).replace(/[\t\r\n]+/g, " ")).join("\t"))
      : [text(this.active.row, this.active.column.name)];
    await copyText(lines.join("\n"), isRows ? `${counted(lines.length, "row")} copied` : "Copied");
  }

  #key(detail) {
    const { event } = detail;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const action = control
      ? { c: () => this.copy(), d: () => this.duplicate(), i: () => this.insert() }[key]
      : event.altKey
        ? { n: () => this.set(null), arrowright: () => this.pager.next(), arrowleft: () => this.pager.previous() }[key]
        : {
            delete: () => this.remove(),
            f: () => this.filterByCell(),
            r: () => this.panel.showRelated(true),
            escape: () => this.panel.close(),
          }[key];
    if (!action || (this.rows.count() === 0 && !(control && key === "i") && !event.altKey)) return;
    detail.handled = true;
    action();
  }

  /** Keeps the rows whose value in a column is that of the active cell. */
  filterByCell(op = "=") {
    const { row, column } = this.active;
    if (!row || !column) return;
    const value = this.rows.value(row, column.name);
    if (value == null) this.filters.and(column.name, op === "=" ? "is null" : "is not null", "");
    else if (value[0] === "x" || value[0] === "u" || value.length === 3)
      toast("This value is too long, or no text: choose a filter above.");
    else this.filters.and(column.name, op, value);
  }
}
