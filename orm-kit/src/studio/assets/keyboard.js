/** Keys that work everywhere on the page, and the list of all keys. */

import { dialog } from "./dialogs.js";
import { h } from "./dom.js";

const KEYS = [
  [
    "Everywhere",
    [
      ["/", "search the tables"],
      ["g d, g s, g m, g l", "go to data, SQL, schema, log"],
      ["Ctrl+S", "review staged edits and apply them"],
      ["Ctrl+Z, Ctrl+Shift+Z", "undo and redo a staged edit"],
      ["?", "this list"],
      ["Esc", "close what is open"],
    ],
  ],
  [
    "Grid",
    [
      ["← ↑ → ↓", "move between cells"],
      ["Home, End, PgUp, PgDn", "move far; with Ctrl to the first and last row"],
      ["Enter, F2", "edit the cell; Enter stages, Esc leaves it as it was"],
      ["Tab", "stage and edit the next cell"],
      ["Alt+N", "set NULL"],
      ["Space", "show the whole value"],
      ["Shift+Space", "select the row; with ↑ ↓ several"],
      ["Ctrl+A", "select all rows of the page"],
      ["Del", "stage the deletion of the selected rows"],
      ["Ctrl+I", "stage a new row"],
      ["Ctrl+D", "duplicate the selected rows"],
      ["Ctrl+C", "copy the cell, or the selected rows"],
      ["F", "filter by the cell's value"],
      ["R", "related rows"],
      ["Alt+→, Alt+←", "next and previous page"],
    ],
  ],
  [
    "Head of a column",
    [
      ["Enter", "sort by it; with Shift by several columns"],
      ["Alt+← →", "make it narrower or wider"],
      ["↓", "its menu"],
    ],
  ],
  [
    "SQL",
    [
      ["Ctrl+Enter", "run"],
      ["Ctrl+Shift+Enter", "explain"],
      ["Ctrl+↑, Ctrl+↓", "earlier and later statements of the history"],
      ["Esc", "leave the text, so that Tab moves on"],
    ],
  ],
];

/** Shows the keys. */
export function showKeys() {
  return dialog({
    title: "Keys",
    wide: true,
    body: () => ({
      content: h(
        "div",
        { class: "keys" },
        KEYS.map(([title, list]) =>
          h(
            "section",
            {},
            h("h3", {}, title),
            h(
              "dl",
              {},
              list.map(([keys, text]) => [
                h(
                  "dt",
                  {},
                  keys.split(", ").map((key) => h("kbd", {}, key)),
                ),
                h("dd", {}, text),
              ]),
            ),
          ),
        ),
      ),
    }),
  });
}

/** Whether keys typed now belong to a text. */
export function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    (target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select") || target.isContentEditable)
  );
}

/**
 * Listens to the keys of the whole page. Nothing happens while a dialog is open, or while a text is typed (except Ctrl+S).
 * @param {{go: (place: string) => void, search: () => void, undo: () => void, redo: () => void, review: () => void}} actions
 */
export function listen(actions) {
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "s") {
      event.preventDefault();
      actions.review();
      return;
    }
    if (isTyping(event.target)) return;
    if (control && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) actions.redo();
      else actions.undo();
    } else if (control && event.key.toLowerCase() === "y") {
      event.preventDefault();
      actions.redo();
    } else if (control || event.altKey) {
      return;
    } else if (event.timeStamp - waiting < 1500 && { d: 1, s: 1, m: 1, l: 1 }[event.key]) {
      event.preventDefault();
      actions.go({ d: "data", s: "sql", m: "schema", l: "log" }[event.key]);
      waiting = 0;
    } else if (event.key === "g") {
      waiting = event.timeStamp;
    } else if (event.key === "/") {
      event.preventDefault();
      actions.search();
    } else if (event.key === "?") {
      event.preventDefault();
      showKeys();
    }
  });
}
