/** A plan as a tree. What a part costs without its children is drawn as a bar, and expensive parts are marked with the reason. */

import { catalog } from "./catalog.js";
import { empty, tabs } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { sqlBlock } from "./sql_text.js";
import { grouped, lasted, visible } from "./text.js";

/** @typedef {{name: string, detail?: string, rows?: number | null, cost?: number | null, ms?: number | null, loops?: number | null, children?: Plan[]}} Plan */

const HOT = 0.5;
const WARM = 0.2;

/**
 * What each part costs without its children, as a share of the whole, by time or else by cost.
 * @param {Plan} root
 * @returns {{shares: Map<Plan, number>, measure: "ms" | "cost" | null}}
 */
export function shares(root) {
  const measure = root.ms != null ? "ms" : root.cost != null ? "cost" : null;
  const shares = new Map();
  if (!measure) return { shares, measure };
  const own = new Map();
  let sum = 0;
  const walk = (part) => {
    const children = part.children ?? [];
    const inner = children.reduce((all, child) => all + (child[measure] ?? 0), 0);
    const self = Math.max(0, (part[measure] ?? 0) - inner);
    own.set(part, self);
    sum += self;
    children.forEach(walk);
  };
  walk(root);
  for (const [part, self] of own) shares.set(part, sum > 0 ? self / sum : 0);
  return { shares, measure };
}

/** @param {{plan: Plan, text: string, total: any}} answer */
export function planView({ plan, text, total }) {
  if (!plan) return empty("The database gave no plan");
  const found = shares(plan);
  const ms = found.measure === "ms" ? (total?.ms ?? total ?? plan.ms) : null;
  const cost = total?.cost ?? plan.cost;
  const about = h(
    "div",
    { class: "result-about" },
    ms != null && h("span", {}, `took ${lasted(ms)}`),
    cost != null && h("span", { class: "muted" }, `cost ${grouped(Math.round(cost))}`),
    h(
      "span",
      { class: "muted" },
      found.measure === "ms"
        ? "bars: each part's own time"
        : found.measure === "cost"
          ? "bars: each part's own cost, as estimated"
          : "SQLite says no costs; whole scans and sorts are marked",
    ),
  );
  const tree = () => h("div", { class: "plan-scroll", tabIndex: 0 }, h("ul", { class: "plan", "aria-label": "Plan" }, part(plan, found)));
  return tabs({
    label: "Plan",
    extra: about,
    tabs: [
      { id: "tree", text: "Plan", panel: tree },
      {
        id: "text",
        text: "As text",
        panel: () =>
          text?.trimStart().startsWith("{") ? sqlBlock(text) : h("pre", { class: "sql-text plan-text", tabIndex: 0 }, visibleLines(text)),
      },
    ],
  }).element;
}

const visibleLines = (text) =>
  String(text ?? "")
    .split("\n")
    .map(visible)
    .join("\n");

function part(plan, found) {
  const share = found.shares.get(plan) ?? null;
  const mark = warning(plan, share, found.measure);
  const detail = plan.detail?.startsWith(plan.name) ? plan.detail.slice(plan.name.length).trim() : plan.detail;
  const bar = share == null ? null : h("span", { class: "plan-bar", "aria-hidden": "true" }, h("span", { class: "plan-filled" }));
  if (bar) bar.firstChild.style.width = `${Math.max(1, Math.round(share * 100))}%`;
  const facts = [
    plan.rows != null && `${grouped(Math.round(plan.rows))} rows`,
    plan.loops > 1 && `${grouped(plan.loops)} loops`,
    plan.ms != null ? lasted(plan.ms) : plan.cost != null && `cost ${grouped(Math.round(plan.cost))}`,
  ].filter(Boolean);
  return h(
    "li",
    {},
    h(
      "div",
      { class: `plan-part ${mark?.class ?? ""}` },
      h(
        "div",
        { class: "plan-head" },
        h("span", { class: "plan-name" }, visible(plan.name)),
        mark && h("span", { class: "plan-mark" }, icon("warning"), mark.text),
      ),
      detail && h("div", { class: "plan-detail mono" }, visible(detail)),
      (bar || facts.length > 0) &&
        h(
          "div",
          { class: "plan-facts" },
          bar,
          share != null && h("span", { class: "plan-share" }, `${Math.round(share * 100)} %`),
          facts.map((fact) => h("span", { class: "muted" }, fact)),
        ),
    ),
    plan.children?.length > 0 &&
      h(
        "ul",
        {},
        plan.children.map((child) => part(child, found)),
      ),
  );
}

function warning(plan, share, measure) {
  if (share != null) {
    const what = measure === "ms" ? "time" : "cost";
    if (share >= HOT) return { class: "hot", text: `${Math.round(share * 100)} % of the ${what}` };
    return share >= WARM ? { class: "warm", text: `${Math.round(share * 100)} % of the ${what}` } : null;
  }
  if (catalog.info?.dialect !== "sqlite") return null;
  const text = `${plan.name} ${plan.detail ?? ""}`.toUpperCase();
  if (/\bSCAN\b/.test(text) && !/\bINDEX\b|VIRTUAL TABLE|CONSTANT ROW/.test(text)) return { class: "hot", text: "reads the whole table" };
  if (/TEMP B-TREE/.test(text)) return { class: "warm", text: "sorts or groups in a temporary tree" };
  if (/AUTOMATIC .*INDEX/.test(text)) return { class: "warm", text: "builds an index for this run" };
  return /CORRELATED/.test(text) ? { class: "warm", text: "runs once a row" } : null;
}
