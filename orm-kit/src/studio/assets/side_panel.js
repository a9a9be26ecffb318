/** The panel beside a grid: the whole value of the active cell, or the rows that are related to the active row. */

import { button, fill, h } from "./dom.js";
import { relatedRows } from "./related.js";
import { preferences } from "./store.js";
import { visible } from "./text.js";
import { valueView } from "./value_view.js";

const NARROWEST = 260;

export class SidePanel {
  /** @type {"value" | "related" | null} */
  #shows = null;
  #shown = "";
  #abort = new AbortController();
  #waiting = 0;

  /** @param {import("./data.js").DataView} view */
  constructor(view) {
    this.view = view;
    this.title = h("h2", {});
    this.body = h("div", { class: "panel-body" });
    this.handle = h("div", {
      class: "panel-handle",
      role: "separator",
      tabIndex: 0,
      "aria-orientation": "vertical",
      "aria-label": "Width of the panel",
      "aria-valuemin": String(NARROWEST),
      on: { pointerdown: (event) => this.#drag(event), keydown: (event) => this.#resizeByKey(event) },
    });
    this.element = h(
      "aside",
      { class: "side-panel", "aria-label": "Details", hidden: true, on: { keydown: (event) => this.#key(event) } },
      this.handle,
      h("header", { class: "panel-head" }, this.title, button({ icon: "close", label: "Close the panel", on: () => this.close(true) })),
      this.body,
    );
    this.#show(preferences.get("panel width", 380, { shared: true }));
  }

  /** Shows the value of the active cell. @param {boolean} [focus] puts the focus into it */
  showValue(focus = false) {
    this.#open("value", focus);
  }

  /** Shows what is related to the active row. @param {boolean} [focus] */
  showRelated(focus = false) {
    this.#open("related", focus);
  }

  #open(what, focus) {
    this.#shows = what;
    this.element.hidden = false;
    this.#shown = "";
    this.#draw();
    if (focus)
      (
        this.body.querySelector(".value-place :is(textarea, button, [tabindex='0'])") ??
        this.body.querySelector("button") ??
        this.element.querySelector("button")
      ).focus();
  }

  close(refocus = false) {
    this.#abort.abort();
    clearTimeout(this.#waiting);
    this.#shows = null;
    this.element.hidden = true;
    this.body.replaceChildren();
    if (refocus) this.view.grid.element.focus();
  }

  /** Follows the active cell, once it has rested for a moment. */
  follow() {
    if (!this.#shows) return;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#draw(), 60);
  }

  #draw() {
    const { row, column } = this.view.active;
    if (!row || !column) {
      this.title.textContent = this.#shows === "value" ? "Value" : "Related rows";
      fill(this.body, h("p", { class: "muted pad" }, "No row is active."));
      this.#shown = "";
      return;
    }
    const value =
      this.#shows === "value" ? [column.name, this.view.rows.value(row, column.name) ?? null, this.view.rows.whyNot(row, column)] : null;
    const now = JSON.stringify([this.#shows, row.id, value]);
    if (now === this.#shown || (this.#shows === "value" && this.body.querySelector(".is-edited"))) return;
    this.#shown = now;
    this.#abort.abort();
    this.#abort = new AbortController();
    if (this.#shows === "value") {
      this.title.replaceChildren(visible(column.name), h("span", { class: "muted mono" }, ` ${visible(column.type)}`));
      fill(
        this.body,
        valueView(this.view, row, column, this.#abort.signal, () => this.#redraw()),
      );
    } else {
      this.title.textContent = "Related rows";
      fill(this.body, relatedRows(this.view, row, this.#abort.signal));
    }
  }

  #redraw() {
    this.#shown = "";
    this.body.replaceChildren();
    this.#draw();
  }

  #key(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    this.close(true);
  }

  #width(width) {
    const widest = Math.max(NARROWEST, this.view.element.clientWidth - 320);
    const now = Math.round(Math.max(NARROWEST, Math.min(width, widest)));
    this.#show(now);
    preferences.set("panel width", now, { shared: true });
  }

  #show(width) {
    this.element.style.width = `${width}px`;
    this.handle.setAttribute("aria-valuenow", String(width));
  }

  #resizeByKey(event) {
    const step = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.#width(this.element.offsetWidth + step);
  }

  #drag(event) {
    event.preventDefault();
    const from = event.clientX;
    const width = this.element.offsetWidth;
    const { handle } = this;
    handle.setPointerCapture(event.pointerId);
    const move = (moved) => this.#width(width - (moved.clientX - from));
    const end = () => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }
}
