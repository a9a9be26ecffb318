/** Exports of a table or of a statement's result, as a file. */

import { fetchFile, saveFile } from "./api.js";
import { dialog, errorBox, menu, toast } from "./dialogs.js";
import { button, fill, h } from "./dom.js";
import { sized } from "./text.js";

const FORMATS = [
  ["csv", "CSV"],
  ["json", "JSON"],
  ["sql", "SQL (INSERT statements)"],
];

/**
 * Asks for a format, then fetches all rows.
 * @param {Element} at
 * @param {{name: string, request: () => object, about: string}} what
 */
export function exportMenu(at, what) {
  menu(
    at,
    [{ heading: what.about }, ...FORMATS.map(([format, text]) => ({ text, icon: "download", on: () => exportAs(format, what) }))],
    "Export as",
  );
}

async function exportAs(format, what) {
  const stop = new AbortController();
  const progress = h("p", { role: "status" }, "Asking the database…");
  let end = null;
  const closed = dialog({
    title: "Export",
    body: (close) => {
      end = close;
      return { content: progress, actions: button({ text: "Cancel", on: () => close() }) };
    },
  }).then(() => stop.abort());
  try {
    const blob = await fetchFile(
      "export",
      { ...what.request(), format },
      { signal: stop.signal, progress: (bytes) => (progress.textContent = `${sized(bytes)} so far…`) },
    );
    saveFile(blob, `${what.name}.${format}`);
    toast(`${what.name}.${format}: ${sized(blob.size)}`);
    end();
  } catch (error) {
    if (error.name !== "AbortError") fill(progress, errorBox(error));
  }
  await closed;
}
