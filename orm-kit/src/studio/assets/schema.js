/** The schema: a diagram, the tables in full, drift between structs and database, migrations, and lints. */

import { call } from "./api.js";
import { catalog } from "./catalog.js";
import { Diagram } from "./diagram.js";
import { empty, errorBox, loading, tabs } from "./dialogs.js";
import { button, fill, h, icon, select } from "./dom.js";
import { inZone } from "./moments.js";
import { sqlBlock } from "./sql_text.js";
import { counted, tableName, visible } from "./text.js";

export class SchemaView {
  #schema = null;
  #part = "diagram";
  #source = "database";
  #chosen = false;
  /** Why structs and database couldn't be compared; the tables are shown all the same. */
  #problem = null;

  /** @param {{openTable: (table: any, state?: any) => void, go: (hash: string) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.place = h("div", { class: "schema-place" });
    this.element = h("div", { class: "page-view schema-view" }, h("h1", { class: "sr-only" }, "Schema"), this.place);
  }

  shown([part] = []) {
    if (part) this.#part = part;
    this.load();
  }

  async load() {
    fill(this.place, loading("Comparing structs and database…"));
    this.#problem = null;
    try {
      this.#schema = await call("schema");
    } catch (error) {
      this.#problem = error;
      this.#schema = { structs: null, drift: null, migrations: null, lints: null };
    }
    if (this.#schema.structs && !this.#chosen) this.#source = "structs";
    this.#draw();
  }

  #draw() {
    const { drift, migrations, lints } = this.#schema;
    const number = (list) => (list?.length ? h("span", { class: "tab-count" }, String(list.length)) : null);
    const pending = migrations?.filter(({ state }) => state !== "applied");
    const list = [
      { id: "diagram", text: "Diagram", panel: () => this.#diagram() },
      { id: "tables", text: "Tables", panel: () => this.#tables() },
      { id: "drift", text: ["Drift", number(drift)], panel: () => this.#compared(() => this.#drift()) },
      { id: "migrations", text: ["Migrations", number(pending)], panel: () => this.#compared(() => this.#migrations()) },
      { id: "lints", text: ["Lints", number(lints)], panel: () => this.#compared(() => this.#lints()) },
    ];
    const extra = h(
      "div",
      { class: "tools" },
      this.#sourceChoice(),
      button({ icon: "refresh", label: "Compare again", on: () => this.load() }),
    );
    fill(this.place, tabs({ label: "Schema", tabs: list, selected: this.#part, extra, on: (id) => (this.#part = id) }).element);
  }

  #compared(panel) {
    if (this.#problem) return errorBox(this.#problem);
    const problems = (this.#schema.problems ?? []).map((text) => errorBox({ message: text }));
    return problems.length > 0 ? h("div", { class: "schema-place" }, problems, panel()) : panel();
  }

  /** Whether the tables are shown as the structs have them or as the database does. */
  #sourceChoice() {
    if (!this.#schema.structs) return h("span", { class: "muted" }, "as the database has it");
    const change = (source) => {
      this.#source = source;
      this.#chosen = true;
      this.#draw();
    };
    return select({
      options: [
        ["structs", "As the structs have it"],
        ["database", "As the database has it"],
      ],
      value: this.#source,
      label: "Which schema",
      class: "small",
      on: change,
    });
  }

  get #shownTables() {
    return this.#source === "structs" && this.#schema.structs ? this.#schema.structs : catalog.tables;
  }

  #open(table) {
    const found = catalog.find(table);
    if (found) this.actions.openTable(found);
  }

  #diagram() {
    const tables = this.#shownTables;
    if (tables.length === 0) return empty("There are no tables");
    return new Diagram(tables, (table) => this.#open(table)).element;
  }

  #tables() {
    const tables = this.#shownTables;
    if (tables.length === 0) return empty("There are no tables");
    return h(
      "div",
      { class: "page-scroll", tabIndex: 0 },
      h(
        "div",
        { class: "cards" },
        tables.map((table) => this.#card(table)),
      ),
    );
  }

  #card(table) {
    const key = new Set(table.key ?? []);
    const inDatabase = catalog.find(table) != null;
    return h(
      "article",
      { class: "card" },
      h(
        "header",
        { class: "card-head" },
        h("h2", {}, tableName(table)),
        table.kind !== "table" && h("span", { class: "tag" }, table.kind),
        h("span", { class: "spacer" }),
        inDatabase
          ? button({ icon: "open", text: "Rows", class: "small quiet", on: () => this.#open(table) })
          : h("span", { class: "tag warn" }, "not in the database"),
      ),
      h(
        "table",
        { class: "plain-table columns-table" },
        h(
          "thead",
          { class: "sr-only" },
          h(
            "tr",
            {},
            ["Column", "Type", "Facts"].map((text) => h("th", { scope: "col" }, text)),
          ),
        ),
        h(
          "tbody",
          {},
          table.columns.map((column) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                key.has(column.name) && h("span", { class: "grid-badge key", title: "part of the key" }, icon("key")),
                visible(column.name),
              ),
              h("td", { class: "mono muted" }, visible(column.type)),
              h("td", { class: "muted" }, facts(column)),
            ),
          ),
        ),
      ),
      listed(
        "References",
        table.foreignKeys?.map(
          (one) =>
            `${one.columns.map(visible).join(", ")} → ${tableName(one.to)} (${one.toColumns.map(visible).join(", ")})${one.onDelete && !/no action/i.test(one.onDelete) ? `, on delete ${one.onDelete.toLowerCase()}` : ""}`,
        ),
      ),
      listed(
        "Unique",
        table.uniques?.map((columns) => columns.map(visible).join(", ")),
      ),
      listed(
        "Indexes",
        table.indexes?.map((index) => `${visible(index.name)} (${index.columns.map(visible).join(", ")})${index.unique ? ", unique" : ""}`),
      ),
      table.sql && h("details", {}, h("summary", {}, "SQL"), sqlBlock(table.sql, catalog.info?.dialect)),
    );
  }

  #drift() {
    const { drift, driftSql, structs } = this.#schema;
    if (!structs || !drift) return empty("No structs are known", "The studio knows the structs if the program's command line has them.");
    if (drift.length === 0) return empty("No drift", "The database has exactly what the structs describe.");
    const sign = (text) => ({ "+": "added", "-": "removed", "−": "removed", "~": "changed" })[text[0]] ?? "";
    return h(
      "div",
      { class: "page-scroll", tabIndex: 0 },
      h(
        "div",
        { class: "column" },
        h(
          "p",
          { class: "muted" },
          `${counted(drift.length, "difference")} between the database and the structs. Nothing is changed from here: generate a migration.`,
        ),
        h(
          "article",
          { class: "card" },
          h(
            "ul",
            { class: "mono drift" },
            drift.map(({ text, sql }) => h("li", { class: sign(text) }, visible(text), sql && sqlBlock(sql, catalog.info?.dialect))),
          ),
        ),
        driftSql &&
          h(
            "article",
            { class: "card" },
            h("h2", {}, "The SQL that makes the database as the structs are"),
            sqlBlock(driftSql, catalog.info?.dialect),
          ),
      ),
    );
  }

  #migrations() {
    const { migrations } = this.#schema;
    if (!migrations) return empty("No migrations are known", "The studio knows the migrations of the program that it was started from.");
    if (migrations.length === 0) return empty("There are no migrations yet");
    const names = {
      applied: "applied",
      pending: "pending",
      missing: "applied, but its file is missing",
      changed: "changed after it was applied",
    };
    return h(
      "div",
      { class: "page-scroll", tabIndex: 0 },
      h(
        "div",
        { class: "column" },
        migrations.map(({ name, state, at, up, down, outOfOrder }) =>
          h(
            "details",
            { class: "card migration" },
            h(
              "summary",
              { class: "card-head" },
              h("span", { class: `tag state-${state}` }, names[state] ?? state),
              outOfOrder && h("span", { class: "tag warn" }, "out of order"),
              h("span", { class: "mono migration-name" }, visible(name)),
              h("span", { class: "spacer" }),
              at && h("time", { class: "muted" }, inZone(String(at)) ?? visible(String(at))),
            ),
            up ? [h("h3", {}, "Up"), sqlBlock(up, catalog.info?.dialect)] : h("p", { class: "muted" }, "Its SQL isn't known."),
            down && [h("h3", {}, "Down"), sqlBlock(down, catalog.info?.dialect)],
          ),
        ),
      ),
    );
  }

  #lints() {
    const { lints } = this.#schema;
    if (!lints?.length) return empty("Nothing to improve was found");
    const rank = { error: 0, warning: 1 };
    const sorted = [...lints].sort((left, right) => (rank[left.severity] ?? 2) - (rank[right.severity] ?? 2));
    return h(
      "div",
      { class: "page-scroll", tabIndex: 0 },
      h(
        "ul",
        { class: "column lints" },
        sorted.map(({ severity, table, column, text }) =>
          h(
            "li",
            { class: "card lint" },
            h("span", { class: `tag severity-${severity}` }, visible(severity)),
            h("span", { class: "lint-text" }, visible(text)),
            table &&
              h(
                "button",
                { type: "button", class: "link mono", on: { click: () => this.#open(asName(table)) } },
                `${asLabel(table)}${column ? `.${visible(column)}` : ""}`,
              ),
          ),
        ),
      ),
    );
  }
}

const asName = (table) =>
  typeof table === "string" ? { schema: catalog.tables.find((one) => one.name === table)?.schema ?? null, name: table } : table;
const asLabel = (table) => (typeof table === "string" ? visible(table) : tableName(table));

function facts(column) {
  const parts = [];
  if (column.nullable) parts.push("null");
  if (column.identity) parts.push("identity");
  if (column.generated) parts.push("generated");
  if (column.default != null) parts.push(`= ${column.default}`);
  if (column.values?.length) parts.push(column.values.join(" | "));
  if (column.comment) parts.push(`“${column.comment}”`);
  return visible(parts.join(", "));
}

function listed(title, list) {
  if (!list?.length) return null;
  return h(
    "div",
    { class: "card-list" },
    h("h3", {}, title),
    h(
      "ul",
      { class: "mono" },
      list.map((text) => h("li", {}, text)),
    ),
  );
}
