/** Edits of rows in a grid, staged: values of one or many cells, new rows, copies, deletions. */

import { call, fetchFile } from "./api.js";
import { isCut, same } from "./cells.js";
import { edits } from "./edits.js";
import { counted, tableName, visible } from "./text.js";

/** @typedef {import("./table_rows.js").TableRows} TableRows */
/** @typedef {import("./table_rows.js").Row} Row */

const LARGEST_COPY = 16_000_000;

/**
 * Stages a value in some rows. Undefined takes the value back: the stored one, or the default of a new row.
 * @param {TableRows} rows @param {Row[]} list @param {import("./cells.js").Column} column @param {import("./cells.js").Staged | undefined} value
 */
export function setCells(rows, list, column, value) {
  const steps = list
    .filter((row) => !rows.whyNot(row, column) && !same(rows.value(row, column.name), value))
    .map((row) =>
      value === undefined
        ? { do: "unset", id: row.id, column: column.name }
        : {
            do: "set",
            id: row.id,
            table: nameOf(rows.table),
            key: row.key,
            column: column.name,
            seen: rows.stored(row, column.name),
            value,
          },
    );
  const where = steps.length === 1 ? "" : ` in ${counted(steps.length, "row")}`;
  edits.stage(`${visible(column.name)}${where}`, /** @type {any} */ (steps));
}

/** Stages a new row, empty. Returns its id. @param {TableRows} rows @param {Record<string, any>} [values] */
export function insertRow(rows, values = {}) {
  const id = edits.newId(rows.table);
  edits.stage(`a new row of ${tableName(rows.table)}`, [{ do: "insert", id, table: nameOf(rows.table), values }]);
  return id;
}

/** Stages the deletion of rows, or takes it back if all of them are staged to be deleted. @param {TableRows} rows @param {Row[]} list */
export function deleteRows(rows, list) {
  const able = list.filter((row) => row.key || !row.cells);
  const isBack = able.length > 0 && able.every((row) => edits.of(row.id)?.kind === "delete");
  const table = nameOf(rows.table);
  const steps = able.map((row) =>
    isBack ? { do: "drop", id: row.id } : { do: "delete", id: row.id, table, key: row.key, seen: row.cells ? rows.seen(row) : {} },
  );
  edits.stage(`${isBack ? "keep" : "delete"} ${counted(able.length, "row")}`, /** @type {any} */ (steps));
}

/** Stages copies of rows, without what the database gives out itself. @param {TableRows} rows @param {Row[]} list */
export async function duplicateRows(rows, list) {
  const { table } = rows;
  const steps = [];
  for (const row of list) {
    const values = [];
    for (const column of table.columns) {
      if (column.generated || column.identity || isGivenOut(table, column)) continue;
      const value = rows.value(row, column.name);
      if (value !== undefined) values.push([column.name, isCut(value) ? await whole(table, row, column, value) : plain(value)]);
    }
    steps.push({ do: "insert", id: edits.newId(table), table: nameOf(table), values: Object.fromEntries(values) });
  }
  edits.stage(`${counted(steps.length, "copy", "copies")} of rows`, /** @type {any} */ (steps));
  return steps.map(({ id }) => id);
}

/** Whether the database chooses a key by itself: an integer key of one column, or one with a default. */
function isGivenOut(table, column) {
  return table.key?.length === 1 && table.key[0] === column.name && (column.kind === "integer" || column.default != null);
}

/** A whole value as it is staged: bytes without their length. */
const plain = (value) => (Array.isArray(value) && value[0] === "x" ? ["x", value[1]] : value);

/** The whole of a value of which the page has only a part. */
async function whole(table, row, column, value) {
  if (value[0] === "u") throw new Error(`${visible(column.name)} has text that isn't UTF-8, which can't be copied here.`);
  if (!row.key) throw new Error(`This row has no key, so the whole of ${visible(column.name)} can't be read.`);
  if (value[2] > LARGEST_COPY) throw new Error(`${visible(column.name)} is too large to be copied here: at most 16 MB.`);
  if (value[0] === "x")
    return ["x", await base64(await fetchFile("download", { table: nameOf(table), key: row.key, column: column.name }))];
  return (await call("cell", { table: nameOf(table), key: row.key, column: column.name })).value;
}

/** The content of a file as base64. @param {Blob} blob @returns {Promise<string>} */
export function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,?/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A table's name alone, as the server takes it. @param {import("./api.js").TableName} table */
export function nameOf({ schema, name }) {
  return { schema: schema ?? null, name };
}
