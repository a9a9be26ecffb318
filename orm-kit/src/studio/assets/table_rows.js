/** The rows of a page of a table, with what is staged: new rows first, then those of the database with their new values. */

import { catalog } from "./catalog.js";
import { isNumeric, otherZone, paint } from "./cells.js";
import { button, h } from "./dom.js";
import { edits, rowId } from "./edits.js";
import { own, preferences } from "./store.js";
import { visible } from "./text.js";

/** @typedef {import("./catalog.js").Table} Table */
/** @typedef {{id: string, key: any[] | null, cells: any[] | null}} Row */

const CHAR = 7.25;
const SAMPLED = 100;
const NARROWEST = 72;
const WIDEST = 320;
const WIDEST_NUMBER = 460;

/** @implements {import("./grid.js").GridSource} */
export class TableRows {
  /** @type {Row[]} */
  #rows = [];
  /** @type {Row[]} what is shown: new rows, then `#rows` */
  list = [];
  /** @type {Map<string, number>} */
  #places = new Map();
  /** Whether the widths follow from the values of a first page. */
  #isFitted = false;

  /** @param {Table} table @param {(row: Row, column: string) => void} follow opens the row that a cell refers to */
  constructor(table, follow) {
    this.table = table;
    this.follow = follow;
    this.kept = preferences.get(`columns ${JSON.stringify([table.schema, table.name])}`, { widths: [], hidden: [] });
    this.#choose();
  }

  /** Takes a page: the names of its columns and its rows as the server sent them. */
  take(names, rows) {
    this.#places = new Map(names.map((name, index) => [name, index]));
    this.#rows = rows.map(({ key, cells }, index) => ({ id: key ? rowId(this.table, key) : `unkeyed ${index}`, key, cells }));
    this.arrange();
    if (!this.#isFitted && rows.length > 0) {
      this.#isFitted = true;
      this.#choose();
    }
  }

  /** Puts new rows that are staged before those of the page. Returns whether the number of rows has changed. */
  arrange() {
    const before = this.list.length;
    const inserts = edits.inserts(this.table).map(({ id }) => ({ id, key: null, cells: null }));
    this.list = [...inserts, ...this.#rows];
    return before !== this.list.length;
  }

  /** How many of the rows are new. */
  get fresh() {
    return this.list.length - this.#rows.length;
  }

  #choose() {
    const hidden = new Set(this.kept.hidden);
    const key = new Set(this.table.key ?? []);
    const widths = new Map(this.kept.widths);
    this.columns = this.table.columns
      .filter((column) => !hidden.has(column.name))
      .map((column) => {
        const reference = catalog.reference(this.table, column.name);
        return {
          name: column.name,
          type: column.type,
          width: widths.get(column.name) ?? this.#width(column),
          numeric: isNumeric(column),
          key: key.has(column.name),
          reference: reference != null,
          hint: hint(column, reference),
        };
      });
    this.definitions = this.columns.map(({ name }) => catalog.column(this.table, name));
  }

  /** The width of a column that nobody has changed: as its name, its type and the first values need it. */
  #width(column) {
    const type = Math.min(column.type?.length ?? 0, 16);
    const head = CHAR * column.name.length + 6.4 * type + 46;
    let longest = column.kind === "boolean" ? 5 : 0;
    for (const row of this.#rows.slice(0, SAMPLED)) longest = Math.max(longest, lengthOf(this.stored(row, column.name)));
    const isWhole = isNumeric(column) || column.kind === "uuid" || column.kind === "moment";
    const values = Math.min(CHAR * longest + 22, isWhole ? WIDEST_NUMBER : WIDEST);
    return Math.round(Math.max(NARROWEST, Math.min(head, 300), values));
  }

  /** Keeps a column's width. */
  keepWidth(name, width) {
    this.kept.widths = [...this.kept.widths.filter(([other]) => other !== name), [name, width]];
    this.#keep();
  }

  /** Shows or hides columns. @param {string[]} hidden */
  hide(hidden) {
    this.kept.hidden = hidden;
    this.#keep();
    this.#choose();
  }

  #keep() {
    preferences.set(`columns ${JSON.stringify([this.table.schema, this.table.name])}`, this.kept);
  }

  count() {
    return this.list.length;
  }

  /** The value of the database. @param {Row} row @param {string} column */
  stored(row, column) {
    const place = this.#places.get(column);
    return place == null || !row.cells ? undefined : row.cells[place];
  }

  /** The value as staged, or else that of the database; undefined if a new row takes its default. */
  value(row, column) {
    const set = edits.of(row.id)?.set;
    return set && Object.hasOwn(set, column) ? set[column] : this.stored(row, column);
  }

  /** All values of the database in a row, by column. @param {Row} row */
  seen(row) {
    return Object.fromEntries([...this.#places].map(([name, place]) => [name, row.cells[place]]));
  }

  paint(element, row, index) {
    const item = this.list[row];
    const column = this.definitions[index];
    const edit = edits.of(item.id);
    const value = this.value(item, column.name);
    const isChanged = edit != null && Object.hasOwn(edit.set, column.name);
    if (value === undefined) element.replaceChildren(h("span", { class: "null" }, this.#defaultText(column)));
    else paint(element, value, column);
    element.classList.toggle("number", value !== undefined && isNumeric(column));
    element.classList.toggle("changed", isChanged);
    const tooltip = otherZone(value) ?? (isChanged && edit.kind === "update" ? `was ${labelOf(own(edit.seen, column.name))}` : null);
    if (tooltip) element.title = tooltip;
    if (this.columns[index].reference && Array.isArray(value) && item.cells) {
      element.append(
        button({
          icon: "open",
          class: "follow",
          label: "Open the row that this refers to",
          tabIndex: -1,
          on: () => this.follow(item, column.name),
        }),
      );
    }
  }

  /** What a new row gets in a column that nobody sets. */
  #defaultText(column) {
    if (column.generated) return "computed";
    const isCounted =
      catalog.info?.dialect === "sqlite" && column.kind === "integer" && this.table.key?.length === 1 && this.table.key[0] === column.name;
    if (column.identity || isCounted) return "next number";
    if (column.default != null) return `default ${visible(column.default)}`;
    return column.nullable === false ? "required" : "NULL";
  }

  row(row) {
    const edit = edits.of(this.list[row].id);
    if (!edit) return {};
    return {
      insert: { class: "new", mark: "+", label: "new" },
      update: { class: "edited", mark: "•", label: "changed" },
      delete: { class: "gone", mark: "−", label: "to be deleted" },
    }[edit.kind];
  }

  /** Why a cell can't be edited, or null if it can. @param {Row} row @param {import("./cells.js").Column} column */
  whyNot(row, column) {
    const whole = row.cells ? catalog.whyNotEditable(this.table) : catalog.whyNotInsertable(this.table);
    if (whole) return whole;
    if (column.generated) return `The database computes ${visible(column.name)}.`;
    if (row.cells && !row.key) return "This row has no key.";
    if (edits.of(row.id)?.kind === "delete") return "This row is staged to be deleted.";
    return null;
  }
}

/** About how many characters a cell shows. */
function lengthOf(cell) {
  if (cell == null) return 4;
  return cell[0] === "x" ? 15 : Math.min(cell[1].length, 80) + (cell.length === 3 ? 8 : 0);
}

function labelOf(cell) {
  return cell == null ? "NULL" : visible(cell[0] === "x" ? "bytes" : cell[1].slice(0, 200));
}

function hint(column, reference) {
  const parts = [];
  if (column.nullable === false) parts.push("not null");
  if (column.default != null) parts.push(`default ${column.default}`);
  if (column.generated) parts.push("generated");
  if (column.identity) parts.push("identity");
  if (reference) parts.push(`→ ${reference.to.name}`);
  if (column.comment) parts.push(column.comment);
  return parts.join(", ");
}
