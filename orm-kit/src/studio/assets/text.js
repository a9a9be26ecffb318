/**
 * Text of a database, made safe to look at: characters that are invisible, that control or that turn the direction of text
 * are shown by their code, so that a name or a value can't pretend to be another one.
 */

import { h } from "./dom.js";

// Controls, soft hyphen, direction marks, invisible spaces and fillers, separators of lines, tags, lone surrogates.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;
const JOINERS = /[\u200c\u200d]/;
const WIDE = /[^\u0000-\u024f]/u;

/** What stands for a hidden character. */
function sign(char, joins) {
  if (joins && JOINERS.test(char)) return char;
  if (char === "\n") return "⏎";
  if (char === "\t") return "⇥";
  return `‹${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** Whether a joiner at `index` joins letters of a script, or pictures, that need it. */
function joinsHere(text, index) {
  return index > 0 && WIDE.test(text[index - 1]) && index + 1 < text.length && WIDE.test(text[index + 1]);
}

/**
 * A text in one line for labels, tooltips and options: hidden characters by their code.
 * @param {string} text
 */
export function visible(text) {
  return String(text).replace(HIDDEN, (char, index) => sign(char, joinsHere(text, index)));
}

/**
 * The nodes of a text: hidden characters are marked, and with `edges` so are spaces at its beginning and end.
 * `lines` keeps ends of lines and tabs as they are.
 * @param {string} text
 * @param {{edges?: boolean, lines?: boolean}} [options]
 * @returns {Node[]}
 */
export function marked(text, { edges = false, lines = false } = {}) {
  const nodes = [];
  let from = 0;
  const plain = (to) => {
    if (to > from) nodes.push(document.createTextNode(text.slice(from, to)));
  };
  let end = text.length;
  if (edges) {
    const leading = /^ +/.exec(text)?.[0].length ?? 0;
    if (leading) nodes.push(dots(leading));
    from = leading;
    end = Math.max(leading, text.length - (/ +$/.exec(text)?.[0].length ?? 0));
  }
  for (const found of text.matchAll(HIDDEN)) {
    const char = found[0];
    if (lines && (char === "\n" || char === "\t")) continue;
    const shown = sign(char, joinsHere(text, found.index));
    if (shown === char) continue;
    plain(found.index);
    const code = `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    nodes.push(h("span", { class: shown.length > 1 ? "hidden-char" : "faint-char", title: code }, shown));
    from = found.index + char.length;
  }
  plain(end);
  if (edges && end < text.length) nodes.push(dots(text.length - end));
  return nodes;
}

function dots(count) {
  return h("span", { class: "faint-char", title: count === 1 ? "a space" : `${count} spaces` }, "·".repeat(Math.min(count, 40)));
}

/**
 * The full name of a table as shown: with its schema unless that is `public`.
 * @param {{schema: string | null, name: string}} table
 */
export function tableName(table) {
  return table.schema && table.schema !== "public" ? `${visible(table.schema)}.${visible(table.name)}` : visible(table.name);
}

/** A number with separators: `1,234,567`. @param {number} count */
export function grouped(count) {
  return Number(count).toLocaleString("en-US");
}

/** `1 row`, `2 rows`. @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/**
 * A count of rows: exact, about right, or a lower bound.
 * @param {{about: number, exact: boolean} | null | undefined} count @param {boolean} isLowerBound what a count is that isn't exact
 * @param {(count: number) => string} [write]
 */
export function aboutRows(count, isLowerBound, write = grouped) {
  if (!count) return "";
  return `${count.exact ? "" : isLowerBound ? "≥ " : "~"}${write(Number(count.about))}`;
}

/** A count in few characters: `12.3k`, `5.0M`. @param {number} count */
export function short(count) {
  if (count < 10_000) return grouped(count);
  for (const [unit, text] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (count >= unit) return `${(count / unit).toFixed(count / unit < 100 ? 1 : 0).replace(".0", "")}${text}`;
  }
  return String(count);
}

/** A length in bytes as people say it. @param {number} bytes */
export function sized(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A duration in milliseconds as people say it. @param {number} ms */
export function lasted(ms) {
  if (ms == null) return "";
  if (ms < 10) return `${Number(ms).toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** The index in `text` of its n-th code point. @param {string} text @param {number} count */
export function indexOfPoint(text, count) {
  let index = 0;
  for (let left = count; left > 0 && index < text.length; left--) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}
