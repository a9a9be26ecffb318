/** The history of the console, kept in this browser. */

import { confirm } from "./dialogs.js";
import { button, fill, h } from "./dom.js";
import { preferences } from "./store.js";
import { visible } from "./text.js";

const MOST = 200;
const LONGEST = 20_000;

export class History {
  #index = -1;
  #draft = "";

  /** @param {(sql: string) => void} use */
  constructor(use) {
    this.use = use;
    this.search = h("input", {
      class: "field small",
      type: "search",
      "aria-label": "Search the history",
      placeholder: "Search the history",
      on: { input: () => this.#draw() },
    });
    this.list = h("ul", { class: "history-list" });
    this.element = h(
      "aside",
      { class: "history", "aria-label": "History", hidden: true },
      h(
        "div",
        { class: "history-head" },
        this.search,
        button({ icon: "trash", class: "small quiet", label: "Forget the history", on: () => this.#forget() }),
      ),
      this.list,
    );
  }

  /** @returns {{sql: string, at: number}[]} */
  get entries() {
    return preferences.get("history", []);
  }

  /** @param {string} sql */
  add(sql) {
    this.#index = -1;
    if (sql.length > LONGEST) return;
    preferences.set("history", [{ sql, at: Date.now() }, ...this.entries.filter((entry) => entry.sql !== sql)].slice(0, MOST));
    this.#draw();
  }

  /** The statement before the one that is shown. @param {string} now */
  earlier(now) {
    const { entries } = this;
    if (this.#index + 1 >= entries.length) return null;
    if (this.#index < 0) this.#draft = now;
    return entries[++this.#index].sql;
  }

  later() {
    if (this.#index < 0) return null;
    this.#index--;
    return this.#index < 0 ? this.#draft : this.entries[this.#index].sql;
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    this.#draw();
    if (!this.element.hidden) this.search.focus();
  }

  async #forget() {
    const sure = await confirm({
      title: "Forget the history?",
      text: "All statements that this browser keeps for this database are forgotten.",
      action: "Forget",
      danger: true,
    });
    if (!sure) return;
    preferences.set("history", null);
    this.#draw();
  }

  #draw() {
    if (this.element.hidden) return;
    const part = this.search.value.toLowerCase();
    const found = this.entries.filter(({ sql }) => sql.toLowerCase().includes(part));
    fill(
      this.list,
      found.length === 0 &&
        h("li", { class: "muted pad" }, this.entries.length === 0 ? "Nothing was run yet." : "No statement has this text."),
      found.map(({ sql, at }) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "history-entry", on: { click: () => this.use(sql) } },
            h("span", { class: "history-sql mono" }, visible(sql.replace(/\s+/g, " ").slice(0, 200))),
            h("time", { class: "muted" }, new Date(at).toLocaleString()),
          ),
        ),
      ),
    );
  }
}
