/**
 * Staged edits. Every change is an operation in a list; what is staged follows from the operations before `at`, and undo and
 * redo move `at`. The list is kept in sessionStorage, so that it survives a reload and a lost server.
 */

import { same } from "./cells.js";
import { own, session, withProperty, withoutProperty } from "./store.js";

/** @typedef {import("./api.js").TableName} TableName */
/** @typedef {import("./cells.js").Staged} Staged */
/**
 * @typedef {object} Edit
 * @property {string} id
 * @property {"insert" | "update" | "delete"} kind
 * @property {TableName} table
 * @property {any[] | null} key the row's key as it was read; null for a new row
 * @property {Record<string, any>} seen the values that the page has seen, by column
 * @property {Record<string, Staged>} set the new values, by column
 */
/**
 * @typedef {{do: "insert", id: string, table: TableName, values: Record<string, Staged>}
 *   | {do: "set", id: string, table: TableName, key: any[] | null, column: string, seen?: any, value: Staged}
 *   | {do: "unset", id: string, column: string}
 *   | {do: "delete", id: string, table: TableName, key: any[] | null, seen: Record<string, any>}
 *   | {do: "drop", id: string}
 *   | {do: "rebase", id: string, seen: Record<string, any>}} Step
 */

/** The id of a row that the database has. @param {TableName} table @param {any[]} key */
export function rowId(table, key) {
  return JSON.stringify([table.schema, table.name, key]);
}

/** Whether two names are of the same table. @param {TableName} left @param {TableName} right */
export function sameTable(left, right) {
  return left.name === right.name && (left.schema ?? null) === (right.schema ?? null);
}

/** @param {Map<string, Edit>} present @param {Step} step */
function take(present, step) {
  const edit = present.get(step.id);
  switch (step.do) {
    case "insert":
      present.set(step.id, { id: step.id, kind: "insert", table: step.table, key: null, seen: {}, set: step.values });
      break;
    case "set": {
      const before = edit ?? { id: step.id, kind: "update", table: step.table, key: step.key, seen: {}, set: {} };
      if (before.kind === "delete") break;
      if (before.kind === "insert") {
        present.set(step.id, { ...before, set: withProperty(before.set, step.column, step.value) });
        break;
      }
      const seen = Object.hasOwn(before.seen, step.column) ? before.seen : withProperty(before.seen, step.column, step.seen);
      const back = same(own(seen, step.column), step.value);
      const set = back ? withoutProperty(before.set, step.column) : withProperty(before.set, step.column, step.value);
      if (Object.keys(set).length === 0) present.delete(step.id);
      else present.set(step.id, { ...before, seen: back ? withoutProperty(seen, step.column) : seen, set });
      break;
    }
    case "unset": {
      if (!edit) break;
      const set = withoutProperty(edit.set, step.column);
      if (edit.kind === "update" && Object.keys(set).length === 0) present.delete(step.id);
      else present.set(step.id, { ...edit, set, seen: edit.kind === "update" ? withoutProperty(edit.seen, step.column) : edit.seen });
      break;
    }
    case "delete":
      if (edit?.kind === "insert") present.delete(step.id);
      else present.set(step.id, { id: step.id, kind: "delete", table: step.table, key: step.key, seen: step.seen, set: {} });
      break;
    case "drop":
      present.delete(step.id);
      break;
    case "rebase":
      if (edit) present.set(step.id, { ...edit, seen: Object.fromEntries([...Object.entries(edit.seen), ...Object.entries(step.seen)]) });
      break;
  }
}

/** Event: `change`. */
export class Edits extends EventTarget {
  /** @type {{label: string, steps: Step[]}[]} */
  #operations = [];
  #at = 0;
  #last = 0;
  /** @type {Map<string, Edit>} */
  #present = new Map();
  /** Whether the browser keeps the edits for a reload. */
  isKept = true;

  /** Takes what an earlier load of the page has kept. */
  restore() {
    const kept = session.get("edits", null);
    if (!Array.isArray(kept?.operations)) return;
    this.#operations = kept.operations;
    this.#at = Math.min(kept.at ?? 0, kept.operations.length);
    this.#last = kept.last ?? 0;
    this.#changed();
  }

  get size() {
    return this.#present.size;
  }

  /** The staged edits in the order in which rows were first touched. @returns {Edit[]} */
  list() {
    return [...this.#present.values()];
  }

  /** @param {string} id */
  of(id) {
    return this.#present.get(id);
  }

  /** The rows that would be new in a table. @param {TableName} table */
  inserts(table) {
    return this.list().filter((edit) => edit.kind === "insert" && sameTable(edit.table, table));
  }

  /** An id for a new row. @param {TableName} table */
  newId(table) {
    return JSON.stringify([table.schema, table.name, "new", ++this.#last]);
  }

  get undoLabel() {
    return this.#operations[this.#at - 1]?.label ?? null;
  }

  get redoLabel() {
    return this.#operations[this.#at]?.label ?? null;
  }

  /** Stages steps that are undone together. @param {string} label @param {Step[]} steps */
  stage(label, steps) {
    if (steps.length === 0) return;
    const before = JSON.stringify(this.list());
    for (const step of steps) take(this.#present, step);
    if (JSON.stringify(this.list()) === before) return;
    this.#operations.length = this.#at;
    this.#operations.push({ label, steps });
    this.#at++;
    this.#changed();
  }

  undo() {
    if (this.#at === 0) return null;
    const { label } = this.#operations[--this.#at];
    this.#changed();
    return label;
  }

  redo() {
    if (this.#at === this.#operations.length) return null;
    const { label } = this.#operations[this.#at++];
    this.#changed();
    return label;
  }

  /** Forgets everything: after it was applied. */
  clear() {
    this.#operations = [];
    this.#at = 0;
    this.#changed();
  }

  #changed() {
    this.#present = new Map();
    for (const { steps } of this.#operations.slice(0, this.#at)) for (const step of steps) take(this.#present, step);
    const kept = this.#operations.length > 0 ? { operations: this.#operations, at: this.#at, last: this.#last } : null;
    this.isKept = session.set("edits", kept);
    this.dispatchEvent(new Event("change"));
  }
}

export const edits = new Edits();

/** Edits as the server takes them. @param {Edit[]} list */
export function forServer(list) {
  return list.map(({ kind, table, key, seen, set }) => {
    if (kind === "insert") return { kind, table, values: set };
    if (kind === "delete") return { kind, table, key, seen };
    return { kind, table, key, seen, set };
  });
}
