/** The bar of staged edits, and the dialog that shows them, as changes and as SQL, and applies them together. */

import { call } from "./api.js";
import { catalog } from "./catalog.js";
import { chip } from "./cells.js";
import { resolveConflicts } from "./conflicts.js";
import { confirm, dialog, errorBox, loading, toast } from "./dialogs.js";
import { button, fill, h } from "./dom.js";
import { edits, forServer } from "./edits.js";
import { sqlBlock } from "./sql_text.js";
import { own } from "./store.js";
import { counted, tableName, visible } from "./text.js";

let isOpen = false;

/** The bar at the foot of the page, shown while something is staged or can be redone. @param {() => void} applied */
export function pendingBar(applied) {
  const text = h("span", { class: "pending-text", role: "status" });
  const undo = button({ icon: "undo", text: "Undo", class: "small", on: () => edits.undo() });
  const redo = button({ icon: "redo", text: "Redo", class: "small", on: () => edits.redo() });
  const discard = button({ text: "Discard all", class: "small danger-text", on: () => discardAll() });
  const apply = button({ text: "Review and apply…", class: "small primary", title: "Ctrl+S", on: () => review(applied) });
  const element = h(
    "div",
    { class: "pending", role: "region", "aria-label": "Staged edits", hidden: true },
    text,
    h("span", { class: "spacer" }),
    undo,
    redo,
    discard,
    apply,
  );
  const draw = () => {
    const count = edits.size;
    element.hidden = count === 0 && !edits.redoLabel;
    const tables = new Set(edits.list().map(({ table }) => JSON.stringify([table.schema, table.name]))).size;
    text.textContent =
      count === 0
        ? "Nothing is staged."
        : `${counted(count, "row")} changed${tables > 1 ? ` in ${tables} tables` : ""}, not applied yet${edits.isKept ? "" : " (too much to be kept for a reload)"}`;
    undo.disabled = !edits.undoLabel;
    undo.title = edits.undoLabel ? `Undo: ${edits.undoLabel} (Ctrl+Z)` : "";
    redo.disabled = !edits.redoLabel;
    redo.title = edits.redoLabel ? `Redo: ${edits.redoLabel} (Ctrl+Shift+Z)` : "";
    discard.disabled = apply.disabled = count === 0;
  };
  edits.addEventListener("change", draw);
  draw();
  return element;
}

async function discardAll() {
  const count = edits.size;
  const sure = await confirm({
    title: "Discard all staged edits?",
    text: `The edits of ${counted(count, "row")} are forgotten. The database isn't touched.`,
    action: "Discard",
    danger: true,
  });
  if (sure) edits.clear();
}

/** Opens the dialog. @param {() => void} applied is called after the edits were applied */
export function review(applied) {
  if (isOpen || edits.size === 0) return;
  isOpen = true;
  const changes = h("div", { class: "review-changes" });
  const statements = h("div", { class: "review-sql" });
  const problem = h("div", {});
  const apply = button({ text: "Apply", class: "primary", title: "Ctrl+Enter", autofocus: true, on: () => run() });
  let end = () => {};
  let failedEdit = null;

  const draw = () => {
    const list = edits.list();
    if (list.length === 0) {
      end();
      return;
    }
    apply.lastChild.textContent = `Apply to ${counted(list.length, "row")}`;
    fill(
      changes,
      list.map((edit, index) => change(edit, index === failedEdit)),
    );
    showStatements(statements, list);
  };
  edits.addEventListener("change", draw);

  const run = async () => {
    apply.disabled = true;
    apply.setAttribute("aria-busy", "true");
    problem.replaceChildren();
    failedEdit = null;
    try {
      const answer = await call("apply", { edits: forServer(edits.list()) });
      end();
      edits.clear();
      toast(`${counted(Number(answer.applied), "row")} changed`);
      applied();
    } catch (error) {
      if (error.status === 409 && error.conflicts) {
        const steps = await resolveConflicts(edits.list(), error.conflicts);
        if (steps) {
          edits.stage("the choices in conflicts", steps);
          if (edits.size > 0) return run();
          applied();
        }
      } else {
        failedEdit = error.edit;
        fill(problem, errorBox(error, h("p", {}, "Nothing was applied.")));
        if (edits.size > 0) draw();
        changes.querySelector(".failed")?.scrollIntoView({ block: "nearest" });
      }
    } finally {
      apply.disabled = false;
      apply.removeAttribute("aria-busy");
    }
  };

  return dialog({
    title: "Staged edits",
    wide: true,
    class: "review",
    body: (close, element) => {
      end = close;
      element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !apply.disabled) {
          event.preventDefault();
          run();
        }
      });
      draw();
      return {
        content: [
          problem,
          h(
            "div",
            { class: "review-parts" },
            h("section", {}, h("h3", {}, "Changes"), changes),
            h("section", {}, h("h3", {}, "SQL, in one transaction"), statements),
          ),
        ],
        actions: [button({ text: "Close", on: () => close() }), apply],
      };
    },
  }).finally(() => {
    isOpen = false;
    edits.removeEventListener("change", draw);
  });
}

async function showStatements(place, list) {
  if (place.childElementCount === 0) fill(place, loading());
  try {
    const { statements } = await call("preview", { edits: forServer(list) });
    fill(place, sqlBlock(statements.map((text) => text.replace(/;?\s*$/, ";")).join("\n"), catalog.info?.dialect));
  } catch (error) {
    fill(place, errorBox(error));
  }
}

const KINDS = { insert: "new row", update: "change", delete: "delete" };

function change(edit, isFailed) {
  const table = catalog.find(edit.table);
  const key =
    edit.key && table?.key
      ? edit.key.map((cell, index) => `${visible(table.key[index] ?? "")} ${cell == null ? "NULL" : visible(cell[1])}`).join(", ")
      : "";
  const column = (name) => (table ? catalog.column(table, name) : { name, type: "", kind: "other" });
  const line = (name, value) =>
    h(
      "div",
      { class: "review-line" },
      h("span", { class: "review-column" }, visible(name)),
      edit.kind === "update" && [
        chip(own(edit.seen, name) ?? null, column(name), "old"),
        h("span", { class: "muted", "aria-label": "becomes" }, "→"),
      ],
      chip(value, column(name), "new"),
      edit.kind === "update" &&
        button({
          icon: "undo",
          class: "small quiet",
          label: `Take back the change of ${visible(name)}`,
          on: () => edits.stage("take a change back", [{ do: "unset", id: edit.id, column: name }]),
        }),
    );
  return h(
    "div",
    { class: `review-edit ${edit.kind} ${isFailed ? "failed" : ""}` },
    h(
      "div",
      { class: "review-head" },
      h("span", { class: `tag ${edit.kind}` }, KINDS[edit.kind]),
      h("span", { class: "review-table" }, tableName(edit.table)),
      h("span", { class: "muted mono" }, key),
      h("span", { class: "spacer" }),
      button({
        icon: "close",
        class: "small quiet",
        label: "Take back all of this row",
        on: () => edits.stage("take a row back", [{ do: "drop", id: edit.id }]),
      }),
    ),
    Object.entries(edit.set).map(([name, value]) => line(name, value)),
    edit.kind === "insert" && Object.keys(edit.set).length === 0 && h("div", { class: "muted" }, "all columns take their defaults"),
  );
}
