/** What the page knows of the database: its tables with their columns, keys and references, fetched in one call. */

import { call } from "./api.js";
import { sameTable } from "./edits.js";

/** @typedef {import("./api.js").TableName} TableName */
/** @typedef {import("./cells.js").Column} Column */
/**
 * @typedef {object} ForeignKey
 * @property {string | null} name
 * @property {string[]} columns
 * @property {TableName} to
 * @property {string[]} toColumns
 * @property {string} [onDelete]
 * @property {string} [onUpdate]
 */
/**
 * @typedef {object} Table
 * @property {string | null} schema
 * @property {string} name
 * @property {string} kind
 * @property {{about: number, exact: boolean} | null} count
 * @property {boolean} editable
 * @property {boolean} [insertable]
 * @property {string | null} why
 * @property {Column[]} columns
 * @property {string[] | null} key
 * @property {string} [keyKind]
 * @property {string[][]} uniques
 * @property {{name: string, columns: string[], unique: boolean, sql: string}[]} indexes
 * @property {ForeignKey[]} foreignKeys
 * @property {string | null} sql
 */

/** Event: `change`, after the tables were read again. */
class Catalog extends EventTarget {
  /** @type {{dialect: string, version: string, database: string, readOnly: boolean, title: string, hasStructs: boolean} | null} */
  info = null;
  /** @type {Table[]} */
  tables = [];

  async load() {
    [this.info, { tables: this.tables }] = await Promise.all([call("info"), call("tables")]);
    this.dispatchEvent(new Event("change"));
  }

  async reload() {
    ({ tables: this.tables } = await call("tables"));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {TableName} name */
  find(name) {
    return this.tables.find((table) => sameTable(table, name)) ?? null;
  }

  /** @param {Table} table @param {string} name @returns {Column} */
  column(table, name) {
    return table.columns.find((column) => column.name === name) ?? { name, type: "", kind: "other" };
  }

  /** The foreign key that begins with this column, if there is one. @param {Table} table @param {string} column */
  reference(table, column) {
    const keys = table.foreignKeys.filter((key) => key.columns.includes(column));
    return keys.sort((left, right) => left.columns.length - right.columns.length)[0] ?? null;
  }

  /** Whether a count that isn't exact is a lower bound: SQLite's rows are counted up to a limit, PostgreSQL's are estimated. */
  get countsAreBounds() {
    return this.info?.dialect === "sqlite";
  }

  /** Why rows of a table can't be edited here, or null if they can. @param {Table} table */
  whyNotEditable(table) {
    if (this.info?.readOnly) return "The studio was started with --read-only.";
    return table.editable ? null : (table.why ?? "This table can't be edited.");
  }

  /** Why a table takes no new rows here, or null if it does: one without a key takes them, too. @param {Table} table */
  whyNotInsertable(table) {
    return !this.info?.readOnly && table.insertable ? null : this.whyNotEditable(table);
  }
}

export const catalog = new Catalog();

/** The filter for the row that a foreign key refers to, or null if one of its values is NULL. */
export function referred(key, value) {
  const parts = key.columns.map((column, index) => ({ column: key.toColumns[index], op: "=", value: value(column) }));
  return parts.some((part) => part.value == null) ? null : { all: parts };
}
