/**
 * JSON as a tree. Numbers stay the text that they are, so that large ones aren't rounded, and keys keep their order and their
 * duplicates.
 */

/**
 * @typedef {{kind: "object", entries: [string, Json][]} | {kind: "array", items: Json[]} | {kind: "string" | "number" | "word", text: string}} Json
 */

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const DEEPEST = 2000;

/**
 * Parses a text.
 * @param {string} text
 * @returns {Json}
 * @throws {SyntaxError} with the place of the mistake
 */
export function parse(text) {
  let at = 0;
  const fail = (expected) => {
    const line = text.slice(0, at).split("\n");
    throw new SyntaxError(`line ${line.length}, column ${line[line.length - 1].length + 1}: expected ${expected}`);
  };
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found?.[0];
  };
  const punctuation = (char) => {
    take(SPACE);
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const value = (depth) => {
    if (depth > DEEPEST) fail(`at most ${DEEPEST} levels`);
    take(SPACE);
    if (punctuation("{")) return object(depth);
    if (punctuation("[")) return array(depth);
    const string = take(STRING);
    if (string != null) return { kind: "string", text: JSON.parse(string) };
    const number = take(NUMBER);
    if (number) return { kind: "number", text: number };
    const word = take(WORD);
    if (word) return { kind: "word", text: word };
    return fail("a value");
  };
  const object = (depth) => {
    const entries = [];
    if (punctuation("}")) return { kind: "object", entries };
    do {
      take(SPACE);
      const name = take(STRING) ?? fail("a name in double quotes");
      if (!punctuation(":")) fail("a colon");
      entries.push([JSON.parse(name), value(depth + 1)]);
    } while (punctuation(","));
    if (!punctuation("}")) fail("a comma or }");
    return { kind: "object", entries };
  };
  const array = (depth) => {
    const items = [];
    if (punctuation("]")) return { kind: "array", items };
    do items.push(value(depth + 1));
    while (punctuation(","));
    if (!punctuation("]")) fail("a comma or ]");
    return { kind: "array", items };
  };
  const whole = value(0);
  take(SPACE);
  if (at < text.length) fail("the end");
  return whole;
}

/**
 * A tree as a text with two spaces for each level.
 * @param {Json} json
 * @param {string} [indent]
 * @returns {string}
 */
export function pretty(json, indent = "") {
  const deeper = `${indent}  `;
  if (json.kind === "object") {
    if (json.entries.length === 0) return "{}";
    const lines = json.entries.map(([name, value]) => `${deeper}${JSON.stringify(name)}: ${pretty(value, deeper)}`);
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  if (json.kind === "array") {
    if (json.items.length === 0) return "[]";
    return `[\n${json.items.map((item) => deeper + pretty(item, deeper)).join(",\n")}\n${indent}]`;
  }
  return json.kind === "string" ? JSON.stringify(json.text) : json.text;
}
