/** SQL in colours: enough of each database's rules to tell words, texts, names, numbers and comments apart. */

import { h } from "./dom.js";
import { marked } from "./text.js";

const WORDS = new Set(
  `abort action add after all alter analyze and any array as asc attach autoincrement before begin between by cascade case cast check
  coalesce collate column commit concurrently conflict constraint create cross current current_date current_timestamp database default
  deferrable deferred delete desc detach distinct do drop each else end escape except exclude exists explain extension fail false fetch
  filter first following for foreign from full function generated group having if ignore ilike immediate in index inner insert instead
  intersect into is isnull join key last lateral left like limit materialized natural no not nothing notnull null nulls of offset on only
  or order outer over partition plan pragma preceding primary procedure query range recursive references reindex release rename replace
  restrict returning right rollback row rows savepoint schema select set similar table temp temporary then to transaction trigger true
  truncate type unbounded union unique update using vacuum values view virtual when where window with without`.split(/\s+/),
);

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|([eE]?'(?:[^'])*(?:'|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\3\$|$))|("(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]\n]*\])|(\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)/g;

/**
 * The nodes of a statement. A brace in `[…]` is a quoted name on SQLite alone.
 * @param {string} text @param {string} [dialect] @param {{plain?: boolean}} [options] `plain`: without marks of hidden characters
 * @returns {(Node | string)[]}
 */
export function sqlText(text, dialect = "sqlite", { plain = false } = {}) {
  const nodes = [];
  let from = 0;
  const add = (part, style) => {
    if (!part) return;
    const inner = plain ? [part] : marked(part, { lines: true });
    nodes.push(...(style ? [h("span", { class: style }, inner)] : inner));
  };
  for (const found of text.matchAll(TOKEN)) {
    const [whole, comment, string, , name, number, word] = found;
    if (name?.startsWith("[") && dialect !== "sqlite") continue;
    const style = comment
      ? "sql-comment"
      : string
        ? "sql-string"
        : name
          ? "sql-name"
          : number
            ? "sql-number"
            : WORDS.has(word?.toLowerCase())
              ? "sql-word"
              : null;
    if (!style) continue;
    add(text.slice(from, found.index), null);
    add(whole, style);
    from = found.index + whole.length;
  }
  add(text.slice(from), null);
  return nodes;
}

/** A block of SQL. @param {string} text @param {string} [dialect] */
export function sqlBlock(text, dialect) {
  return h("pre", { class: "sql-text", tabIndex: 0 }, sqlText(text, dialect));
}
