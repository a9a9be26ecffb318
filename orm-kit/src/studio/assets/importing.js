/** Import of a CSV file: a choice of columns, a preview, what is wrong by line, and then all rows or none. */

import { call } from "./api.js";
import { dialog, errorBox, toast } from "./dialogs.js";
import { button, fill, h, select } from "./dom.js";
import { nameOf } from "./row_edits.js";
import { counted, grouped, marked, tableName, visible } from "./text.js";

const SAMPLE = 8;

/** @param {import("./catalog.js").Table} table @param {() => void} imported */
export function importDialog(table, imported) {
  const state = { text: "", header: true, nulls: "empty", mapping: /** @type {Record<string, string>} */ ({}), answer: null };
  const place = h("div", { class: "import-place" });
  let end = () => {};
  const importButton = button({ text: "Import", class: "primary", disabled: true, on: () => run() });

  const ask = (dry) =>
    call("import", { table: nameOf(table), csv: state.text, header: state.header, mapping: state.mapping, nulls: state.nulls, dry });

  /** Reads the file again: with `guess`, columns are matched by name first. */
  const look = async (guess) => {
    importButton.disabled = true;
    place.setAttribute("aria-busy", "true");
    try {
      if (guess) {
        state.mapping = {};
        state.mapping = matched(table, (await ask(true)).columns, state.header);
      }
      state.answer = await ask(true);
      fill(place, preview());
      const { rows, problems } = state.answer;
      const isMapped = Object.keys(state.mapping).length > 0;
      importButton.disabled = problems.length > 0 || rows === 0 || !isMapped;
      importButton.lastChild.textContent = rows ? `Import ${counted(Number(rows), "row")}` : "Import";
    } catch (error) {
      fill(place, errorBox(error));
    } finally {
      place.removeAttribute("aria-busy");
    }
  };

  const run = async () => {
    importButton.disabled = true;
    try {
      const answer = await ask(false);
      if (answer.problems?.length) {
        state.answer = answer;
        fill(place, preview());
        return;
      }
      toast(`${counted(Number(answer.inserted), "row")} imported into ${tableName(table)}`);
      end();
      imported();
    } catch (error) {
      fill(place, errorBox(error, h("p", {}, "No row was imported.")));
    }
  };

  const preview = () => {
    const { columns, sample, problems, rows } = state.answer;
    const targets = [["", "(leave out)"], ...table.columns.filter((column) => !column.generated).map(({ name }) => [name, visible(name)])];
    const choose = (index) =>
      select({
        options: targets,
        value: state.mapping[index] ?? "",
        label: `Column for ${visible(columns[index])}`,
        class: "small",
        on: (name) => {
          if (name) state.mapping[index] = name;
          else delete state.mapping[index];
          look(false);
        },
      });
    const wrong = new Set(problems.map(({ line }) => line));
    return [
      problems.length > 0 && problemList(problems),
      h("p", { class: "muted" }, `${counted(Number(rows), "row")} in the file${problems.length ? "" : "; nothing wrong was found"}.`),
      h(
        "div",
        { class: "table-scroll", tabIndex: 0 },
        h(
          "table",
          { class: "plain-table mono" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              columns.map((name) => h("th", { scope: "col" }, marked(name))),
            ),
            h(
              "tr",
              {},
              columns.map((_, index) => h("th", {}, choose(index))),
            ),
          ),
          h(
            "tbody",
            {},
            sample.slice(0, SAMPLE).map((row, index) =>
              h(
                "tr",
                { class: wrong.has(index + (state.header ? 2 : 1)) ? "wrong" : "" },
                row.map((text) =>
                  h(
                    "td",
                    {},
                    text == null
                      ? h("span", { class: "null" }, "NULL")
                      : text === ""
                        ? h("span", { class: "null" }, "empty")
                        : marked(text.slice(0, 200)),
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
    ];
  };

  return dialog({
    title: `Import CSV into ${tableName(table)}`,
    wide: true,
    body: (close) => {
      end = close;
      const file = h("input", {
        type: "file",
        accept: ".csv,.tsv,.txt,text/csv",
        class: "file-field",
        "aria-label": "CSV file",
        autofocus: true,
        on: {
          change: async () => {
            if (!file.files[0]) return;
            state.text = await file.files[0].text();
            look(true);
          },
        },
      });
      const header = h("input", {
        type: "checkbox",
        checked: true,
        on: {
          change: () => {
            state.header = header.checked;
            if (state.text) look(true);
          },
        },
      });
      const nulls = select({
        options: [
          ["empty", "an empty field is NULL"],
          ["none", "an empty field is an empty text"],
        ],
        value: state.nulls,
        label: "Empty fields",
        on: (value) => {
          state.nulls = value;
          if (state.text) look(false);
        },
      });
      fill(place, h("p", { class: "muted" }, "Choose a file: it is checked first, and nothing is written before you say so."));
      return {
        content: [h("div", { class: "form-row" }, file, h("label", { class: "choice" }, header, "The first line has names"), nulls), place],
        actions: [button({ text: "Cancel", on: () => close() }), importButton],
      };
    },
  });
}

function problemList(problems) {
  return h(
    "div",
    { class: "problems", role: "alert" },
    h("h3", {}, problems.length >= 100 ? "The first 100 problems" : counted(problems.length, "problem")),
    h(
      "ul",
      {},
      problems.map(({ line, column, message }) =>
        h(
          "li",
          {},
          h("span", { class: "mono line-number" }, line == null ? "" : `line ${grouped(line)}`),
          column && h("span", { class: "mono" }, visible(column)),
          h("span", {}, visible(message)),
        ),
      ),
    ),
  );
}

/** Which column of the table a column of the file goes to: by name, or by place if the file has no names. */
function matched(table, names, header) {
  const able = table.columns.filter((column) => !column.generated);
  const plain = (name) => name.toLowerCase().replace(/[\s_-]+/g, "");
  const mapping = {};
  const taken = new Set();
  names.forEach((name, index) => {
    const found = header
      ? (able.find((column) => column.name === name) ?? able.find((column) => plain(column.name) === plain(name)))
      : able[index];
    if (!found || taken.has(found.name)) return;
    taken.add(found.name);
    mapping[index] = found.name;
  });
  return mapping;
}
