/** The toolbar of a table's view. */

import { call } from "./api.js";
import { catalog } from "./catalog.js";
import { failed, popover } from "./dialogs.js";
import { button, fill, h, icon } from "./dom.js";
import { exportMenu } from "./exporting.js";
import { importDialog } from "./importing.js";
import { nameOf } from "./row_edits.js";
import { aboutRows, counted, grouped, visible } from "./text.js";

/** @param {import("./data.js").DataView} view */
export function toolbar(view) {
  const { table } = view;
  const why = catalog.whyNotEditable(table);
  const takesRows = catalog.whyNotInsertable(table) == null;
  const count = h("span", { class: "table-count" });
  const selection = h("span", { class: "table-selection" });
  const filterButton = button({ icon: "filter", text: "Filter", on: () => view.filters.open() });
  const columnsButton = button({
    icon: "columns",
    text: "Columns",
    "aria-haspopup": "dialog",
    on: () => chooseColumns(view, columnsButton),
  });
  const duplicate = button({ icon: "copy", text: "Duplicate", title: "Ctrl+D", on: () => view.duplicate() });
  const remove = button({ icon: "trash", text: "Delete", class: "danger-text", title: "Del", on: () => view.remove() });
  const exportButton = button({
    icon: "download",
    text: "Export",
    "aria-haspopup": "menu",
    on: () => exportMenu(exportButton, tableExport(view)),
  });
  let counting = null;

  const element = h(
    "div",
    { class: "toolbar" },
    h(
      "div",
      { class: "table-title" },
      h(
        "h1",
        {},
        table.schema && table.schema !== "public" && h("span", { class: "muted" }, `${visible(table.schema)}.`),
        visible(table.name),
      ),
      table.kind !== "table" && h("span", { class: "tag" }, table.kind),
      why && h("span", { class: "tag", title: why }, icon("lock"), "can't be edited"),
      count,
      selection,
    ),
    h(
      "div",
      { class: "tools" },
      takesRows && [
        button({ icon: "plus", text: "Row", title: "Stage a new row (Ctrl+I)", on: () => view.insert() }),
        duplicate,
        !why && remove,
        h("span", { class: "tool-line" }),
      ],
      filterButton,
      columnsButton,
      button({ icon: "link", text: "Related", title: "Rows that belong to the active one (R)", on: () => view.panel.showRelated(true) }),
      h("span", { class: "tool-line" }),
      takesRows &&
        button({
          icon: "upload",
          text: "Import",
          on: () => importDialog(table, () => Promise.all([view.reload(), catalog.reload()]).catch(failed)),
        }),
      exportButton,
      button({ icon: "refresh", label: "Read again", on: () => view.reload() }),
    ),
  );

  const showCount = async () => {
    counting?.abort();
    if (!view.filters.filter) {
      const now = catalog.find(table)?.count;
      count.textContent = now ? `${aboutRows(now, catalog.countsAreBounds)} ${now.exact && now.about === 1 ? "row" : "rows"}` : "";
      return;
    }
    counting = new AbortController();
    count.textContent = "counting…";
    try {
      const found = await call("count", { table: nameOf(table), filter: view.filters.filter }, { signal: counting.signal });
      count.textContent = `${found.exact ? "" : "at least "}${counted(Number(found.count), "row")}`;
    } catch (error) {
      if (error.name !== "AbortError") count.textContent = "";
    }
  };

  let countedFor = undefined;
  const update = () => {
    selection.textContent = view.grid.summary();
    const text = JSON.stringify(view.filters.filter);
    if (text !== countedFor) {
      countedFor = text;
      showCount();
    }
    const size = view.filters.size;
    fill(filterButton, icon("filter"), h("span", {}, size ? `Filter (${grouped(size)})` : "Filter")).classList.toggle("on", size > 0);
    const hidden = view.rows.table.columns.length - view.rows.columns.length;
    fill(columnsButton, icon("columns"), h("span", {}, hidden ? `Columns (${hidden} hidden)` : "Columns")).classList.toggle(
      "on",
      hidden > 0,
    );
    duplicate.disabled = remove.disabled = view.rows.count() === 0;
  };
  return { element, update, recount: showCount };
}

function tableExport(view) {
  return {
    name: view.table.name,
    request: () => ({ table: nameOf(view.table), filter: view.filters.filter, sort: view.sort }),
    about: view.filters.filter ? "All rows that match the filters" : "All rows of the table",
  };
}

function chooseColumns(view, at) {
  const { rows } = view;
  popover(at, "Columns", () => {
    const hidden = new Set(rows.kept.hidden);
    const boxes = [];
    const change = () => {
      rows.hide([...hidden]);
      view.grid.refresh();
      view.toolbar.update();
    };
    const list = h(
      "div",
      { class: "choices" },
      rows.table.columns.map(({ name, type }) => {
        const box = h("input", {
          type: "checkbox",
          checked: !hidden.has(name),
          on: {
            change: () => {
              if (box.checked) hidden.delete(name);
              else if (rows.table.columns.length - hidden.size > 1) hidden.add(name);
              else box.checked = true;
              change();
            },
          },
        });
        boxes.push(box);
        return h(
          "label",
          { class: "choice", data: { name: name.toLowerCase() } },
          box,
          h("span", { class: "choice-name" }, visible(name)),
          h("span", { class: "muted mono" }, visible(type)),
        );
      }),
    );
    const search = (event) => {
      for (const label of list.children) label.hidden = !label.dataset.name.includes(event.target.value.toLowerCase());
    };
    const all = () => {
      hidden.clear();
      for (const box of boxes) box.checked = true;
      change();
    };
    return [
      h(
        "div",
        { class: "popover-head" },
        h("input", { class: "field small", "aria-label": "Search columns", placeholder: "Search columns", on: { input: search } }),
        button({ text: "Show all", class: "small", on: all }),
      ),
      list,
    ];
  });
}
