/**
 * Values: how a cell looks, what text an editor begins with, and when two are the same. A staged value is a cell as the server
 * sends them, or the text that a person typed, which the server reads by the column's type.
 */

import { h } from "./dom.js";
import { inZone, zone } from "./moments.js";
import { marked, sized } from "./text.js";

/** @typedef {import("./api.js").Cell} Cell */
/** @typedef {Cell | string} Staged */
/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} type the database's word
 * @property {string} kind
 * @property {boolean} [nullable]
 * @property {string | null} [default]
 * @property {boolean} [generated]
 * @property {boolean} [identity]
 * @property {string[] | null} [values]
 * @property {string | null} [comment]
 */

const SHOWN = 400;
const NUMBERS = new Set(["i", "r", "n"]);
const KIND_OF_COLUMN = {
  integer: "i",
  real: "r",
  decimal: "n",
  boolean: "b",
  json: "j",
  moment: "m",
  date: "d",
  time: "h",
  array: "a",
  bytes: "s",
};

/** A typed text as the cell that the column probably makes of it. @param {Staged} value @param {Column} column @returns {Cell} */
export function asCell(value, column) {
  return typeof value === "string" ? [KIND_OF_COLUMN[column.kind] ?? "s", value] : value;
}

/** Whether a column's values stand at the right. @param {Column} column */
export function isNumeric(column) {
  return column.kind === "integer" || column.kind === "real" || column.kind === "decimal";
}

/** Whether only a part of the value is here. Short bytes are whole. @param {Cell} cell */
export function isCut(cell) {
  if (cell == null || cell.length < 3) return false;
  return cell[0] !== "x" || (cell[1] === "" && cell[2] > 0);
}

/** How many bytes a cell of bytes has; those that are staged are base64 without a length. @param {Cell} cell */
export function lengthInBytes(cell) {
  return cell[2] ?? Math.floor((cell[1].replace(/=+$/, "").length * 3) / 4);
}

/** The bytes of a cell that has them all. @param {Cell} cell */
export function bytesIn(cell) {
  return Uint8Array.from(atob(cell[1]), (char) => char.charCodeAt(0));
}

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes in one line: a UUID if the column has such, short ones in hexadecimal, or else their length. */
function bytesText(cell, column) {
  const length = lengthInBytes(cell);
  if (length === 0) return "no bytes";
  if (isCut(cell) || length > 24) return `bytes, ${sized(length)}`;
  const hex = hexOf(bytesIn(cell));
  if (column.kind === "uuid" && length === 16) return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return `x'${hex}'`;
}

/**
 * Fills an element with a value in one line.
 * @param {HTMLElement} element
 * @param {Staged} value
 * @param {Column} column
 */
export function paint(element, value, column) {
  const cell = asCell(value, column);
  element.replaceChildren(...nodes(cell, column));
  element.classList.toggle("number", cell != null && NUMBERS.has(cell[0]));
}

/** @param {Cell} cell @param {Column} column @returns {Node[]} */
function nodes(cell, column) {
  if (cell === null) return [h("span", { class: "null" }, "NULL")];
  const [kind, text] = cell;
  if (kind === "x") return [h("span", { class: "bytes" }, bytesText(cell, column))];
  if (kind === "u")
    return [h("span", { class: "tag warn", title: "This text isn't UTF-8. Its bytes are shown." }, "not UTF-8"), ` ${text.slice(0, 80)}`];
  if (kind === "b") return [h("span", { class: `boolean ${text === "true" ? "yes" : "no"}` }, text)];
  if (kind === "m") return [document.createTextNode(inZone(text) ?? text)];
  if (kind === "s" && text === "") return [h("span", { class: "null" }, "empty")];
  const shown = [...marked(text.length > SHOWN ? text.slice(0, SHOWN) : text, { edges: kind === "s" })];
  if (text.length > SHOWN || cell.length === 3) shown.push(document.createTextNode("…"));
  if (cell.length === 3) shown.push(h("span", { class: "tag" }, sized(cell[2])));
  return shown;
}

/** A small element with a value in it. @param {Staged | undefined} value @param {Column} column @param {string} [style] */
export function chip(value, column, style = "") {
  const element = h("span", { class: `chip ${style}` });
  if (value === undefined) element.append(h("span", { class: "null" }, "default"));
  else paint(element, value, column);
  return element;
}

/** The text that an editor begins with. @param {Staged | undefined} value */
export function editable(value) {
  if (value == null) return "";
  return typeof value === "string" ? value : value[1];
}

/** Whether two values are the same. */
export function same(left, right) {
  return JSON.stringify(left ?? null) === JSON.stringify(right ?? null) && (left === undefined) === (right === undefined);
}

/**
 * What typed text stages for a column that had `before`: the cell itself if nothing changed, so that it stays bit for bit.
 * @param {string} text @param {Column} column @param {Cell | undefined} before
 * @returns {Staged}
 */
export function staged(text, column, before) {
  if (before && before.length === 2 && before[0] !== "x" && before[0] !== "u" && before[1] === text) return before;
  const isText = !["integer", "real", "decimal", "boolean", "moment", "date", "time", "uuid", "json", "array"].includes(column.kind);
  if (!isText && text === "" && column.nullable !== false) return null;
  return text;
}

/** What a value's kind is called. @param {Cell} cell */
export function kindName(cell) {
  if (cell === null) return "NULL";
  const names = {
    i: "integer",
    r: "floating point",
    n: "decimal",
    b: "boolean",
    s: "text",
    j: "JSON",
    m: "moment",
    d: "date",
    t: "time",
    h: "time",
    a: "array",
    x: "bytes",
    u: "text that isn't UTF-8",
  };
  return names[cell[0]] ?? cell[0];
}

/** The moment in the other zone, for a tooltip. @param {Staged} value */
export function otherZone(value) {
  if (!Array.isArray(value) || value[0] !== "m") return null;
  const other = inZone(value[1], !zone.local);
  return other && (zone.local ? `${other} UTC` : other);
}
