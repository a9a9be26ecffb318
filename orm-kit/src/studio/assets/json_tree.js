/** A JSON value as a tree that folds. Arrow keys move, open and close; large arrays are opened in parts. */

import { button, h, icon } from "./dom.js";
import { counted, marked, visible } from "./text.js";

const PART = 100;
const OPEN_LEVELS = 2;

/** @param {import("./json.js").Json} json */
export function jsonTree(json) {
  const root = h("ul", { class: "json-tree", role: "tree", "aria-label": "JSON" }, node(null, json, 0));
  root.addEventListener("keydown", (event) => onKey(root, event));
  const first = root.querySelector("[role=treeitem]");
  if (first) first.tabIndex = 0;
  return root;
}

function node(name, json, level) {
  const label = name == null ? null : [h("span", { class: "json-name" }, marked(String(name))), h("span", { class: "json-colon" }, ": ")];
  const children = json.kind === "object" ? json.entries : json.kind === "array" ? json.items.map((item, index) => [index, item]) : null;
  if (!children)
    return h(
      "li",
      { class: "json-leaf", role: "treeitem", tabIndex: -1, "aria-level": String(level + 1) },
      h("div", { class: "json-line" }, label, leaf(json)),
    );
  const isOpen = level < OPEN_LEVELS && children.length > 0;
  const about = json.kind === "object" ? `{ ${counted(children.length, "entry", "entries")} }` : `[ ${counted(children.length, "item")} ]`;
  const group = h("ul", { role: "group" });
  const item = h(
    "li",
    { class: "json-branch", role: "treeitem", tabIndex: -1, "aria-level": String(level + 1), "aria-expanded": String(isOpen) },
    h(
      "div",
      { class: "json-line", on: { click: () => toggle(item) } },
      h("span", { class: "json-fold" }, icon("chevron")),
      label,
      h("span", { class: "json-about" }, about),
    ),
    group,
  );
  item.fillGroup = () => {
    if (group.childElementCount === 0) more(group, children, 0, level);
  };
  if (isOpen) item.fillGroup();
  return item;
}

function more(group, children, from, level) {
  for (const [name, value] of children.slice(from, from + PART)) group.append(node(name, value, level + 1));
  const left = children.length - from - PART;
  if (left <= 0) return;
  const next = h(
    "li",
    { role: "none" },
    button({
      text: `${counted(Math.min(left, PART), "more item")} of ${left}`,
      class: "small quiet",
      on: () => {
        next.remove();
        more(group, children, from + PART, level);
      },
    }),
  );
  group.append(next);
}

function leaf(json) {
  if (json.kind === "string") return h("span", { class: "json-string" }, '"', marked(json.text), '"');
  return h("span", { class: json.kind === "number" ? "json-number" : "json-word" }, visible(json.text));
}

function toggle(item, open = item.getAttribute("aria-expanded") !== "true") {
  item.fillGroup?.();
  item.setAttribute("aria-expanded", String(open));
}

function onKey(root, event) {
  const now = event.target.closest("[role=treeitem]");
  if (!now || event.target !== now) return;
  const items = [...root.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));
  const index = items.indexOf(now);
  const go = (item) => {
    if (!item) return;
    now.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  };
  const isBranch = now.hasAttribute("aria-expanded");
  const isOpen = now.getAttribute("aria-expanded") === "true";
  const actions = {
    ArrowDown: () => go(items[index + 1]),
    ArrowUp: () => go(items[index - 1]),
    Home: () => go(items[0]),
    End: () => go(items.at(-1)),
    ArrowRight: () => (isBranch && !isOpen ? toggle(now, true) : go(items[index + 1])),
    ArrowLeft: () => (isBranch && isOpen ? toggle(now, false) : go(now.parentElement.closest("[role=treeitem]"))),
    Enter: () => isBranch && toggle(now),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}
