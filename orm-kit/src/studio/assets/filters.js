/** The bar of filters: conditions joined by and / or, in groups, with values as the column's type wants them. */

import { catalog } from "./catalog.js";
import { button, fill, h, icon, select } from "./dom.js";
import { visible } from "./text.js";

/** @typedef {import("./catalog.js").Table} Table */
/** @typedef {{column: string, op: string, value: any, to: any}} Condition */
/** @typedef {{join: "all" | "any", items: (Condition | Group | {opaque: any})[]}} Group */

const COMPARISONS = ["=", "≠", "<", "≤", ">", "≥"];
const TEXT = ["contains", "starts", "ends"];
const NULLS = ["is null", "is not null"];
const WORDS = { starts: "starts with", ends: "ends with" };

/** The operators that make sense for a kind of column. */
function operators(kind) {
  if (kind === "boolean") return ["=", "≠", ...NULLS];
  if (kind === "bytes") return NULLS;
  if (kind === "json" || kind === "array" || kind === "other") return ["=", "≠", ...TEXT, ...NULLS];
  if (kind === "enum" || kind === "uuid") return ["=", "≠", "in", ...NULLS];
  if (kind === "text") return ["=", "≠", ...TEXT, "in", "<", "≤", ">", "≥", "between", ...NULLS];
  return [...COMPARISONS, "between", "in", ...NULLS];
}

const textOf = (value) => (Array.isArray(value) ? value[1] : (value ?? ""));

/** A filter of the server as the bar keeps it. @returns {Group} */
function read(filter) {
  if (!filter) return { join: "all", items: [] };
  const item = (part) => {
    if (Array.isArray(part.all)) return { join: "all", items: part.all.map(item) };
    if (Array.isArray(part.any)) return { join: "any", items: part.any.map(item) };
    if (typeof part.column !== "string") return { opaque: part };
    const [value, to] =
      part.op === "between" ? (part.values ?? []) : [part.op === "in" ? listText(part.values ?? []) : part.value, undefined];
    return { column: part.column, op: part.op, value, to };
  };
  const whole = item(filter);
  return "items" in whole ? whole : { join: "all", items: [whole] };
}

function listText(values) {
  return values
    .map(textOf)
    .map((text) => (/[",]|^\s|\s$/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text))
    .join(", ");
}

/** The parts of `a, "b, c", d`. @param {string} text */
export function listParts(text) {
  const parts = [];
  for (const found of text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/g)) {
    if (found.index === text.length && (parts.length > 0 || text === "")) break;
    parts.push(found[1] != null ? found[1].replaceAll('""', '"') : found[2]);
  }
  return parts;
}

/** The filter as the server takes it. @param {Group} group */
function written(group) {
  const parts = group.items.map(writtenItem).filter(Boolean);
  return parts.length === 0 ? null : { [group.join]: parts };
}

function writtenItem(item) {
  if ("opaque" in item) return item.opaque;
  if ("items" in item) return written(item);
  const { column, op, value, to } = item;
  if (NULLS.includes(op)) return { column, op };
  if (op === "between") return { column, op, values: [value ?? "", to ?? ""] };
  if (op === "in") return { column, op, values: listParts(textOf(value)) };
  return { column, op, value: value ?? "" };
}

/** Event: `apply`, when the filter that counts has changed. */
export class FilterBar extends EventTarget {
  element = h("div", { class: "filters", role: "group", "aria-label": "Filters", hidden: true });
  /** @type {Group} */
  #root = { join: "all", items: [] };
  #applied = null;

  /** @param {Table} table */
  constructor(table) {
    super();
    this.table = table;
  }

  /** The filter that counts. */
  get filter() {
    return this.#applied;
  }

  /** How many conditions count. */
  get size() {
    const size = (part) => (part == null ? 0 : ((part.all ?? part.any)?.reduce((sum, inner) => sum + size(inner), 0) ?? 1));
    return size(this.#applied);
  }

  /** Shows a filter that counts already. */
  show(filter) {
    this.#root = read(filter);
    this.#applied = written(this.#root);
    this.#draw();
  }

  /** Adds a condition to those that count, joined by and. */
  and(column, op, value) {
    if (this.#root.join === "any" && this.#root.items.length > 1) this.#root = { join: "all", items: [this.#root] };
    this.#root.join = "all";
    this.#root.items.push({ column, op, value, to: undefined });
    this.#draw();
    this.apply();
  }

  /** Opens the bar, with an empty condition if it has none, and puts the focus there. @param {string} [column] */
  open(column) {
    if (this.#root.items.length === 0 || column) this.#root.items.push(this.#condition(column));
    this.#draw();
    [...this.element.querySelectorAll(".condition")]
      .at(-1)
      ?.querySelector(column ? ".filter-value, .filter-op" : "select")
      ?.focus();
  }

  apply() {
    this.#applied = written(this.#root);
    this.#draw();
    this.dispatchEvent(new Event("apply"));
  }

  /** Marks the conditions of a column whose value the database refused. @param {string} column */
  refuse(column) {
    for (const field of this.element.querySelectorAll(".filter-value")) {
      if (field.dataset.column === column) field.setAttribute("aria-invalid", "true");
    }
  }

  #condition(column = this.table.columns[0]?.name) {
    const kind = catalog.column(this.table, column).kind;
    return { column, op: operators(kind)[0], value: kind === "boolean" ? "true" : "", to: undefined };
  }

  #draw() {
    const isEmpty = this.#root.items.length === 0;
    this.element.hidden = isEmpty;
    if (isEmpty) {
      this.element.replaceChildren();
      return;
    }
    fill(this.element, this.#group(this.#root, null), h("div", { class: "filter-actions" }, this.#actions()));
    this.#dirty();
  }

  #actions() {
    this.applyButton = button({ text: "Apply", class: "small primary", on: () => this.apply() });
    const clear = () => {
      this.#root = { join: "all", items: [] };
      this.apply();
    };
    return [this.applyButton, button({ text: "Clear", class: "small", on: clear })];
  }

  #dirty() {
    if (this.applyButton) this.applyButton.disabled = JSON.stringify(written(this.#root)) === JSON.stringify(this.#applied);
  }

  #group(group, parent) {
    const items = group.items.map((item, index) => {
      const remove = () => {
        group.items.splice(index, 1);
        this.#draw();
        if (this.#root.items.length === 0) this.apply();
      };
      const body = "opaque" in item ? this.#opaque(item, remove) : "items" in item ? this.#group(item, remove) : this.#row(item, remove);
      return h("div", { class: "filter-item" }, this.#joiner(group, index, parent != null), body);
    });
    const add = (item) => {
      group.items.push(item);
      this.#draw();
    };
    return h(
      "div",
      { class: parent ? "filter-group inner" : "filter-group" },
      items,
      h(
        "div",
        { class: "filter-add" },
        button({ icon: "plus", text: "Condition", class: "small quiet", on: () => add(this.#condition()) }),
        button({
          icon: "group",
          text: "Group",
          class: "small quiet",
          on: () => add({ join: group.join === "all" ? "any" : "all", items: [this.#condition()] }),
        }),
        parent && button({ icon: "close", class: "small quiet", label: "Remove this group", on: parent }),
      ),
    );
  }

  #joiner(group, index, isInner) {
    if (index === 0) return isInner ? null : h("span", { class: "filter-join" }, "where");
    if (index > 1) return h("span", { class: "filter-join" }, group.join === "all" ? "and" : "or");
    const change = (join) => {
      group.join = join;
      this.#draw();
    };
    return select({
      options: [
        ["all", "and"],
        ["any", "or"],
      ],
      value: group.join,
      label: "How conditions are joined",
      class: "filter-join small",
      on: change,
    });
  }

  #opaque(item, remove) {
    return h(
      "div",
      { class: "condition fixed" },
      icon("link"),
      visible(item.opaque.label ?? "related rows"),
      button({ icon: "close", class: "small quiet", label: "Remove this condition", on: remove }),
    );
  }

  #row(item, remove) {
    const column = catalog.column(this.table, item.column);
    const ops = operators(column.kind);
    const columns = this.table.columns.map(({ name }) => [name, visible(name)]);
    const changeColumn = (name) => {
      Object.assign(item, this.#condition(name), {
        value: catalog.column(this.table, name).kind === "boolean" ? "true" : textOf(item.value),
      });
      this.#draw();
    };
    const changeOp = (op) => {
      item.op = op;
      this.#draw();
    };
    return h(
      "div",
      { class: "condition" },
      select({ options: columns, value: item.column, label: "Column", class: "small filter-column", on: changeColumn }),
      select({
        options: (ops.includes(item.op) ? ops : [item.op, ...ops]).map((op) => [op, WORDS[op] ?? op]),
        value: item.op,
        label: "Comparison",
        class: "small filter-op",
        on: changeOp,
      }),
      !NULLS.includes(item.op) && this.#value(item, column, "value", "Value"),
      item.op === "between" && [h("span", { class: "muted" }, "and"), this.#value(item, column, "to", "Upper value")],
      button({ icon: "close", class: "small quiet", label: "Remove this condition", on: remove }),
    );
  }

  #value(item, column, part, label) {
    const choices = column.kind === "boolean" ? ["true", "false"] : column.values;
    const data = { column: column.name };
    const change = (text) => {
      item[part] = text;
      this.#dirty();
    };
    if (choices?.length && item.op !== "in") {
      const value = textOf(item[part]);
      if (!choices.includes(value)) item[part] = choices[0];
      return select({
        options: choices.map((choice) => [choice, visible(choice)]),
        value: textOf(item[part]),
        label,
        class: "small filter-value",
        data,
        on: change,
      });
    }
    const placeholder =
      item.op === "in" ? "a, b, c" : { moment: "2024-12-31 23:59:59Z", date: "2024-12-31", time: "23:59:59", uuid: "uuid" }[column.kind];
    return h("input", {
      class: "field small filter-value",
      "aria-label": label,
      value: textOf(item[part]),
      placeholder,
      spellcheck: "false",
      autocomplete: "off",
      data,
      on: {
        input: (event) => change(event.target.value),
        keydown: (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          this.apply();
        },
      },
    });
  }
}
