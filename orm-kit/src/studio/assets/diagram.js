/** The diagram of tables and their references, in SVG: moved by dragging or arrow keys, zoomed by wheel or keys, searched by name. */

import { button, h, svg } from "./dom.js";
import { sameTable } from "./edits.js";
import { layout } from "./layout.js";
import { counted, tableName, visible } from "./text.js";

const LINE = 20;
const HEAD = 30;
const CHAR = 6.9;
const MARGIN = 40;
const MOST_COLUMNS = 16;

const idOf = (table) => JSON.stringify([table.schema ?? null, table.name]);
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** The columns of a box: if there are too many, keys and references before the others. */
function shownColumns(table) {
  if (table.columns.length <= MOST_COLUMNS) return table.columns;
  const first = new Set([...(table.key ?? []), ...table.foreignKeys.flatMap((key) => key.columns)]);
  return [...table.columns.filter(({ name }) => first.has(name)), ...table.columns.filter(({ name }) => !first.has(name))].slice(
    0,
    MOST_COLUMNS,
  );
}

export class Diagram {
  #scale = 1;
  #x = 0;
  #y = 0;
  #isFitted = false;

  /** @param {import("./catalog.js").Table[]} tables @param {(table: any) => void} open */
  constructor(tables, open) {
    this.tables = tables;
    this.open = open;
    this.world = svg("g", {});
    this.canvas = svg(
      "svg",
      { class: "diagram", tabindex: "0", role: "group", "aria-label": `Diagram of ${counted(tables.length, "table")}` },
      this.world,
    );
    this.#draw();
    this.search = h("input", {
      class: "field small",
      type: "search",
      "aria-label": "Search the diagram",
      placeholder: "Search a table or column",
      on: { input: () => this.#find(), keydown: (event) => event.key === "Enter" && this.#next() },
    });
    this.found = h("span", { class: "muted", role: "status" });
    this.percent = h("span", { class: "zoom-percent muted" });
    const bar = h(
      "div",
      { class: "diagram-bar" },
      this.search,
      this.found,
      h("span", { class: "spacer" }),
      h(
        "div",
        { class: "button-group" },
        button({ icon: "minus", class: "small", label: "Smaller (−)", on: () => this.#zoom(1 / 1.25) }),
        button({ icon: "plus", class: "small", label: "Larger (+)", on: () => this.#zoom(1.25) }),
      ),
      this.percent,
      button({ text: "Fit", class: "small", title: "Show all (0)", on: () => this.#fit() }),
    );
    this.element = h("div", { class: "diagram-view" }, bar, this.canvas);
    this.#listen();
    new ResizeObserver(() => {
      if (this.canvas.clientWidth > 0 && !this.#isFitted) this.#fit();
    }).observe(this.canvas);
  }

  #draw() {
    const boxes = this.tables.map((table) => {
      const shown = shownColumns(table);
      const widest = Math.max(
        tableName(table).length + 4,
        ...shown.map(({ name, type }) => Math.min(name.length, 32) + Math.min((type ?? "").length, 18) + 5),
      );
      const lines = shown.length + (table.columns.length > MOST_COLUMNS ? 1 : 0);
      return {
        id: idOf(table),
        width: Math.round(Math.max(150, Math.min(widest * CHAR + 20, 420))),
        height: HEAD + lines * LINE + 6,
        to: table.foreignKeys.map((key) => idOf(key.to)),
        table,
        shown,
      };
    });
    const { places, width, height } = layout(boxes);
    this.size = { width, height };
    this.boxes = new Map(boxes.map((box) => [box.id, { ...box, ...places.get(box.id) }]));
    const lines = svg("g", { class: "links", "aria-hidden": "true" });
    this.links = [];
    for (const box of this.boxes.values()) for (const key of box.table.foreignKeys) this.#link(lines, box, key);
    this.world.append(lines);
    for (const box of this.boxes.values()) this.world.append(this.#box(box));
  }

  #link(lines, box, key) {
    const target = this.boxes.get(idOf(key.to));
    if (!target) return;
    const y = (of, column) =>
      of.y +
      HEAD +
      (Math.max(
        0,
        of.shown.findIndex(({ name }) => name === column),
      ) +
        0.5) *
        LINE;
    const [fromY, toY] = [y(box, key.columns[0]), y(target, key.toColumns[0])];
    const isSelf = box === target;
    const isRight = !isSelf && target.x > box.x + box.width / 2;
    const fromX = isSelf || isRight ? box.x + box.width : box.x;
    const toX = isSelf ? target.x + target.width : isRight ? target.x : target.x + target.width;
    const bend = isSelf ? 46 : Math.max(36, Math.abs(toX - fromX) / 2);
    const [one, two] = isSelf || isRight ? [fromX + bend, isSelf ? toX + bend : toX - bend] : [fromX - bend, toX + bend];
    const column = box.table.columns.find(({ name }) => name === key.columns[0]);
    const isUnique = [box.table.key, ...(box.table.uniques ?? [])].some(
      (unique) => unique?.length === key.columns.length && unique.every((name) => key.columns.includes(name)),
    );
    const side = fromX === box.x ? -1 : 1;
    const foot = isUnique
      ? `M${fromX + 7 * side} ${fromY - 5}v10`
      : `M${fromX + 9 * side} ${fromY}L${fromX} ${fromY - 5}M${fromX + 9 * side} ${fromY}L${fromX} ${fromY + 5}`;
    const end = toX === target.x ? -1 : 1;
    const path = svg(
      "g",
      { class: `link ${column?.nullable ? "optional" : ""}` },
      svg("path", { d: `M${fromX} ${fromY}C${one} ${fromY} ${two} ${toY} ${toX} ${toY}` }),
      svg("path", { class: "foot", d: `${foot}M${toX + 7 * end} ${toY - 5}v10` }),
      svg(
        "title",
        {},
        `${tableName(box.table)}.${key.columns.map(visible).join(", ")} → ${tableName(key.to)}.${key.toColumns.map(visible).join(", ")}`,
      ),
    );
    this.links.push({ path, from: box.id, to: target.id });
    lines.append(path);
  }

  #box(box) {
    const { table, x, y, width, height } = box;
    const keys = new Set(table.key ?? []);
    const references = new Set(table.foreignKeys.flatMap((key) => key.columns));
    const room = Math.floor((width - 24) / CHAR);
    const group = svg(
      "g",
      {
        class: `box ${table.kind === "table" ? "" : "is-view"}`,
        transform: `translate(${x} ${y})`,
        tabindex: "0",
        role: "button",
        "aria-label": `${tableName(table)}, ${counted(table.columns.length, "column")}. Enter opens its rows.`,
      },
      svg("rect", { class: "box-back", width, height, rx: 6 }),
      svg("path", { class: "box-head", d: `M0 ${HEAD}V6a6 6 0 0 1 6-6H${width - 6}a6 6 0 0 1 6 6V${HEAD}z` }),
      svg("text", { class: "box-title", x: 12, y: 20 }, cut(tableName(table), room), svg("title", {}, tableName(table))),
    );
    box.shown.forEach((column, index) => {
      const baseline = HEAD + index * LINE + 15;
      const type = cut(visible(column.type ?? ""), 18);
      const name = cut(visible(column.name), Math.max(6, room - type.length - 1));
      const style = keys.has(column.name) ? "is-key" : references.has(column.name) ? "is-reference" : "";
      group.append(
        svg(
          "text",
          { class: `box-column ${style}`, x: 12, y: baseline },
          name,
          svg("title", {}, `${visible(column.name)} ${visible(column.type ?? "")}${column.nullable ? "" : " not null"}`),
        ),
        svg("text", { class: "box-type", x: width - 12, y: baseline, "text-anchor": "end" }, column.nullable ? `${type}?` : type),
      );
    });
    const left = table.columns.length - MOST_COLUMNS;
    if (left > 0)
      group.append(svg("text", { class: "box-type", x: 12, y: HEAD + MOST_COLUMNS * LINE + 15 }, `… ${counted(left, "more column")}`));
    group.addEventListener("dblclick", () => this.open(table));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.open(table);
    });
    group.addEventListener("focus", () => {
      this.#mark(box.id);
      if (group.matches(":focus-visible")) this.#centre(box, this.#scale);
    });
    group.addEventListener("blur", () => this.#mark(null));
    box.group = group;
    this.boxes.set(box.id, box);
    return group;
  }

  /** Marks a table with its references. */
  #mark(id) {
    this.world.classList.toggle("is-marked", id != null);
    const near = new Set([id]);
    for (const { path, from, to } of this.links) {
      const isNear = from === id || to === id;
      path.classList.toggle("near", isNear);
      if (isNear) near.add(from).add(to);
    }
    for (const box of this.boxes.values()) box.group.classList.toggle("near", near.has(box.id));
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (event.ctrlKey || event.metaKey || event.deltaMode !== 0 || Math.abs(event.deltaY) >= 50)
          this.#zoom(Math.exp(-event.deltaY / 400), event);
        else this.#moveBy(-event.deltaX, -event.deltaY);
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 1) return;
      const from = { x: event.clientX - this.#x, y: event.clientY - this.#y };
      const begin = { x: event.clientX, y: event.clientY };
      const move = (moved) => {
        if (Math.abs(moved.clientX - begin.x) + Math.abs(moved.clientY - begin.y) < 4) return;
        if (!canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
        canvas.classList.add("moving");
        this.#place(moved.clientX - from.x, moved.clientY - from.y, this.#scale);
      };
      const end = () => {
        canvas.classList.remove("moving");
        canvas.removeEventListener("pointermove", move);
      };
      canvas.addEventListener("pointermove", move);
      canvas.addEventListener("pointerup", end, { once: true });
      canvas.addEventListener("pointercancel", end, { once: true });
    });
    canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (event.key === "+" || event.key === "=") this.#zoom(1.25);
      else if (event.key === "-") this.#zoom(1 / 1.25);
      else if (event.key === "0") this.#fit();
      else if (moves[event.key]) this.#moveBy(...moves[event.key]);
      else return;
      event.preventDefault();
    });
  }

  #place(x, y, scale) {
    [this.#x, this.#y, this.#scale] = [x, y, scale];
    this.world.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(4)})`);
    this.percent.textContent = `${Math.round(scale * 100)} %`;
  }

  #moveBy(x, y) {
    this.#place(this.#x + x, this.#y + y, this.#scale);
  }

  #zoom(by, at) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
    const scale = Math.max(0.08, Math.min(this.#scale * by, 3));
    const real = scale / this.#scale;
    this.#place(x - (x - this.#x) * real, y - (y - this.#y) * real, scale);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0) return;
    this.#isFitted = true;
    const { width, height } = this.size;
    const scale = Math.max(0.08, Math.min((clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height, 1));
    this.#place((clientWidth - width * scale) / 2, Math.max(MARGIN, (clientHeight - height * scale) / 2), scale);
  }

  #centre(box, scale) {
    const { clientWidth, clientHeight } = this.canvas;
    this.#place(
      clientWidth / 2 - (box.x + box.width / 2) * scale,
      clientHeight / 2 - (box.y + Math.min(box.height, clientHeight / scale) / 2) * scale,
      scale,
    );
  }

  #matches = [];

  #find() {
    const part = this.search.value.trim().toLowerCase();
    const has = ({ table, shown }) =>
      part !== "" && (tableName(table).toLowerCase().includes(part) || table.columns.some(({ name }) => name.toLowerCase().includes(part)));
    this.#matches = [...this.boxes.values()].filter(has);
    const exact = (box) =>
      sameTable(box.table, { schema: box.table.schema, name: part }) ? 0 : tableName(box.table).toLowerCase().includes(part) ? 1 : 2;
    this.#matches.sort((left, right) => exact(left) - exact(right));
    for (const box of this.boxes.values()) box.group.classList.toggle("found", this.#matches.includes(box));
    this.world.classList.toggle("is-searched", part !== "");
    this.found.textContent = part === "" ? "" : counted(this.#matches.length, "table");
    if (this.#matches.length > 0) this.#centre(this.#matches[0], Math.max(this.#scale, 0.7));
  }

  /** Shows the next table that was found. */
  #next() {
    if (this.#matches.length === 0) return;
    this.#matches.push(this.#matches.shift());
    this.#centre(this.#matches[0], Math.max(this.#scale, 0.7));
  }
}
