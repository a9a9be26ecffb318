/** Dialogs, menus and short messages. Dialogs are the browser's own, which keep the focus inside and end by Esc. */

import { button, fill, fresh, h, icon } from "./dom.js";
import { visible } from "./text.js";

/**
 * Opens a dialog and resolves when it closes, with what `close` got.
 * @param {{title: string, wide?: boolean, class?: string, body: (close: (result?: any) => void, dialog: HTMLDialogElement) => {content: any, actions?: any}}} options
 */
export function dialog({ title, wide = false, class: style = "", body }) {
  const id = fresh("title");
  const before = document.activeElement;
  const element = h("dialog", { class: `dialog ${wide ? "wide" : ""} ${style}`, "aria-labelledby": id });
  let result;
  const close = (value) => {
    result = value;
    element.close();
  };
  const { content, actions } = body(close, element);
  fill(
    element,
    h("header", { class: "dialog-head" }, h("h2", { id }, title), button({ icon: "close", label: "Close (Esc)", on: () => close() })),
    h("div", { class: "dialog-body" }, content),
    actions && h("footer", { class: "dialog-actions" }, actions),
  );
  document.body.append(element);
  element.showModal();
  element.querySelector("[autofocus]")?.focus();
  return new Promise((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(result);
    });
  });
}

/**
 * Asks whether to do something; resolves with whether.
 * @param {{title: string, text: string, action: string, danger?: boolean}} options
 */
export async function confirm({ title, text, action, danger = false }) {
  const answer = await dialog({
    title,
    body: (close) => ({
      content: h("p", {}, text),
      actions: [
        button({ text: "Cancel", autofocus: danger, on: () => close(false) }),
        button({ text: action, class: danger ? "danger" : "primary", autofocus: !danger, on: () => close(true) }),
      ],
    }),
  });
  return answer === true;
}

/** @typedef {{text: string, icon?: any, keys?: string, danger?: boolean, disabled?: boolean, checked?: boolean, on: () => void} | "line" | {heading: string}} MenuItem */

let openMenu = null;

/**
 * Opens a menu below an element or at a point. Arrow keys move, Enter chooses, Esc closes.
 * @param {Element | {x: number, y: number}} at
 * @param {MenuItem[]} items
 * @param {string} label
 */
export function menu(at, items, label) {
  openMenu?.();
  const before = document.activeElement;
  const list = h("div", { class: "menu", role: "menu", "aria-label": label });
  const close = (refocus = true) => {
    openMenu = null;
    list.remove();
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("blur", away);
    if (refocus && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!list.contains(event.target)) close(false);
  };
  const away = () => close(false);
  for (const item of items) {
    if (item === "line") list.append(h("div", { class: "menu-line", role: "separator" }));
    else if ("heading" in item) list.append(h("div", { class: "menu-heading" }, item.heading));
    else list.append(menuItem(item, close));
  }
  list.addEventListener("keydown", (event) => {
    const entries = [...list.querySelectorAll("button:not(:disabled)")];
    const index = entries.indexOf(document.activeElement);
    const go = (to) => entries[(to + entries.length) % entries.length]?.focus();
    const moves = {
      ArrowDown: () => go(index + 1),
      ArrowUp: () => go(index - 1),
      Home: () => go(0),
      End: () => go(-1),
      Escape: () => close(),
      Tab: () => close(),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  });
  (document.querySelector("dialog[open]:last-of-type") ?? document.body).append(list);
  place(list, at);
  list.querySelector("button:not(:disabled)")?.focus();
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("blur", away);
  openMenu = close;
  return close;
}

function menuItem(item, close) {
  const role = item.checked === undefined ? "menuitem" : "menuitemcheckbox";
  return h(
    "button",
    {
      type: "button",
      role,
      class: `menu-item ${item.danger ? "danger" : ""}`,
      disabled: item.disabled ?? false,
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      on: {
        click: () => {
          close();
          item.on();
        },
      },
    },
    h("span", { class: "menu-icon" }, item.checked ? icon("check") : item.icon && icon(item.icon)),
    h("span", { class: "menu-text" }, item.text),
    item.keys && h("kbd", {}, item.keys),
  );
}

/** Puts a floating element below another one or at a point, inside the window. */
export function place(element, at) {
  const box = at instanceof Element ? at.getBoundingClientRect() : { left: at.x, bottom: at.y, top: at.y, right: at.x };
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = Math.max(8, Math.min(box.left, innerWidth - width - 8));
  const below = box.bottom + 4;
  const top = below + height < innerHeight - 8 ? below : Math.max(8, box.top - height - 4);
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

/**
 * A floating box below an element, with its own controls. Esc or a click outside closes it.
 * @param {Element} at @param {string} label @param {(close: () => void) => any} content
 */
export function popover(at, label, content) {
  openMenu?.();
  const box = h("div", { class: "popover", role: "dialog", "aria-label": label });
  const close = () => {
    openMenu = null;
    box.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (at instanceof HTMLElement && at.isConnected) at.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!box.contains(event.target) && !at.contains(event.target)) close();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  fill(box, content(close));
  document.body.append(box);
  place(box, at);
  box.querySelector("input, select, button")?.focus();
  document.addEventListener("pointerdown", outside, true);
  openMenu = close;
  return close;
}

const announcer = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

/**
 * Shows a short message for some seconds; errors stay until they are closed.
 * @param {string} text
 * @param {{error?: boolean, advice?: string | null}} [options]
 */
export function toast(text, { error = false, advice = null } = {}) {
  if (!announcer.isConnected) document.body.append(announcer);
  const element = h(
    "div",
    { class: `toast ${error ? "error" : ""}` },
    icon(error ? "warning" : "check"),
    h("div", { class: "toast-text" }, h("div", {}, visible(text)), advice && h("div", { class: "muted" }, visible(advice))),
    button({ icon: "close", label: "Close this message", on: () => element.remove() }),
  );
  announcer.append(element);
  while (announcer.children.length > 4) announcer.firstElementChild.remove();
  if (!error) setTimeout(() => element.remove(), 4000);
}

/** Shows what failed, unless it was stopped by the user. @param {any} error */
export function failed(error) {
  if (error?.name === "AbortError") return;
  toast(error.message, { error: true, advice: error.advice });
}

/**
 * Copies a text, and says so. Pages without TLS have no `navigator.clipboard`; the older way works there, too.
 * @param {string} text @param {string} [said]
 */
export async function copyText(text, said = "Copied") {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    toast(said);
  } catch (error) {
    failed(error);
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const area = h("textarea", { class: "sr-only", "aria-hidden": "true", value: text });
  (document.querySelector("dialog[open]:last-of-type") ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  if (!isCopied) throw new Error("The browser doesn't let this page copy.");
}

/** A box that explains an error inside a view. @param {any} error @param {...any} more */
export function errorBox(error, ...more) {
  return h(
    "div",
    { class: "error-box", role: "alert" },
    icon("warning"),
    h(
      "div",
      {},
      h("div", { class: "error-text" }, visible(error.message)),
      error.advice && h("div", { class: "muted" }, visible(error.advice)),
      error.code && h("div", { class: "muted mono" }, visible(error.code)),
      more,
    ),
  );
}

/** What an empty place says. @param {string} title @param {string} [text] @param {...any} more */
export function empty(title, text, ...more) {
  return h("div", { class: "empty" }, h("div", { class: "empty-title" }, title), text && h("p", {}, text), more);
}

/** A sign that something is being fetched. @param {string} [text] */
export function loading(text = "Loading…") {
  return h("div", { class: "loading", role: "status" }, h("span", { class: "spinner" }), text);
}

/**
 * Tabs with their panels: arrow keys move between tabs.
 * @param {{label: string, tabs: {id: string, text: any, panel: () => Node}[], selected?: string, on?: (id: string) => void, extra?: any}} options
 */
export function tabs({ label, tabs: list, selected, on, extra }) {
  const base = fresh("tab");
  const panel = h("div", { class: "tab-panel", role: "tabpanel", id: `${base}-panel`, tabIndex: -1 });
  const heads = list.map(({ id, text }) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        role: "tab",
        id: `${base}-${id}`,
        "aria-controls": `${base}-panel`,
        data: { id },
        on: { click: () => show(id) },
      },
      text,
    ),
  );
  const show = (id) => {
    for (const head of heads) {
      const isOn = head.dataset.id === id;
      head.setAttribute("aria-selected", String(isOn));
      head.tabIndex = isOn ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `${base}-${id}`);
    fill(panel, list.find((tab) => tab.id === id)?.panel());
    on?.(id);
  };
  const bar = h(
    "div",
    { class: "tab-bar", role: "tablist", "aria-label": label, on: { keydown: (event) => moveTab(event, heads) } },
    heads,
  );
  const element = h("div", { class: "tabs" }, h("div", { class: "tab-row" }, bar, extra), panel);
  if (list.length > 0) show(list.some((tab) => tab.id === selected) ? selected : list[0].id);
  return { element, show };
}

function moveTab(event, heads) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = heads[(heads.indexOf(document.activeElement) + step + heads.length) % heads.length];
  next.focus();
  next.click();
}
