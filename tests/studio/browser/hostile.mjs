// Names and values that try to run, to hide or to break the page.

import { deepStrictEqual, ok, strictEqual } from "node:assert";

import { contains, equals } from "./page.mjs";

const TABLE = "<img src=x onerror='window.hacked = 1'>";

/** Opens the table whose name is hostile. */
async function open(page, tab) {
  await tab.locator(".table-entry", { hasText: TABLE }).click();
  await page.ready();
}

export const tests = [
  {
    name: "hostile names and values are text in every view",
    async run({ page, tab }) {
      await open(page, tab);
      await equals(() => page.column("constructor", 2), ["javascript:alert(1)", "=1+1"]);
      deepStrictEqual(await tab.locator(".grid-column .grid-name").allTextContents(), [
        "__proto__",
        "constructor",
        "<script>window.hacked = 1</script>",
        'select "x" from',
        "a‹202E›b",
      ]);
      await (await page.cell(0, "<script>window.hacked = 1</script>")).click();
      await tab.keyboard.press("Space");
      await tab.locator(".value-area").waitFor();
      await page.button("Columns").click();
      await tab.keyboard.press("Escape");
      const file = await page.download(async () => {
        await page.button("Export").click();
        await tab.getByRole("menuitem", { name: "CSV" }).click();
      });
      ok(!/[<>:"/\\|?*]/.test(file.name) && file.name.endsWith(".csv"), file.name);
      await page.filter("constructor", "=", "=1+1");
      await page.applyFilters();
      await equals(() => page.column("__proto__", 2), ["2"]);
      await page.place("Schema");
      await tab.getByRole("tab", { name: "Tables" }).click();
      await tab.locator(".card").first().waitFor();
      await page.place("SQL");
      await page.run('SELECT \'<img src=x onerror="window.hacked = 1">\' AS "<b>name</b>"');
      await equals(() => page.column("<b>name</b>", 1), ['<img src=x onerror="window.hacked = 1">']);
      strictEqual(await tab.locator('img[src="x"]').count(), 0);
    },
  },
  {
    name: "columns called __proto__ and constructor are edited",
    async run({ page, tab, studio }) {
      const name = (await studio.call("tables")).tables.find((table) => table.name.startsWith("<img")).name;
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await open(page, tab);
      await page.type(1, "constructor", "built");
      await page.type(1, "__proto__", "77");
      await page.type(1, 'select "x" from', "'; DROP TABLE orders; --");
      await page.applied();
      deepStrictEqual(await studio.sql(`SELECT "__proto__", "constructor", "select ""x"" from" FROM ${quoted} WHERE "__proto__" = 77`), [
        ["77", "built", "'; DROP TABLE orders; --"],
      ]);
      await studio.sql(`UPDATE ${quoted} SET "__proto__" = 2, "constructor" = '=1+1' WHERE "__proto__" = 77`);
    },
  },
  {
    name: "invisible and turning characters are visible",
    async run({ page, tab }) {
      await page.open("exact");
      const cell = await page.cell(6, "label");
      await contains(() => cell.textContent(), "admin‹202E›nimda‹200B›‹0007›·");
      strictEqual(await cell.locator(".hidden-char").first().getAttribute("title"), "U+202E");
      await (await page.cell(6, "document")).click();
      await tab.keyboard.press("Space");
      await contains(() => tab.locator(".json-tree").textContent(), "</script><script>");
    },
  },
  {
    name: "the page's policy refuses scripts and styles in markup",
    async run({ tab }) {
      const refused = await tab
        .evaluate(
          () =>
            new Promise((resolve) => {
              const seen = [];
              document.addEventListener("securitypolicyviolation", (event) => {
                seen.push(event.effectiveDirective.replace(/-(elem|attr)$/, ""));
                if (new Set(seen).size === 2) resolve([...new Set(seen)].sort());
              });
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              const style = document.createElement("p");
              style.setAttribute("style", "color: red");
              document.body.append(script, style);
            }),
        )
        .catch((error) => [error.message]);
      deepStrictEqual(refused, ["script-src", "style-src"]);
    },
    expectsFaults: true,
  },
  {
    name: "all modules are announced, so that none waits for another",
    async run({ tab }) {
      const [announced, loaded] = await tab.evaluate(() => {
        const nameOf = (url) => new URL(url).pathname.split("/").at(-1);
        const links = [...document.querySelectorAll('link[rel="modulepreload"]')].map((link) => nameOf(link.href));
        const entries = performance
          .getEntriesByType("resource")
          .map(({ name }) => nameOf(name))
          .filter((name) => name.endsWith(".js") && name !== "main.js");
        return [links.sort(), [...new Set(entries)].sort()];
      });
      deepStrictEqual(announced, loaded);
    },
  },
  {
    name: "nothing is asked of another origin",
    async run({ page, tab, studio }) {
      const asked = [];
      tab.on("request", (request) => asked.push(request.url()));
      await page.open("customers");
      await page.place("Schema");
      await tab.locator(".tabs").waitFor();
      await page.place("SQL");
      ok(asked.length > 0);
      deepStrictEqual(
        asked.filter((url) => !url.startsWith(`${studio.origin}/`) && !url.startsWith("blob:") && !url.startsWith("data:")),
        [],
      );
      deepStrictEqual(
        asked.filter((url) => url.includes("token")),
        [],
      );
    },
  },
];
