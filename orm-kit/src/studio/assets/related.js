/** Rows that belong to a row: those that it refers to, those that refer to it, and those across a table between. */

import { call } from "./api.js";
import { empty, errorBox, loading } from "./dialogs.js";
import { fill, h, icon } from "./dom.js";
import { nameOf } from "./row_edits.js";
import { grouped, tableName, visible } from "./text.js";

/** @param {import("./data.js").DataView} view @param {import("./table_rows.js").Row} row @param {AbortSignal} signal */
export function relatedRows(view, row, signal) {
  const place = h("div", { class: "related" });
  if (!row.key) {
    return fill(place, empty("No related rows", row.cells ? "This row has no key." : "This row is new."));
  }
  fill(place, loading());
  call("related", { table: nameOf(view.table), key: row.key }, { signal })
    .then(({ references }) => {
      draw(view, place, references);
      if (view.panel.element.contains(document.activeElement)) place.querySelector(".related-entry:enabled")?.focus();
    })
    .catch((error) => error.name !== "AbortError" && fill(place, errorBox(error)));
  return place;
}

function draw(view, place, references) {
  const groups = [
    ["Refers to", references.filter((one) => one.direction === "to" && !one.through)],
    ["Referred to by", references.filter((one) => one.direction === "from" && !one.through)],
    ["Through a table between", references.filter((one) => one.through)],
  ];
  if (references.length === 0) {
    fill(place, empty("No related rows", "No foreign key begins or ends at this table."));
    return;
  }
  fill(
    place,
    groups
      .filter(([, list]) => list.length > 0)
      .map(([title, list]) =>
        h(
          "section",
          {},
          h("h3", {}, title),
          h(
            "ul",
            { class: "related-list" },
            list.map((one) => entry(view, one)),
          ),
        ),
      ),
  );
}

function entry(view, one) {
  const count = one.count ? `${one.count.exact ? "" : "≥ "}${grouped(Number(one.count.about))}` : "…";
  const isNone = one.count?.exact && Number(one.count.about) === 0;
  const how = one.through
    ? `through ${tableName(one.through.table ?? one.through)}`
    : one.direction === "to"
      ? `by ${one.columns.map(visible).join(", ")}`
      : `by its ${one.columns.map(visible).join(", ")}`;
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: `related-entry ${isNone ? "none" : ""}`,
        disabled: !one.filter,
        on: { click: () => view.go(one.table, { filter: one.filter }) },
      },
      h("span", { class: "related-count" }, count),
      h("span", { class: "related-text" }, h("span", { class: "related-table" }, tableName(one.table)), h("span", { class: "muted" }, how)),
      icon("chevron"),
    ),
  );
}
