/** An editor of SQL: a text area with coloured text behind it, and a mark at the place of an error. */

import { catalog } from "./catalog.js";
import { fill, h } from "./dom.js";
import { sqlText } from "./sql_text.js";
import { visible } from "./text.js";

const LARGEST_COLOURED = 60_000;

/** Event: `input`. */
export class Editor extends EventTarget {
  /** @type {number | null} */
  #marked = null;

  /** @param {{label: string, text: string, run: () => void, explain: () => void, earlier: () => string | null, later: () => string | null}} options */
  constructor({ label, text, run, explain, earlier, later }) {
    super();
    this.area = h("textarea", {
      class: "editor-area",
      "aria-label": label,
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      wrap: "off",
      placeholder: "select * from …",
    });
    this.area.value = text;
    this.back = h("pre", { class: "editor-back", "aria-hidden": "true" });
    this.numbers = h("pre", { class: "editor-numbers", "aria-hidden": "true" });
    this.element = h("div", { class: "editor" }, this.numbers, h("div", { class: "editor-field" }, this.back, this.area));
    this.area.addEventListener("input", () => {
      this.#marked = null;
      this.#draw();
      this.dispatchEvent(new Event("input"));
    });
    this.area.addEventListener("scroll", () => this.#scrolled());
    this.area.addEventListener("keydown", (event) => {
      const control = event.ctrlKey || event.metaKey;
      const show = (next) => {
        if (next != null) this.text = next;
      };
      if (control && event.key === "Enter") (event.shiftKey ? explain : run)();
      else if (control && event.key === "ArrowUp") show(earlier());
      else if (control && event.key === "ArrowDown") show(later());
      else if (event.key === "Tab" && !event.shiftKey && !this.#leaves) document.execCommand("insertText", false, "  ");
      else if (event.key === "Escape") {
        this.#leaves = true;
        return;
      } else {
        if (event.key !== "Tab" && event.key !== "Shift") this.#leaves = false;
        return;
      }
      event.preventDefault();
    });
    this.area.addEventListener("focus", () => (this.#leaves = false));
    this.#draw();
  }

  /** Whether Tab moves the focus on, as after Esc. */
  #leaves = false;

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.#marked = null;
    this.#draw();
    this.dispatchEvent(new Event("input"));
  }

  /** The selected text, or all of it, and where it begins. */
  get chosen() {
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    return to > from && value.slice(from, to).trim() !== "" ? { text: value.slice(from, to), from } : { text: value, from: 0 };
  }

  focus() {
    this.area.focus();
  }

  /** Marks the word at an index, or nothing. @param {number | null} index */
  mark(index) {
    this.#marked = index;
    this.#draw();
    if (index != null) this.area.setAttribute("aria-invalid", "true");
    else this.area.removeAttribute("aria-invalid");
  }

  #draw() {
    const { value } = this.area;
    const lines = value.split("\n").length;
    this.numbers.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
    if (this.#marked == null) fill(this.back, this.#coloured(value));
    else {
      const from = Math.min(this.#marked, Math.max(0, value.length - 1));
      const length = Math.max(1, /^[\w$.]+|^[^\s]/.exec(value.slice(from))?.[0].length ?? 1);
      const line = value.slice(0, from).split("\n").length;
      fill(
        this.back,
        this.#coloured(value.slice(0, from)),
        h("mark", { class: "editor-error" }, value.slice(from, from + length)),
        this.#coloured(value.slice(from + length)),
      );
      const marked = this.numbers.textContent
        .split("\n")
        .map((text, index) => h("span", { class: index + 1 === line ? "bad-line" : "" }, `${text}\n`));
      fill(this.numbers, marked);
    }
    this.back.append("\n");
    const hidden = value.match(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u00ad]/u);
    this.area.title = hidden ? `This text contains ${visible(hidden[0])}, which is invisible.` : "";
    this.#scrolled();
  }

  /** Hidden characters stay as they are, since the text must lie exactly below that of the text area. */
  #coloured(text) {
    if (text.length > LARGEST_COLOURED) return text;
    return sqlText(text, catalog.info?.dialect, { plain: true });
  }

  #scrolled() {
    this.back.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this.numbers.style.transform = `translateY(${-this.area.scrollTop}px)`;
  }
}
