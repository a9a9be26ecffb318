/** The head of a grid: names and types, the order, and handles that change widths. */

import { h, icon } from "./dom.js";
import { visible } from "./text.js";

const NARROWEST = 48;
const WIDEST = 1200;

/** @param {import("./grid.js").Grid} grid */
export function headerRow(grid) {
  const corner = h("div", { class: "grid-corner", role: "columnheader" }, h("span", { class: "sr-only" }, "Row"));
  const heads = grid.source.columns.map((column, index) => columnHead(grid, column, index));
  return h("div", { class: "grid-row grid-head-row", role: "row", "aria-rowindex": "1" }, corner, heads);
}

function columnHead(grid, column, index) {
  const order = grid.sorted?.(index) ?? null;
  const label = [visible(column.name), column.type && visible(column.type), column.hint && visible(column.hint)].filter(Boolean).join("\n");
  const handle = h("span", {
    class: "grid-handle",
    on: { pointerdown: (event) => drag(grid, index, event), dblclick: (event) => event.stopPropagation() },
  });
  return h(
    "div",
    {
      class: `grid-column ${column.numeric ? "number" : ""}`,
      role: "columnheader",
      tabIndex: -1,
      title: label,
      "aria-colindex": String(index + 2),
      "aria-sort": order ? (order.desc ? "descending" : "ascending") : grid.sortable ? "none" : null,
      data: { column: String(index) },
      on: {
        click: (event) => {
          if (grid.sortable && !event.target.closest(".grid-handle")) grid.fire("sort", { column: index, several: event.shiftKey });
        },
        contextmenu: (event) => {
          event.preventDefault();
          grid.fire("column-menu", { column: index, at: { x: event.clientX, y: event.clientY } });
        },
        keydown: (event) => headKey(grid, index, event),
      },
    },
    column.key && h("span", { class: "grid-badge key", title: "part of the key" }, icon("key")),
    column.reference && h("span", { class: "grid-badge", title: "refers to another table" }, icon("link")),
    h("span", { class: "grid-name" }, visible(column.name)),
    column.type && h("span", { class: "grid-type" }, visible(column.type)),
    order && h("span", { class: "grid-order" }, icon(order.desc ? "down" : "up"), order.of > 1 && String(order.place)),
    handle,
  );
}

function headKey(grid, index, event) {
  const heads = [...grid.head.querySelectorAll(".grid-column")];
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && event.altKey) resize(grid, index, grid.source.columns[index].width + 16 * step);
  else if (step) heads[Math.max(0, Math.min(index + step, heads.length - 1))].focus();
  else if (event.key === "Enter" && grid.sortable) grid.fire("sort", { column: index, several: event.shiftKey });
  else if (event.key === "ArrowDown") grid.fire("column-menu", { column: index, at: heads[index] });
  else if (event.key === "Escape") grid.element.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function resize(grid, index, width) {
  const column = grid.source.columns[index];
  column.width = Math.round(Math.max(NARROWEST, Math.min(width, WIDEST)));
  grid.widths();
  grid.fire("resize", { column: index, width: column.width });
}

function drag(grid, index, event) {
  event.preventDefault();
  event.stopPropagation();
  const handle = event.target;
  const from = event.clientX;
  const width = grid.source.columns[index].width;
  handle.setPointerCapture(event.pointerId);
  grid.element.classList.add("resizing");
  const move = (moved) => resize(grid, index, width + moved.clientX - from);
  const end = () => {
    handle.removeEventListener("pointermove", move);
    grid.element.classList.remove("resizing");
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", end, { once: true });
  handle.addEventListener("pointercancel", end, { once: true });
}
