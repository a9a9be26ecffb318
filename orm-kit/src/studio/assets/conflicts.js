/** Conflicts: rows that somebody else changed after the page had read them. Both values are shown, and each has a choice. */

import { catalog } from "./catalog.js";
import { chip } from "./cells.js";
import { dialog } from "./dialogs.js";
import { button, fresh, h } from "./dom.js";
import { own } from "./store.js";
import { counted, tableName, visible } from "./text.js";

/**
 * @typedef {{edit: number, row: any[], columns: {name: string, seen: any, now: any, wanted?: any}[], gone: boolean}} Conflict
 */

/**
 * Shows conflicts; resolves with the steps that follow from the choices, or null if nothing is to happen.
 * @param {import("./edits.js").Edit[]} list @param {Conflict[]} conflicts
 * @returns {Promise<import("./edits.js").Step[] | null>}
 */
export function resolveConflicts(list, conflicts) {
  /** @type {(() => import("./edits.js").Step[])[]} */
  const choices = [];
  const boxes = conflicts.map((conflict) => {
    const edit = list[conflict.edit];
    if (!edit) return null;
    const table = catalog.find(edit.table);
    const key = (conflict.row ?? edit.key ?? []).map((cell) => (cell == null ? "NULL" : visible(cell[1]))).join(", ");
    const head = h(
      "div",
      { class: "review-head" },
      h("span", { class: "review-table" }, tableName(edit.table)),
      h("span", { class: "muted mono" }, key),
    );
    if (conflict.gone) return h("div", { class: "conflict" }, head, goneChoice(edit, choices));
    const column = (name) => (table ? catalog.column(table, name) : { name, type: "", kind: "other" });
    if (edit.kind === "delete")
      return h("div", { class: "conflict" }, head, comparison(conflict, column, null), deleteChoice(edit, conflict, choices));
    return h(
      "div",
      { class: "conflict" },
      head,
      comparison(conflict, column, (one) => columnChoice(edit, one, choices)),
    );
  });
  return dialog({
    title: "Somebody else changed these rows",
    wide: true,
    class: "conflicts",
    body: (close) => ({
      content: [
        h(
          "p",
          {},
          `${counted(conflicts.length, "row")} changed after this page had read ${conflicts.length === 1 ? "it" : "them"}. Nothing was applied.`,
        ),
        boxes,
      ],
      actions: [
        button({ text: "Back to the edits", on: () => close(null) }),
        button({ text: "Apply with these choices", class: "primary", on: () => close(choices.flatMap((choice) => choice())) }),
      ],
    }),
  }).then((steps) => steps ?? null);
}

function comparison(conflict, column, choice) {
  const heads = ["Column", "As you saw it", "Now", ...(choice ? ["Your value", ""] : [])];
  return h(
    "table",
    { class: "plain-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((text) => h("th", { scope: "col" }, text)),
      ),
    ),
    h(
      "tbody",
      {},
      conflict.columns.map((one) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, visible(one.name)),
          h("td", {}, chip(one.seen ?? null, column(one.name))),
          h("td", {}, chip(one.now ?? null, column(one.name), "theirs")),
          choice && [
            h("td", {}, one.wanted === undefined ? h("span", { class: "muted" }, "unchanged") : chip(one.wanted, column(one.name), "new")),
            h("td", {}, choice(one)),
          ],
        ),
      ),
    ),
  );
}

/** Two or three options, of which the first is chosen. @returns {{element: Element, chosen: () => string}} */
function options(label, list) {
  const name = fresh("choice");
  const inputs = list.map(([value, text], index) => ({
    value,
    text,
    input: h("input", { type: "radio", name, value, checked: index === 0 }),
  }));
  const element = h(
    "fieldset",
    { class: "options" },
    h("legend", { class: "sr-only" }, label),
    inputs.map(({ text, input }) => h("label", { class: "choice" }, input, text)),
  );
  return { element, chosen: () => inputs.find(({ input }) => input.checked)?.value ?? list[0][0] };
}

function columnChoice(edit, one, choices) {
  const isWanted = Object.hasOwn(edit.set, one.name);
  const seen = Object.fromEntries([[one.name, one.now]]);
  if (!isWanted) {
    choices.push(() => [{ do: "rebase", id: edit.id, seen }]);
    return h("span", { class: "muted" }, "is kept");
  }
  const { element, chosen } = options(`Which value of ${visible(one.name)}`, [
    ["mine", "Take mine"],
    ["theirs", "Keep theirs"],
  ]);
  choices.push(() => (chosen() === "mine" ? [{ do: "rebase", id: edit.id, seen }] : [{ do: "unset", id: edit.id, column: one.name }]));
  return element;
}

function deleteChoice(edit, conflict, choices) {
  const { element, chosen } = options("Delete this row", [
    ["keep", "Keep the row"],
    ["delete", "Delete it anyway"],
  ]);
  const seen = Object.fromEntries(conflict.columns.map((one) => [one.name, own(one, "now") ?? null]));
  choices.push(() => (chosen() === "delete" ? [{ do: "rebase", id: edit.id, seen }] : [{ do: "drop", id: edit.id }]));
  return element;
}

function goneChoice(edit, choices) {
  choices.push(() => [{ do: "drop", id: edit.id }]);
  return h(
    "p",
    {},
    edit.kind === "delete" ? "This row is gone already. Your deletion is dropped." : "This row was deleted. Your change of it is dropped.",
  );
}
