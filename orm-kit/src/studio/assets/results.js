/** The result of a statement as a grid that can be read and copied. */

import { paint } from "./cells.js";
import { copyText, dialog, empty } from "./dialogs.js";
import { button, h } from "./dom.js";
import { exportMenu } from "./exporting.js";
import { Grid } from "./grid.js";
import { parse } from "./json.js";
import { jsonTree } from "./json_tree.js";
import { zone } from "./moments.js";
import { counted, grouped, lasted, marked, visible } from "./text.js";

const SAMPLED = 50;

/** @param {any} result @param {string} sql the statement's text */
export function resultView(result, sql) {
  if (result.columns.length === 0) {
    const what = result.changed == null ? "The statement has run." : `${counted(Number(result.changed), "row")} changed.`;
    return empty(what, `It returned no rows and took ${lasted(result.ms)}.`);
  }
  const columns = result.columns.map((column, index) => ({
    name: column.name,
    type: column.type,
    width: width(result, index),
    numeric: isNumeric(result, index),
  }));
  const source = {
    columns,
    count: () => result.rows.length,
    row: () => ({}),
    paint: (element, row, column) => {
      paint(element, result.rows[row][column], { name: "", type: "", kind: "other" });
      element.classList.toggle("number", columns[column].numeric);
    },
  };
  const grid = new Grid({ source, label: "Result" });
  grid.addEventListener("open", ({ detail }) => showValue(result, detail));
  grid.addEventListener("edit", ({ detail }) => showValue(result, detail));
  grid.addEventListener("key", ({ detail }) => {
    const { event } = detail;
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "c") return;
    detail.handled = true;
    copy(grid, result);
  });
  const repaint = () => (grid.element.isConnected ? grid.repaint() : zone.removeEventListener("change", repaint));
  zone.addEventListener("change", repaint);
  const exportButton = button({
    icon: "download",
    text: "Export",
    class: "small",
    "aria-haspopup": "menu",
    on: () =>
      exportMenu(exportButton, { name: "result", request: () => ({ sql }), about: "Runs the statement again and exports all rows" }),
  });
  const about = h(
    "div",
    { class: "result-about" },
    h("span", {}, `${counted(result.rows.length, "row")}`),
    result.more && h("span", { class: "tag warn" }, `there are more: only the first ${grouped(result.rows.length)} were read`),
    h("span", { class: "muted" }, lasted(result.ms)),
    h("span", { class: "spacer" }),
    exportButton,
  );
  return h(
    "div",
    { class: "result" },
    about,
    h("div", { class: "data-grid" }, grid.element, result.rows.length === 0 && h("div", { class: "view-message" }, empty("No rows"))),
  );
}

function isNumeric(result, index) {
  const kinds = new Set(
    result.rows
      .slice(0, SAMPLED)
      .map((row) => row[index]?.[0])
      .filter(Boolean),
  );
  return kinds.size > 0 && [...kinds].every((kind) => kind === "i" || kind === "r" || kind === "n");
}

function width(result, index) {
  const { name, type } = result.columns[index];
  let longest = name.length + (type?.length ?? 0) + 3;
  for (const row of result.rows.slice(0, SAMPLED))
    longest = Math.max(longest, row[index] == null ? 4 : row[index][0] === "x" ? 14 : row[index][1].length);
  return Math.round(Math.max(64, Math.min(longest * 7.4 + 24, 360)));
}

function showValue(result, { row, column }) {
  const cell = result.rows[row]?.[column];
  if (cell === undefined) return;
  const { name } = result.columns[column];
  let content;
  if (cell === null) content = h("span", { class: "null" }, "NULL");
  else if (cell[0] === "j") content = json(cell[1]);
  else
    content = h(
      "pre",
      { class: "value-text" },
      cell[0] === "x" ? `bytes, ${cell[2]}` : marked(cell[1], { lines: true }),
      cell.length === 3 && cell[0] !== "x" && "…",
    );
  dialog({ title: visible(name), wide: true, body: () => ({ content }) });
}

function json(text) {
  try {
    return jsonTree(parse(text));
  } catch {
    return h("pre", { class: "value-text" }, marked(text, { lines: true }));
  }
}

async function copy(grid, result) {
  const text = (cell) => (cell == null || cell[0] === "x" ? "" : cell[1]);
  const rows = grid.selected.size > 0;
  const lines = rows
    ? grid.rows().map((row) => result.rows[row].map((cell) => text(cell).replace(/[\t\r\n]+/g, " ")).join("\t"))
    : [text(result.rows[grid.row]?.[grid.column])];
  await copyText(lines.join("\n"), rows ? `${counted(lines.length, "row")} copied` : "Copied");
}
