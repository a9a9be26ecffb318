/** The log of what was written from here in this run of the studio. */

import { call } from "./api.js";
import { catalog } from "./catalog.js";
import { empty, errorBox, loading } from "./dialogs.js";
import { button, fill, h, icon } from "./dom.js";
import { inZone, zone } from "./moments.js";
import { sqlBlock } from "./sql_text.js";
import { counted, visible } from "./text.js";

export function logView() {
  const stop = new AbortController();
  const place = h("div", { class: "log" });
  let entries = [];
  const draw = () => {
    if (entries.length === 0)
      fill(
        place,
        empty(
          "Nothing was written yet",
          "Applied edits, imports, and statements of the console that may write are listed here until the studio ends.",
        ),
      );
    else fill(place, [...entries].sort((left, right) => String(right.at).localeCompare(String(left.at))).map(entry));
  };
  const load = async () => {
    fill(place, loading());
    try {
      ({ entries } = await call("log", {}, { signal: stop.signal }));
      draw();
    } catch (error) {
      if (error.name !== "AbortError") fill(place, errorBox(error));
    }
  };
  zone.addEventListener("change", draw, { signal: stop.signal });
  load();
  const element = h(
    "div",
    { class: "page-view" },
    h(
      "div",
      { class: "toolbar" },
      h("div", { class: "table-title" }, h("h1", {}, "Log"), h("span", { class: "muted" }, "what was written from here in this run")),
      h("div", { class: "tools" }, button({ icon: "refresh", label: "Read again", on: load })),
    ),
    h("div", { class: "page-scroll" }, place),
  );
  return { element, close: () => stop.abort() };
}

const NAMES = { edit: "Edits", query: "SQL console", import: "Import" };

function entry({ at, what, statements, rows, ok, error }) {
  const list = Array.isArray(statements) ? statements : [String(statements ?? "")];
  return h(
    "article",
    { class: `log-entry ${ok ? "" : "bad"}` },
    h(
      "header",
      { class: "log-head" },
      h("span", { class: "log-sign" }, icon(ok ? "check" : "warning")),
      h("strong", {}, NAMES[what] ?? visible(what)),
      ok ? rows != null && h("span", { class: "muted" }, counted(Number(rows), "row")) : h("span", { class: "bad-text" }, "failed"),
      h("span", { class: "spacer" }),
      h("time", { class: "muted mono", datetime: at }, inZone(String(at)) ?? visible(String(at))),
    ),
    !ok && error && h("p", { class: "bad-text" }, visible(typeof error === "string" ? error : (error.message ?? ""))),
    list.length > 0 &&
      h(
        "details",
        { open: list.length <= 3 },
        h("summary", {}, counted(list.length, "statement")),
        sqlBlock(list.map((text) => text.replace(/;?\s*$/, ";")).join("\n"), catalog.info?.dialect),
      ),
  );
}
