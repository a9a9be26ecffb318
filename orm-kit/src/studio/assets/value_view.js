/** The whole value of a cell: text, JSON as a tree, bytes on demand; edited here if it is long. */

import { call, fetchFile, saveFile } from "./api.js";
import { asCell, bytesIn, editable, isCut, kindName, lengthInBytes, otherZone, staged } from "./cells.js";
import { copyText, errorBox, failed, loading } from "./dialogs.js";
import { append, button, fill, h } from "./dom.js";
import { edits } from "./edits.js";
import { parse, pretty } from "./json.js";
import { jsonTree } from "./json_tree.js";
import { inZone, zone } from "./moments.js";
import { base64, nameOf, setCells } from "./row_edits.js";
import { counted, marked, sized, visible } from "./text.js";

const LARGEST_SHOWN = 2_000_000;
const HEX_ROWS = 128;
const HEX_COLUMNS = 8;

/** @typedef {import("./data.js").DataView} DataView */
/** @typedef {import("./table_rows.js").Row} Row */
/** @typedef {import("./cells.js").Column} Column */

/**
 * @param {DataView} view @param {Row} row @param {Column} column @param {AbortSignal} signal
 * @param {() => void} redraw
 */
export function valueView(view, row, column, signal, redraw) {
  const value = view.rows.value(row, column.name);
  const why = view.rows.whyNot(row, column);
  const edit = edits.of(row.id);
  const isChanged = edit != null && Object.hasOwn(edit.set, column.name);
  const cell = value === undefined ? undefined : asCell(value, column);
  const place = h("div", { class: "value-place" });
  const facts = h(
    "div",
    { class: "value-facts" },
    cell === undefined ? "default" : kindName(cell),
    isChanged && h("span", { class: "tag changed-tag" }, "changed, not applied"),
  );
  const bar = h("div", { class: "value-bar" });
  const set = (next) => {
    setCells(view.rows, [row], column, next);
    redraw();
  };
  const context = { view, row, column, why, facts, bar, place, set, signal, isChanged };
  if (cell?.[0] === "x" || (cell == null && column.kind === "bytes")) showBytes(context, cell);
  else if (cell?.[0] === "u") showForeign(context, cell);
  else if (isCut(cell)) showCut(context, cell);
  else showText(context, cell);
  return h("div", { class: "value-view" }, facts, bar, place, why && h("p", { class: "muted pad" }, why));
}

function fileName({ view, column }, end) {
  return `${view.table.name}-${column.name}.${end}`;
}

async function fetchWhole({ view, row, column, signal }) {
  return (await call("cell", { table: nameOf(view.table), key: row.key, column: column.name }, { signal })).value;
}

function downloadButton(context, end) {
  const { view, row, column } = context;
  return button({
    icon: "download",
    text: "Download",
    class: "small",
    on: async () => {
      try {
        saveFile(await fetchFile("download", { table: nameOf(view.table), key: row.key, column: column.name }), fileName(context, end));
      } catch (error) {
        failed(error);
      }
    },
  });
}

function showCut(context, cell) {
  const { place, bar, row } = context;
  fill(place, h("pre", { class: "value-text" }, marked(cell[1], { lines: true }), "…"));
  fill(bar, h("span", { class: "muted" }, `the first 1,000 characters of ${sized(cell[2])}`));
  if (!row.key) return;
  const load = button({
    text: "Show all",
    class: "small",
    on: async () => {
      fill(place, loading());
      try {
        showText(context, await fetchWhole(context));
      } catch (error) {
        if (error.name !== "AbortError") fill(place, errorBox(error));
      }
    },
  });
  bar.append(h("span", { class: "spacer" }), load, downloadButton(context, cell[0] === "j" ? "json" : "txt"));
}

function showText(context, cell) {
  const { place, bar, column, why, facts } = context;
  const text = editable(cell ?? null);
  const isJson = cell != null && (cell[0] === "j" || column.kind === "json");
  const long = text.length > 0 ? counted([...text.slice(0, LARGEST_SHOWN)].length, "character") : "";
  append(facts, [h("span", { class: "muted" }, long)]);
  if (cell?.[0] === "m")
    append(facts, [
      h(
        "span",
        { class: "muted" },
        `${inZone(cell[1]) ?? cell[1]} ${inZone(cell[1]) ? zone.name : ""}`,
        otherZone(cell) ? ` · ${otherZone(cell)}` : "",
      ),
    ]);
  bar.replaceChildren();
  if (text.length > LARGEST_SHOWN) {
    fill(place, h("pre", { class: "value-text" }, marked(text.slice(0, LARGEST_SHOWN), { lines: true })));
    fill(
      bar,
      h("span", { class: "muted" }, `the first ${sized(LARGEST_SHOWN)}`),
      h("span", { class: "spacer" }),
      downloadButton(context, "txt"),
    );
    return;
  }
  const shows = isJson ? readJson(text) : null;
  const asTree = () => fill(place, jsonTree(shows.tree));
  const asText = () => fill(place, textForm(context, cell, text, shows));
  if (shows?.tree) {
    const treeButton = button({ text: "Tree", class: "small", "aria-pressed": "true" });
    const textButton = button({ text: why ? "Text" : "Edit", class: "small", "aria-pressed": "false" });
    const choose = (chosen, draw) => {
      for (const one of [treeButton, textButton]) one.setAttribute("aria-pressed", String(one === chosen));
      draw();
    };
    treeButton.addEventListener("click", () => choose(treeButton, asTree));
    textButton.addEventListener("click", () => choose(textButton, asText));
    bar.append(h("div", { class: "button-group" }, treeButton, textButton));
    asTree();
  } else asText();
  append(bar, [
    h("span", { class: "spacer" }),
    choices(context),
    button({ icon: "copy", text: "Copy", class: "small", disabled: cell == null, on: () => copyText(text) }),
  ]);
}

/** Buttons for what no text says: NULL, the default, the value before. */
function choices({ column, why, set, isChanged, row }) {
  if (why) return null;
  return [
    isChanged && row.cells && button({ icon: "undo", text: "As it was", class: "small", on: () => set(undefined) }),
    !row.cells && isChanged && button({ text: "Default", class: "small", on: () => set(undefined) }),
    column.nullable !== false && button({ text: "NULL", class: "small", on: () => set(null) }),
  ];
}

function readJson(text) {
  try {
    return { tree: parse(text), error: null };
  } catch (error) {
    return { tree: null, error: error.message };
  }
}

function textForm(context, cell, text, json) {
  const { column, why, set, view, row } = context;
  if (why) {
    if (cell === null) return h("p", { class: "null pad" }, "NULL");
    return h(
      "pre",
      { class: "value-text", tabIndex: 0 },
      text === "" ? h("span", { class: "null" }, "empty") : marked(text, { lines: true }),
    );
  }
  if (column.kind === "boolean" || column.values?.length) {
    const options = (column.values ?? ["true", "false"]).map((choice) =>
      button({ text: visible(choice), class: "small", "aria-pressed": String(cell != null && text === choice), on: () => set(choice) }),
    );
    return h("div", { class: "value-choices" }, options);
  }
  const before = view.rows.stored(row, column.name);
  const problem = h("div", { class: "field-problem", role: "alert" });
  const area = h("textarea", {
    class: "value-area",
    "aria-label": `Value of ${visible(column.name)}`,
    placeholder: cell === null ? "NULL" : cell === undefined ? "default" : "empty text",
    spellcheck: "false",
    value: json?.tree ? pretty(json.tree) : text,
  });
  const begin = area.value;
  const stage = () => {
    const problems = json ? readJson(area.value).error : null;
    problem.textContent = problems ? `This is no JSON: ${problems}.` : "";
    if (problems) return;
    area.classList.remove("is-edited");
    const next = area.value === begin && json?.tree ? text : area.value;
    set(staged(next, column, before));
  };
  const stageButton = button({ text: "Stage", class: "small primary", title: "Ctrl+Enter", disabled: true, on: stage });
  area.addEventListener("input", () => {
    const isEdited = area.value !== begin || cell == null;
    area.classList.toggle("is-edited", isEdited);
    stageButton.disabled = !isEdited;
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!stageButton.disabled) stage();
    }
    if (event.key === "Escape" && area.classList.contains("is-edited")) {
      event.preventDefault();
      event.stopPropagation();
      area.value = begin;
      area.classList.remove("is-edited");
      stageButton.disabled = true;
    }
  });
  const empty =
    (column.kind === "text" || column.kind === "other") && text === "" && cell == null
      ? button({ text: "Empty text", class: "small", on: () => set("") })
      : null;
  return h(
    "div",
    { class: "value-form" },
    json?.error && cell && h("p", { class: "field-problem" }, `The stored text is no JSON: ${visible(json.error)}.`),
    area,
    problem,
    h("div", { class: "value-actions" }, empty, stageButton),
  );
}

function showBytes(context, cell) {
  const { facts, bar, place, why, set, row, isChanged, column } = context;
  const length = cell == null ? 0 : lengthInBytes(cell);
  if (cell != null) append(facts, [h("span", { class: "muted" }, `${sized(length)} (${counted(length, "byte")})`)]);
  const pick = h("input", {
    type: "file",
    hidden: true,
    "aria-label": "File with the new bytes",
    on: { change: () => pick.files[0] && base64(pick.files[0]).then((text) => set(["x", text]), failed) },
  });
  fill(
    bar,
    row.key && cell != null && !isChanged && downloadButton(context, "bin"),
    !why && [button({ icon: "upload", text: "From a file", class: "small", on: () => pick.click() }), pick],
    h("span", { class: "spacer" }),
    choices({ column, why, set, isChanged, row }),
  );
  if (cell == null) fill(place, h("p", { class: "null" }, cell === null ? "NULL" : "default"));
  else if (!isCut(cell) && length > 0) fill(place, hexView(bytesIn(cell)));
  else if (length === 0) fill(place, h("p", { class: "muted pad" }, "No bytes."));
  else if (!row.key) fill(place, h("p", { class: "muted pad" }, "This row has no key, so its bytes can't be fetched."));
  else if (length > LARGEST_SHOWN) fill(place, h("p", { class: "muted pad" }, "Too long to be shown here. Download them instead."));
  else fill(place, h("div", { class: "pad" }, button({ text: "Show the bytes", class: "small", on: () => fetchBytes(context) })));
}

async function fetchBytes({ view, row, column, signal, place }) {
  fill(place, loading());
  try {
    const blob = await fetchFile("download", { table: nameOf(view.table), key: row.key, column: column.name }, { signal });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    fill(place, await picture(bytes), hexView(bytes));
  } catch (error) {
    if (error.name !== "AbortError") fill(place, errorBox(error));
  }
}

const PICTURES = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];

/** The bytes as a picture, if they are one. Only pictures that can't contain scripts. */
async function picture(bytes) {
  const type = PICTURES.find(([, begin]) => begin.every((byte, index) => bytes[index] === byte))?.[0];
  if (!type) return null;
  const url = URL.createObjectURL(new Blob([bytes], { type: String(type) }));
  const image = h("img", { class: "value-picture", alt: "These bytes as a picture", src: url });
  image.addEventListener("load", () => URL.revokeObjectURL(url));
  image.addEventListener("error", () => image.remove());
  return image;
}

function hexView(bytes) {
  const lines = [];
  const shown = Math.min(bytes.length, HEX_ROWS * HEX_COLUMNS);
  for (let from = 0; from < shown; from += HEX_COLUMNS) {
    const part = [...bytes.subarray(from, from + HEX_COLUMNS)];
    const hex = part
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ")
      .padEnd(3 * HEX_COLUMNS - 1);
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${from.toString(16).padStart(6, "0")}  ${hex}  ${text}`);
  }
  if (bytes.length > shown) lines.push(`… ${counted(bytes.length - shown, "more byte")}`);
  return h("pre", { class: "hex", tabIndex: 0, "aria-label": "Bytes in hexadecimal" }, lines.join("\n"));
}

function showForeign(context, cell) {
  const { facts, bar, place, row } = context;
  facts.append(h("span", { class: "muted" }, `${sized(cell[2])}; its first bytes in hexadecimal:`));
  fill(bar, row.key && downloadButton(context, "txt"), h("span", { class: "spacer" }), choices(context));
  const bytes = Uint8Array.from(cell[1].match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  fill(place, hexView(bytes));
}
