/** The page's frame: its head, the sidebar, the view that the address names, and the bar of staged edits. */

import { call, connection, takeToken } from "./api.js";
import { catalog } from "./catalog.js";
import { ConsoleView } from "./console.js";
import { DataView } from "./data.js";
import { empty, errorBox, loading, toast } from "./dialogs.js";
import { button, fill, h, icon, select } from "./dom.js";
import { edits, sameTable } from "./edits.js";
import { listen, showKeys } from "./keyboard.js";
import { logView } from "./log.js";
import { zone } from "./moments.js";
import { pendingBar, review } from "./review.js";
import { SchemaView } from "./schema.js";
import { Sidebar } from "./sidebar.js";
import { banner } from "./status.js";
import { preferences, session } from "./store.js";
import { tableName, visible } from "./text.js";

const PLACES = [
  ["data", "Data"],
  ["sql", "SQL"],
  ["schema", "Schema"],
  ["log", "Log"],
];

const main = h("main", { id: "main", tabIndex: -1 });
let sidebar = null;
let view = null;
let lastData = "#/data";
const kept = new Map();

/** The address of a table's view. @param {import("./api.js").TableName} table */
function addressOf(table) {
  return `#/data/${encodeURIComponent(table.schema ?? "")}/${encodeURIComponent(table.name)}`;
}

/** What the address names. @returns {{place: string, parts: string[]}} */
function address() {
  const [place = "", ...parts] = location.hash.replace(/^#\/?/, "").split("/");
  const plain = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  return { place: PLACES.some(([id]) => id === place) ? place : "data", parts: parts.map(plain) };
}

/** Goes to an address, with the state of its view. */
function go(hash, state = null) {
  history.pushState(state, "", hash);
  show();
}

function openTable(table, state = {}) {
  go(addressOf(table), state);
}

function show() {
  const { place, parts } = address();
  for (const tab of document.querySelectorAll(".place")) {
    if (tab.dataset.place === place) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  view?.close?.();
  view = null;
  document.body.dataset.place = place;
  if (place === "data") showData(parts);
  else {
    sidebar.mark(null);
    view = keptView(place, parts);
    fill(main, view.element);
    view.shown?.(parts);
  }
  const name = { data: parts[1] ? visible(parts[1]) : "data", sql: "SQL", schema: "schema", log: "log" }[place];
  document.title = `${name} · ${visible(catalog.info?.title ?? "mizzle studio")}`;
}

/** The console stays as it is while other views are open; the others are made again. */
function keptView(place, parts) {
  if (place === "log") return logView();
  if (!kept.has(place)) kept.set(place, place === "sql" ? new ConsoleView() : new SchemaView({ openTable, go }));
  return kept.get(place, parts);
}

function showData([schema, name]) {
  const table = name != null ? catalog.find({ schema: schema || null, name }) : null;
  sidebar.mark(table);
  lastData = location.hash;
  if (!table) {
    if (name != null) fill(main, empty("There is no such table", "It may have been renamed or dropped. Choose another one."));
    else if (catalog.tables.length === 0)
      fill(main, empty("This database has no tables", "Create one in the SQL console, or run the migrations of your program."));
    else fill(main, empty("Choose a table", "The list at the left has all tables and views. Press / to search them, and ? for all keys."));
    return;
  }
  session.set("last table", { schema: table.schema, name: table.name });
  const remember = (state) => history.replaceState(state, "", location.hash);
  view = new DataView(table, history.state ?? {}, openTable, remember);
  fill(main, view.element);
  view.grid.element.focus({ preventScroll: true });
}

function placeTab([id, text]) {
  return h(
    "a",
    {
      class: "place",
      href: `#/${id}`,
      data: { place: id },
      on: {
        click: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          goTo(id);
        },
      },
    },
    text,
  );
}

function goTo(place) {
  go(place === "data" ? lastData : `#/${place}`, place === "data" && lastData === location.hash ? history.state : null);
}

function themeButton() {
  const themes = ["auto", "light", "dark"];
  const names = { auto: "as the system", light: "light", dark: "dark" };
  const icons = { auto: "auto", light: "sun", dark: "moon" };
  const control = button({ icon: "auto", label: "Colours", on: () => use(themes[(themes.indexOf(theme()) + 1) % themes.length]) });
  const theme = () => preferences.get("theme", "auto", { shared: true });
  const use = (name) => {
    preferences.set("theme", name, { shared: true });
    document.documentElement.dataset.theme = name;
    fill(control, icon(icons[name]));
    control.title = `Colours: ${names[name]}`;
    control.setAttribute("aria-label", control.title);
  };
  use(themes.includes(theme()) ? theme() : "auto");
  return control;
}

function head() {
  const { info } = catalog;
  const dialect = info.dialect === "postgres" ? "PostgreSQL" : "SQLite";
  return h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "brand" },
      h("span", { class: "brand-mark" }, icon("wand")),
      h("span", { class: "brand-name" }, visible(info.title ?? "mizzle studio")),
    ),
    h("nav", { class: "places", "aria-label": "Views" }, PLACES.map(placeTab)),
    h("span", { class: "spacer" }),
    info.readOnly &&
      h("span", { class: "tag warn", title: "Started with --read-only: the database refuses every write." }, icon("lock"), "read only"),
    h(
      "span",
      { class: "database", title: visible(info.database) },
      h("span", { class: "muted" }, `${dialect} ${visible(String(info.version).split(" ")[0])}`),
      h("span", { class: "mono database-name" }, visible(info.database)),
    ),
    select({
      options: [
        ["utc", "UTC"],
        ["local", "Local time"],
      ],
      value: zone.local ? "local" : "utc",
      label: "Time zone of moments",
      class: "small",
      on: (value) => (zone.local = value === "local"),
    }),
    themeButton(),
    h("button", { type: "button", class: "button bare", title: "Keys (?)", "aria-label": "Keys", on: { click: showKeys } }, "?"),
  );
}

function frame() {
  sidebar = new Sidebar((table) => {
    if (!(view instanceof DataView && sameTable(view.table, table))) openTable(table);
    else view.grid.element.focus();
  });
  const applied = () => {
    if (view instanceof DataView) view.reload();
    catalog.reload().catch(() => {});
  };
  fill(document.getElementById("app"), banner(), head(), h("div", { class: "middle" }, sidebar.element, main), pendingBar(applied));
  listen({
    go: goTo,
    search: () => sidebar.search.focus(),
    undo: () => said("Undone", edits.undo()),
    redo: () => said("Done again", edits.redo()),
    review: () => review(applied),
  });
  addEventListener("popstate", () => {
    if (takeToken()) location.reload();
    else show();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
}

function said(what, label) {
  if (label) toast(`${what}: ${label}`);
}

async function start() {
  takeToken();
  document.documentElement.dataset.theme = preferences.get("theme", "auto", { shared: true });
  const app = document.getElementById("app");
  fill(app, banner(), loading("Reading the database's tables…"));
  connection.watch();
  try {
    await catalog.load();
  } catch (error) {
    const isLost = connection.state !== "ok";
    fill(app, banner(), isLost ? empty("Not connected", "The page goes on by itself as soon as it is.") : errorBox(error));
    connection.addEventListener("back", () => location.reload(), { once: true });
    return;
  }
  const { info } = catalog;
  preferences.scope(info.database);
  session.scope(info.database);
  frame();
  edits.restore();
  const last = session.get("last table", null);
  if (!location.hash && last && catalog.find(last)) history.replaceState(history.state, "", addressOf(last));
  show();
  connection.addEventListener("back", () => catalog.reload().catch(() => {}));
}

start().catch((error) => {
  fill(document.getElementById("app"), errorBox(error));
  call("ping").catch(() => {});
});
