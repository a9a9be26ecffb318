/** The menus of a cell and of a column's head. */

import { catalog } from "./catalog.js";
import { menu } from "./dialogs.js";
import { edits } from "./edits.js";
import { counted, visible } from "./text.js";

/** @typedef {import("./data.js").DataView} DataView */

/** @param {DataView} view @param {{x: number, y: number}} at */
export function cellMenu(view, at) {
  const { row, column } = view.active;
  if (!row || !column) return;
  const rows = view.chosen;
  const many = rows.length > 1 ? counted(rows.length, "row") : "row";
  const isFixed = view.rows.whyNot(row, column) != null;
  const isFixedTable = catalog.whyNotEditable(view.table) != null;
  const takesRows = catalog.whyNotInsertable(view.table) == null;
  const isDeleted = rows.every((one) => edits.of(one.id)?.kind === "delete");
  const key = catalog.reference(view.table, column.name);
  const value = view.rows.value(row, column.name);
  const isChanged = edits.of(row.id)?.set && Object.hasOwn(edits.of(row.id).set, column.name);
  menu(
    at,
    [
      { text: "Show the whole value", icon: "panel", keys: "Space", on: () => view.panel.showValue(true) },
      { text: "Related rows", icon: "link", keys: "R", disabled: !row.key, on: () => view.panel.showRelated(true) },
      ...(key && value != null && row.cells
        ? [{ text: `Open in ${visible(key.to.name)}`, icon: "open", on: () => view.follow(row, column.name) }]
        : []),
      "line",
      { text: "Filter by this value", icon: "filter", keys: "F", on: () => view.filterByCell() },
      { text: "Filter out this value", on: () => view.filterByCell("≠") },
      { text: "Copy", icon: "copy", keys: "Ctrl+C", on: () => view.copy() },
      "line",
      { text: "Edit", icon: "pencil", keys: "Enter", disabled: isFixed, on: () => view.edit(view.grid.row, view.grid.column) },
      { text: "Set NULL", keys: "Alt+N", disabled: isFixed || column.nullable === false, on: () => view.set(null) },
      { text: "Take the change back", icon: "undo", disabled: !isChanged, on: () => view.set(undefined) },
      "line",
      { text: `Duplicate ${many}`, icon: "copy", keys: "Ctrl+D", disabled: !takesRows, on: () => view.duplicate() },
      {
        text: isDeleted ? `Keep ${many}` : `Delete ${many}`,
        icon: "trash",
        keys: "Del",
        danger: !isDeleted,
        disabled: row.cells != null && (isFixedTable || !row.key),
        on: () => view.remove(),
      },
    ],
    "Cell",
  );
}

/** @param {DataView} view @param {{column: number, at: any}} where */
export function columnMenu(view, { column, at }) {
  const { name } = view.rows.columns[column];
  const sort = (desc) => view.order([{ column: name, desc }]);
  const isSorted = view.sort.some((part) => part.column === name);
  menu(
    at,
    [
      { heading: visible(name) },
      { text: "Sort ascending", icon: "up", on: () => sort(false) },
      { text: "Sort descending", icon: "down", on: () => sort(true) },
      { text: "Don't sort by it", disabled: !isSorted, on: () => view.order(view.sort.filter((part) => part.column !== name)) },
      "line",
      { text: "Filter", icon: "filter", on: () => view.filters.open(name) },
      { text: "Hide this column", disabled: view.rows.columns.length < 2, on: () => hide(view, name) },
      { text: "As wide as its values", on: () => fit(view, column) },
    ],
    `Column ${visible(name)}`,
  );
}

function hide(view, name) {
  view.rows.hide([...view.rows.kept.hidden, name]);
  view.grid.refresh();
  view.toolbar.update();
}

/** Makes a column as wide as the values in sight. */
function fit(view, index) {
  const cells = [...view.grid.body.querySelectorAll(`.grid-cell[data-column="${index}"]`)];
  const range = document.createRange();
  let widest = 60;
  for (const cell of cells) {
    range.selectNodeContents(cell);
    widest = Math.max(widest, range.getBoundingClientRect().width);
  }
  const column = view.rows.columns[index];
  column.width = Math.round(Math.min(widest + 24, 800));
  view.rows.keepWidth(column.name, column.width);
  view.grid.widths();
}
