/** Editors inside a cell: a text, or a choice for booleans and enums. NULL, the empty text and the default are told apart. */

import { editable, staged } from "./cells.js";
import { button, h } from "./dom.js";
import { visible } from "./text.js";

/** @typedef {import("./cells.js").Column} Column */
/** @typedef {import("./cells.js").Staged} Staged */

/** Whether a value is better edited in the side panel. @param {Staged | undefined} value @param {Column} column */
export function needsPanel(value, column) {
  if (column.kind === "bytes" || (Array.isArray(value) && (value[0] === "x" || value[0] === "u" || value.length === 3))) return true;
  const text = editable(value);
  return column.kind === "json" || text.length > 300 || /[\n\r]/.test(text);
}

/**
 * Edits a value in place.
 * @param {HTMLElement} cell
 * @param {{value: Staged | undefined, stored: any, column: Column, isNew: boolean}} what
 * @param {(outcome: {value: Staged | undefined} | null, next: "stay" | "down" | "right" | "left") => void} done
 */
export function editCell(cell, { value, stored, column, isNew }, done) {
  const choices = column.kind === "boolean" ? ["true", "false"] : column.values?.length ? column.values : null;
  const editor = choices ? choiceEditor(choices, value, column, isNew) : textEditor(value, stored, column, isNew);
  let isOpen = true;
  const end = (outcome, next) => {
    if (!isOpen) return;
    isOpen = false;
    done(outcome, next);
  };
  const box = h("div", { class: "cell-editor" }, editor.field, editor.tools);
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") end(null, "stay");
    else if (event.key === "Enter" && !event.isComposing) end({ value: editor.read() }, "stay");
    else if (event.key === "Tab") end({ value: editor.read() }, event.shiftKey ? "left" : "right");
    else if (event.altKey && event.key.toLowerCase() === "n" && column.nullable !== false) end({ value: null }, "stay");
    else return;
    event.preventDefault();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) end({ value: editor.read() }, "stay");
  });
  editor.choose = (chosen) => end({ value: chosen }, "stay");
  cell.replaceChildren(box);
  editor.field.focus();
  editor.field.select?.();
  return () => end(null, "stay");
}

function textEditor(value, stored, column, isNew) {
  const editor = { choose: /** @type {(value: any) => void} */ (() => {}) };
  const field = h("input", {
    class: "cell-input",
    "aria-label": `New value of ${visible(column.name)}`,
    value: editable(value),
    placeholder: value === null ? "NULL" : value === undefined ? "default" : "",
    spellcheck: "false",
    autocomplete: "off",
  });
  let isTouched = false;
  field.addEventListener("input", () => {
    isTouched = true;
    field.placeholder = "";
  });
  const isText = column.kind === "text" || column.kind === "other";
  const tools = h(
    "div",
    { class: "cell-tools" },
    column.nullable !== false && button({ text: "NULL", class: "small", title: "Alt+N", on: () => editor.choose(null) }),
    isText && value !== "" && button({ text: "Empty text", class: "small", on: () => editor.choose("") }),
    isNew && button({ text: "Default", class: "small", on: () => editor.choose(undefined) }),
  );
  return Object.assign(editor, { field, tools, read: () => (isTouched ? staged(field.value, column, stored) : value) });
}

function choiceEditor(choices, value, column, isNew) {
  const editor = { choose: /** @type {(value: any) => void} */ (() => {}) };
  const now = value === undefined ? "default" : value === null ? "null" : `=${editable(value)}`;
  const options = choices.map((choice) => [`=${choice}`, visible(choice) || "(empty)"]);
  if (!options.some(([own]) => own === now) && now.startsWith("=")) options.unshift([now, visible(now.slice(1))]);
  if (column.nullable !== false || value === null) options.push(["null", "NULL"]);
  if (isNew) options.push(["default", "default"]);
  const field = h(
    "select",
    { class: "cell-input", "aria-label": `New value of ${visible(column.name)}` },
    options.map(([own, text]) => h("option", { value: own }, text)),
  );
  field.value = now;
  const read = () => {
    if (field.value === now) return value;
    if (field.value === "null") return null;
    return field.value === "default" ? undefined : field.value.slice(1);
  };
  return Object.assign(editor, { field, tools: null, read });
}
