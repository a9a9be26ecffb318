/** The SQL console: several statements, their results, errors at their place, plans, a history, and a stop. */

import { call } from "./api.js";
import { catalog } from "./catalog.js";
import { empty, errorBox, failed, tabs } from "./dialogs.js";
import { button, fill, h, icon, select } from "./dom.js";
import { Editor } from "./editor.js";
import { History } from "./history.js";
import { planView } from "./plan.js";
import { resultView } from "./results.js";
import { preferences } from "./store.js";
import { counted, indexOfPoint, lasted, visible } from "./text.js";

const LIMITS = ["100", "1000", "10000", "50000"];
const SECONDS = ["5", "30", "120", "600"];

export class ConsoleView {
  #running = null;
  #timer = 0;

  constructor() {
    const readOnly = catalog.info?.readOnly;
    this.history = new History((sql) => {
      this.editor.text = sql;
      this.editor.focus();
    });
    this.editor = new Editor({
      label: "SQL",
      text: preferences.get("sql", ""),
      run: () => this.run(),
      explain: () => this.explain(false),
      earlier: () => this.history.earlier(this.editor.text),
      later: () => this.history.later(),
    });
    this.editor.addEventListener("input", () => preferences.set("sql", this.editor.text));
    this.runButton = button({
      icon: "play",
      text: "Run",
      class: "primary",
      title: "Ctrl+Enter runs the selection, or all",
      on: () => this.run(),
    });
    this.stopButton = button({ icon: "stop", text: "Stop", class: "danger", hidden: true, on: () => this.stop() });
    this.write = h("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      disabled: readOnly ?? false,
      on: { change: () => this.element.classList.toggle("writes", this.write.checked) },
    });
    this.limit = select({
      options: LIMITS.map((own) => [own, `${Number(own).toLocaleString("en-US")} rows`]),
      value: String(preferences.get("sql rows", 1000)),
      label: "Most rows of a result",
      class: "small",
      on: (value) => preferences.set("sql rows", Number(value)),
    });
    this.seconds = select({
      options: SECONDS.map((own) => [own, `${own} s`]),
      value: String(preferences.get("sql seconds", 30)),
      label: "Most time of a run",
      class: "small",
      on: (value) => preferences.set("sql seconds", Number(value)),
    });
    this.status = h("span", { class: "muted", role: "status" });
    this.results = h(
      "div",
      { class: "console-results" },
      empty("No result yet", "Ctrl+Enter runs the selected text, or all of it. Statements can't write until you switch it on."),
    );
    this.split = h("div", {
      class: "split-handle",
      role: "separator",
      tabIndex: 0,
      "aria-orientation": "horizontal",
      "aria-label": "Height of the editor",
      "aria-valuemin": "90",
      on: { pointerdown: (event) => this.#drag(event), keydown: (event) => this.#splitKey(event) },
    });
    this.top = h("div", { class: "console-top" }, this.editor.element, this.history.element);
    this.element = h(
      "div",
      { class: "console" },
      h("h1", { class: "sr-only" }, "SQL"),
      h(
        "div",
        { class: "toolbar" },
        h(
          "div",
          { class: "table-title" },
          this.runButton,
          this.stopButton,
          button({ icon: "wand", text: "Explain", title: "Ctrl+Shift+Enter", on: () => this.explain(false) }),
          button({
            text: "Explain and run",
            title: "Runs the statement and measures it; what it writes is undone",
            on: () => this.explain(true),
          }),
          this.status,
        ),
        h(
          "div",
          { class: "tools" },
          h(
            "label",
            {
              class: "choice write-choice",
              title: readOnly ? "The studio was started with --read-only." : "Off: the database refuses every write",
            },
            this.write,
            "May write",
          ),
          this.limit,
          this.seconds,
          button({ icon: "clock", text: "History", on: () => this.history.toggle() }),
        ),
      ),
      this.top,
      this.split,
      this.results,
    );
    this.#height(preferences.get("editor height", 220, { shared: true }));
  }

  shown() {
    this.editor.focus();
  }

  /** Runs the selected text, or all. */
  async run() {
    if (this.#running) return;
    const { text, from } = this.editor.chosen;
    if (text.trim() === "") return;
    const id = newId();
    this.#begin(id);
    this.history.add(this.editor.chosen.text.trim());
    try {
      const answer = await call("query", {
        sql: text,
        write: this.write.checked,
        limit: Number(this.limit.value),
        seconds: Number(this.seconds.value),
        id,
      });
      this.#show(answer, text, from);
      if (this.write.checked) catalog.reload().catch(() => {});
    } catch (error) {
      this.#failed(error, text, from);
    } finally {
      this.#end();
    }
  }

  #begin(id) {
    this.#running = id;
    this.editor.mark(null);
    this.runButton.disabled = true;
    this.stopButton.hidden = false;
    this.stopButton.disabled = false;
    this.results.setAttribute("aria-busy", "true");
    const begin = performance.now();
    const tick = () => (this.status.textContent = `running, ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    tick();
    this.#timer = setInterval(tick, 200);
  }

  #end() {
    clearInterval(this.#timer);
    this.#running = null;
    this.runButton.disabled = false;
    this.stopButton.hidden = true;
    this.results.removeAttribute("aria-busy");
    if (this.status.textContent.startsWith("running")) this.status.textContent = "";
  }

  async stop() {
    if (!this.#running) return;
    this.stopButton.disabled = true;
    this.status.textContent = "stopping…";
    await call("stop", { id: this.#running }).catch(failed);
  }

  #show(answer, text, from) {
    const { results, error } = answer;
    const list = results.map((result, index) => {
      const sql = slice(text, result.statement);
      return { id: `r${index}`, text: tabText(result, index, results.length), panel: () => resultView(result, sql) };
    });
    if (error) {
      this.#mark(error, text, from);
      list.push({ id: "error", text: [icon("warning"), "Error"], panel: () => this.#errorPanel(error, text, results.length) });
    }
    const ms = results.reduce((sum, result) => sum + (result.ms ?? 0), 0);
    this.status.textContent = error ? "" : `${counted(results.length, "statement")}, ${lasted(ms)}`;
    const selected = error ? "error" : list.at(-1)?.id;
    if (list.length === 0) fill(this.results, empty("There was no statement", "Only comments or space."));
    else fill(this.results, tabs({ label: "Results", tabs: list, selected }).element);
  }

  #failed(error, text, from) {
    this.#mark(error, text, from);
    fill(this.results, this.#errorPanel(error, text, 0));
  }

  #mark(error, text, from) {
    if (error.position == null) return;
    this.editor.mark(from + indexOfPoint(text, error.position));
  }

  #errorPanel(error, text, before) {
    const place = error.position == null ? null : lineOf(text, indexOfPoint(text, error.position));
    return errorBox(
      error,
      place &&
        h(
          "pre",
          { class: "error-place" },
          `${String(place.line).padStart(4)} │ ${visible(place.text)}\n     │ ${" ".repeat(place.indent)}▲`,
        ),
      before > 0 && h("p", { class: "muted" }, `${counted(before, "statement")} before it ${before === 1 ? "has" : "have"} run.`),
    );
  }

  /** Shows the plan of the statement. @param {boolean} analyze runs it, too */
  async explain(analyze) {
    const { text, from } = this.editor.chosen;
    if (text.trim() === "" || this.#running) return;
    this.editor.mark(null);
    this.results.setAttribute("aria-busy", "true");
    try {
      const plan = await call("explain", { sql: text, analyze });
      fill(this.results, planView(plan));
    } catch (error) {
      this.#failed(error, text, from);
    } finally {
      this.results.removeAttribute("aria-busy");
    }
  }

  #height(height) {
    const now = Math.round(Math.max(90, Math.min(height, innerHeight - 240)));
    this.top.style.height = `${now}px`;
    this.split.setAttribute("aria-valuenow", String(now));
    return now;
  }

  #splitKey(event) {
    const step = { ArrowUp: -24, ArrowDown: 24 }[event.key];
    if (!step) return;
    event.preventDefault();
    preferences.set("editor height", this.#height(this.top.offsetHeight + step), { shared: true });
  }

  #drag(event) {
    event.preventDefault();
    const from = event.clientY;
    const height = this.top.offsetHeight;
    this.split.setPointerCapture(event.pointerId);
    const move = (moved) => this.#height(height + moved.clientY - from);
    const end = () => {
      this.split.removeEventListener("pointermove", move);
      preferences.set("editor height", this.top.offsetHeight, { shared: true });
    };
    this.split.addEventListener("pointermove", move);
    this.split.addEventListener("pointerup", end, { once: true });
    this.split.addEventListener("pointercancel", end, { once: true });
  }
}

/** A fresh id of a run; pages without TLS have no `randomUUID`. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tabText(result, index, of) {
  const what =
    result.columns.length > 0
      ? `${counted(result.rows.length, "row")}${result.more ? "+" : ""}`
      : result.changed != null
        ? `${counted(Number(result.changed), "row")} changed`
        : "done";
  return of > 1 ? `${index + 1} · ${what}` : what;
}

function slice(text, statement) {
  if (!statement) return text;
  return text.slice(indexOfPoint(text, statement.from), indexOfPoint(text, statement.to));
}

function lineOf(text, index) {
  const start = text.lastIndexOf("\n", index - 1) + 1;
  const end = text.indexOf("\n", index);
  const from = Math.max(start, index - 80);
  return {
    line: text.slice(0, index).split("\n").length,
    text: text.slice(from, Math.min(end < 0 ? text.length : end, index + 80)),
    indent: index - from,
  };
}
