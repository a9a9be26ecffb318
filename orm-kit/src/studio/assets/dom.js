/**
 * Elements, made by script. Text becomes text nodes and attributes are set one by one: nothing is ever parsed as HTML,
 * so no content of a database can become markup.
 */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "indeterminate", "hidden", "readOnly", "tabIndex"]);

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * Makes an element. `on` has its listeners, `data` its data attributes; null, undefined and false set no attribute.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

/**
 * Makes an element of SVG.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  append(element, children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, text] of Object.entries(value)) if (text != null) element.dataset[key] = text;
    } else if (value == null || (value === false && !PROPERTIES.has(name))) {
      continue;
    } else if (PROPERTIES.has(name) && !(element instanceof SVGElement)) {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/**
 * Appends children; arrays are flattened, and nothing is appended for null, undefined and false.
 * @param {Element | DocumentFragment} parent
 * @param {Child[]} children
 */
export function append(parent, children) {
  for (const child of children) {
    if (child == null || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replaces all children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Paths of icons in a square of 16, drawn with a stroke. */
const ICONS = {
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.2 3.2L13 5",
  chevron: "M6 4l4 4-4 4",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  left: "M10 4L6 8l4 4",
  right: "M6 4l4 4-4 4",
  first: "M11 4L7 8l4 4M5 4v8",
  search: "M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.8 10.8L14 14",
  filter: "M2 4h12M4.5 8h7M7 12h2",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  copy: "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z",
  undo: "M6 3.5L3 6.5l3 3M3.5 6.5H9a3.5 3.5 0 0 1 0 7H6",
  redo: "M10 3.5l3 3-3 3M12.5 6.5H7a3.5 3.5 0 0 0 0 7h3",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M6 6.3V13",
  view: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  play: "M5 3l8 5-8 5z",
  stop: "M4 4h8v8H4z",
  link: "M6 10l4-4M7 4.5l1-1a3 3 0 0 1 4.2 4.2l-1 1M9 11.5l-1 1a3 3 0 0 1-4.2-4.2l1-1",
  open: "M6 10l6-6M8 4h4v4M11 10v3H3V5h3",
  upload: "M8 11V3M5 6l3-3 3 3M3 13h10",
  download: "M8 3v8M5 8l3 3 3-3M3 13h10",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  auto: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.5V8l2.5 1.5",
  key: "M8 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM8 8h6.5v3M11.5 8v2",
  menu: "M3 8h.01M8 8h.01M13 8h.01",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.5v.2",
  lock: "M4 7.5h8V13H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2",
  pencil: "M3 13l.6-2.6L10.8 3.2l2 2L5.6 12.4z",
  group: "M6 3H3v10h3M10 3h3v10h-3",
  panel: "M2.5 3h11v10h-11zM10 3v10",
  wand: "M3 4h10M3 8h6M3 12h8",
};

/**
 * An icon, hidden from screen readers: the element around it has the label.
 * @param {keyof typeof ICONS} name
 */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/**
 * A button with an icon, a text, or both. Without a text the label is the tooltip too.
 * @param {{icon?: keyof typeof ICONS, text?: string, label?: string, class?: string, on?: (event: Event) => void} & Record<string, any>} options
 */
export function button({ icon: name, text, label, class: style = "", on, ...rest }) {
  const title = label ?? null;
  return h(
    "button",
    {
      type: "button",
      class: `button ${text ? "" : "bare"} ${style}`,
      title,
      "aria-label": text ? null : label,
      ...rest,
      ...(on && { on: { click: on } }),
    },
    name && icon(name),
    text && h("span", {}, text),
  );
}

/**
 * A choice among texts; each option is `[value, text]` or a text.
 * @param {{options: (string | [string, string])[], value?: string, label: string, class?: string, on?: (value: string) => void} & Record<string, any>} options
 */
export function select({ options, value, label, on, class: style = "", ...rest }) {
  const element = h(
    "select",
    { class: `field ${style}`, "aria-label": label, ...rest },
    options.map((option) => {
      const [own, text] = Array.isArray(option) ? option : [option, option];
      return h("option", { value: own }, text);
    }),
  );
  if (value != null) element.value = value;
  if (on) element.addEventListener("change", () => on(element.value));
  return element;
}

/** A fresh id for an element. */
export const fresh = (() => {
  let last = 0;
  return (prefix = "e") => `${prefix}${++last}`;
})();
