/**
 * A grid of rows with one height. Only the rows in sight are in the document, so a page of 500 rows with 30 columns scrolls as
 * a short one does. What the cells contain is the source's concern.
 */

import { fresh, h } from "./dom.js";
import { headerRow } from "./grid_head.js";
import { onGridKey } from "./grid_keys.js";
import { counted, visible } from "./text.js";

/**
 * @typedef {object} GridColumn
 * @property {string} name
 * @property {string} [type]
 * @property {number} width
 * @property {boolean} [numeric]
 * @property {boolean} [key]
 * @property {boolean} [reference]
 * @property {string} [hint]
 */
/**
 * @typedef {object} GridSource
 * @property {GridColumn[]} columns
 * @property {() => number} count
 * @property {(element: HTMLElement, row: number, column: number) => void} paint fills a cell
 * @property {(row: number) => {class?: string, mark?: string, label?: string}} row how a row looks
 */

export const ROW_HEIGHT = 28;
const HEAD_HEIGHT = 30;
const AHEAD = 8;

/**
 * Events: `move` (the active cell), `select`, `edit` ({row, column, text?}), `open` ({row, column}), `key` (an unknown key),
 * `sort` ({column, several}), `resize` ({column, width}), `menu` ({row, column, x, y}), `column-menu` ({column, at}).
 */
export class Grid extends EventTarget {
  /** @type {GridSource} */
  source;
  id = fresh("grid");
  row = 0;
  column = 0;
  /** @type {Set<number>} */
  selected = new Set();
  anchor = 0;
  /** The row that must stay in the document while it is edited. @type {number | null} */
  pinned = null;
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  #first = 0;
  #last = -1;

  /** @param {{source: GridSource, label: string, sortable?: boolean, numbers?: (row: number) => string}} options */
  constructor({ source, label, sortable = false, numbers = (row) => String(row + 1) }) {
    super();
    this.source = source;
    this.sortable = sortable;
    this.numbers = numbers;
    this.head = h("div", { class: "grid-head", role: "rowgroup" });
    this.body = h("div", { class: "grid-body", role: "rowgroup" });
    this.element = h(
      "div",
      {
        class: "grid",
        role: "grid",
        tabIndex: 0,
        "aria-label": visible(label),
        "aria-multiselectable": "true",
        on: {
          scroll: () => this.#render(),
          keydown: (event) => onGridKey(this, event),
          pointerdown: (event) => this.#pressed(event),
          dblclick: (event) => this.#twice(event),
          contextmenu: (event) => this.#menu(event),
          focus: () => this.#mark(),
        },
      },
      this.head,
      this.body,
    );
    new ResizeObserver(() => this.#render()).observe(this.element);
    this.refresh();
  }

  /** Draws everything again: other rows or other columns. */
  refresh() {
    const { columns } = this.source;
    const count = this.source.count();
    this.row = Math.max(0, Math.min(this.row, count - 1));
    this.column = Math.max(0, Math.min(this.column, columns.length - 1));
    for (const row of this.selected) if (row >= count) this.selected.delete(row);
    this.element.setAttribute("aria-rowcount", String(count + 1));
    this.element.setAttribute("aria-colcount", String(columns.length + 1));
    this.widths();
    const focused = this.head.contains(document.activeElement) ? /** @type {any} */ (document.activeElement).dataset.column : null;
    this.head.replaceChildren(headerRow(this));
    if (focused != null) /** @type {any} */ (this.head.querySelector(`[data-column="${focused}"]`) ?? this.element).focus();
    this.body.style.height = `${count * ROW_HEIGHT}px`;
    this.body.replaceChildren();
    this.#rows.clear();
    this.#last = -1;
    this.#render();
  }

  /** Takes the widths of the columns. */
  widths() {
    const widths = this.source.columns.map((column) => `${column.width}px`);
    this.element.style.setProperty("--columns", `52px ${widths.join(" ")}`);
    const whole = 52 + this.source.columns.reduce((sum, column) => sum + column.width, 0);
    this.element.style.setProperty("--whole", `${whole}px`);
  }

  /** Draws the rows again that are in sight; their contents have changed. */
  repaint() {
    for (const [row, element] of this.#rows) if (row !== this.pinned) this.#paint(element, row);
    this.#mark();
  }

  #render() {
    const count = this.source.count();
    const top = this.element.scrollTop;
    const height = this.element.clientHeight || 600;
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - AHEAD);
    const last = Math.min(count - 1, Math.ceil((top + height) / ROW_HEIGHT) + AHEAD);
    if (first === this.#first && last === this.#last) return;
    [this.#first, this.#last] = [first, last];
    for (const [row, element] of this.#rows) {
      if ((row >= first && row <= last) || row === this.pinned) continue;
      element.remove();
      this.#rows.delete(row);
    }
    const fresh = document.createDocumentFragment();
    for (let row = first; row <= last; row++) {
      if (this.#rows.has(row)) continue;
      const element = h("div", { class: "grid-row", role: "row", "aria-rowindex": String(row + 2) });
      element.style.transform = `translateY(${row * ROW_HEIGHT}px)`;
      this.#paint(element, row);
      this.#rows.set(row, element);
      fresh.append(element);
    }
    this.body.append(fresh);
    this.#mark();
  }

  #paint(element, row) {
    const look = this.source.row(row);
    const isSelected = this.selected.has(row);
    element.className = `grid-row ${look.class ?? ""} ${isSelected ? "selected" : ""}`;
    element.setAttribute("aria-selected", String(isSelected));
    const cells = [
      h(
        "div",
        {
          class: "grid-number",
          role: "rowheader",
          data: { row: String(row) },
          "aria-label": `row ${this.numbers(row)}${look.label ? `, ${look.label}` : ""}`,
        },
        look.mark ? h("span", { class: "mark" }, look.mark) : null,
        this.numbers(row),
      ),
    ];
    for (let column = 0; column < this.source.columns.length; column++) {
      const cell = h("div", {
        class: "grid-cell",
        role: "gridcell",
        id: `${this.id}-${row}-${column}`,
        "aria-colindex": String(column + 2),
        data: { row: String(row), column: String(column) },
      });
      this.source.paint(cell, row, column);
      cells.push(cell);
    }
    element.replaceChildren(...cells);
  }

  /** The element of a cell, if it is in the document. @returns {HTMLElement | null} */
  cell(row = this.row, column = this.column) {
    return /** @type {any} */ (this.#rows.get(row)?.children[column + 1] ?? null);
  }

  #mark() {
    for (const element of this.body.querySelectorAll(".active")) element.classList.remove("active");
    const cell = this.cell();
    cell?.classList.add("active");
    if (cell) this.element.setAttribute("aria-activedescendant", cell.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** Makes a cell the active one, and scrolls it into sight. */
  move(row, column) {
    const count = this.source.count();
    if (count === 0) return;
    this.row = Math.max(0, Math.min(row, count - 1));
    this.column = Math.max(0, Math.min(column, this.source.columns.length - 1));
    this.#intoSight();
    this.#render();
    this.#mark();
    this.dispatchEvent(new Event("move"));
  }

  #intoSight() {
    const { element } = this;
    const top = this.row * ROW_HEIGHT;
    const room = element.clientHeight - HEAD_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_HEIGHT > element.scrollTop + room) element.scrollTop = top + ROW_HEIGHT - room;
    const left = this.source.columns.slice(0, this.column).reduce((sum, column) => sum + column.width, 0);
    const width = this.source.columns[this.column]?.width ?? 0;
    const across = element.clientWidth - 52;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (left + width > element.scrollLeft + across) element.scrollLeft = Math.min(left, left + width - across);
  }

  /** How many rows are in sight. */
  get pageRows() {
    return Math.max(1, Math.floor((this.element.clientHeight - HEAD_HEIGHT) / ROW_HEIGHT) - 1);
  }

  /** Selects rows. @param {Iterable<number>} rows */
  select(rows) {
    this.selected = new Set(rows);
    for (const [row, element] of this.#rows) {
      element.classList.toggle("selected", this.selected.has(row));
      element.setAttribute("aria-selected", String(this.selected.has(row)));
    }
    this.dispatchEvent(new Event("select"));
  }

  /** Selects the rows between the anchor and `row`. */
  selectTo(row) {
    const [low, high] = [Math.min(this.anchor, row), Math.max(this.anchor, row)];
    this.select(Array.from({ length: high - low + 1 }, (_, index) => low + index));
  }

  /** The selected rows, or the active one if none is. @returns {number[]} */
  rows() {
    if (this.selected.size > 0) return [...this.selected].sort((left, right) => left - right);
    return this.source.count() > 0 ? [this.row] : [];
  }

  fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #pressed(event) {
    if (event.target.closest(".cell-editor, .grid-head")) return;
    const number = event.target.closest(".grid-number");
    const cell = event.target.closest(".grid-cell");
    if (number) {
      const row = Number(number.dataset.row);
      if (event.shiftKey) this.selectTo(row);
      else if (event.ctrlKey || event.metaKey) this.select(toggled(this.selected, row));
      else this.select(this.selected.size === 1 && this.selected.has(row) ? [] : [row]);
      if (!event.shiftKey) this.anchor = row;
      this.move(row, this.column);
    } else if (cell && !event.target.closest("button, a")) {
      const row = Number(cell.dataset.row);
      if (event.shiftKey) this.selectTo(row);
      else if (this.selected.size > 0 && event.button === 0 && !event.ctrlKey) this.select([]);
      if (!event.shiftKey) this.anchor = row;
      this.move(row, Number(cell.dataset.column));
    }
  }

  #twice(event) {
    const cell = event.target.closest(".grid-cell");
    if (cell && !event.target.closest(".cell-editor, button"))
      this.fire("edit", { row: Number(cell.dataset.row), column: Number(cell.dataset.column) });
  }

  #menu(event) {
    const cell = event.target.closest(".grid-cell, .grid-number");
    if (!cell || event.target.closest(".cell-editor")) return;
    event.preventDefault();
    this.move(Number(cell.dataset.row), cell.dataset.column == null ? this.column : Number(cell.dataset.column));
    this.fire("menu", { row: this.row, column: this.column, x: event.clientX, y: event.clientY });
  }

  /** What is selected, for a status line. */
  summary() {
    return this.selected.size > 0 ? `${counted(this.selected.size, "row")} selected` : "";
  }
}

function toggled(set, value) {
  const copy = new Set(set);
  if (!copy.delete(value)) copy.add(value);
  return copy;
}
