/**
 * Calls of the server. Each is a POST with JSON, relative to the page; the token is sent as a header, and is never in a URL
 * after the first load. `connection` says whether server and database answer.
 */

import { session } from "./store.js";

/** @typedef {null | [string, string] | [string, string, number]} Cell */
/** @typedef {{schema: string | null, name: string}} TableName */

/** Events: `change`, when `state` has changed, and `back`, when server and database answer again. */
class Connection extends EventTarget {
  /** @type {"ok" | "server lost" | "database lost" | "token wrong"} */
  state = "ok";
  message = "";
  #timer = 0;

  /** @param {Connection["state"]} state @param {string} [message] */
  is(state, message = "") {
    const before = this.state;
    if (before === state && this.message === message) return;
    this.state = state;
    this.message = message;
    this.dispatchEvent(new Event("change"));
    if (state === "ok" && before !== "ok") this.dispatchEvent(new Event("back"));
  }

  /** Asks the server now and then whether it is there: soon again while it isn't. */
  watch() {
    clearTimeout(this.#timer);
    const next = async () => {
      if ((this.state !== "token wrong" || isMounted()) && (!document.hidden || this.state !== "ok")) await call("ping").catch(() => {});
      this.#timer = setTimeout(next, this.state === "ok" ? 3000 : 1000);
    };
    this.#timer = setTimeout(next, 3000);
    this.addEventListener("change", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(next, this.state === "ok" ? 3000 : 1000);
    });
  }
}

export const connection = new Connection();

/** A call that failed: what happened, and what to do. */
export class ApiError extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    const error = body?.error ?? {};
    super(error.message ?? `the server answered with status ${status}`);
    this.status = status;
    this.code = error.code ?? null;
    this.advice = error.advice ?? null;
    this.table = error.table ?? null;
    this.column = error.column ?? null;
    this.constraint = error.constraint ?? null;
    this.position = error.position ?? null;
    this.edit = error.edit ?? body?.edit ?? null;
    this.conflicts = body?.conflicts ?? null;
  }
}

/** The server can't be reached. */
export class LostError extends Error {
  constructor() {
    super("the studio's server doesn't answer");
    this.advice = "Start the command again if it has ended.";
  }
}

/** Whether an application serves the page behind its own login: there is no token then. */
export const isMounted = () => document.querySelector('meta[name="mizzle-studio"]')?.getAttribute("content") === "mounted";

/** Takes the token out of the address bar and keeps it for this tab. Returns whether there was one. */
export function takeToken() {
  const found = /(?:^#|&)token=([^&]+)/.exec(location.hash);
  if (!found) return false;
  session.set("token", decodeURIComponent(found[1]), { shared: true });
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** Whether this tab has a token, of this run or of an earlier one. */
export const hasToken = () => session.get("token", "", { shared: true }) !== "";

/** Takes the token from a URL as the terminal prints it, or from the token alone. Returns whether there is one. */
export function pasteToken(text) {
  const token = /#token=([^&\s]+)/.exec(text)?.[1] ?? (/^[\w-]{16,}$/.test(text.trim()) ? text.trim() : null);
  if (!token) return false;
  session.set("token", decodeURIComponent(token), { shared: true });
  connection.is("ok");
  return true;
}

async function send(name, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = session.get("token", "", { shared: true });
  if (token && !isMounted()) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(`api/${name}`, { method: "POST", headers, body: JSON.stringify(body), signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.is("server lost");
    throw new LostError();
  }
  if (response.redirected) {
    connection.is("token wrong");
    throw new ApiError(401, { error: { message: "The application asks for its login." } });
  }
  if (response.ok) return response;
  const failure = new ApiError(response.status, await response.json().catch(() => null));
  if (response.status === 401) connection.is("token wrong");
  else if (response.status === 503) connection.is("database lost", failure.message);
  throw failure;
}

/**
 * Calls the server.
 * @param {string} name
 * @param {object} [body]
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 * @throws {ApiError | LostError}
 */
export async function call(name, body = {}, { signal } = {}) {
  const response = await send(name, body, signal);
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.is("server lost");
    throw new LostError();
  }
  connection.is("ok");
  return answer;
}

/**
 * Fetches a file. `progress` is told how many bytes are there.
 * @param {string} name
 * @param {object} body
 * @param {{signal?: AbortSignal, progress?: (bytes: number) => void}} [options]
 * @returns {Promise<Blob>}
 */
export async function fetchFile(name, body, { signal, progress } = {}) {
  const response = await send(name, body, signal);
  if (!response.body) return response.blob();
  let bytes = 0;
  const counting = new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      progress?.(bytes);
      controller.enqueue(chunk);
    },
  });
  try {
    const type = response.headers.get("Content-Type") ?? "application/octet-stream";
    return await new Response(response.body.pipeThrough(counting), { headers: { "Content-Type": type } }).blob();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The file ended before it was whole: the database or the server failed meanwhile.");
  }
}

/** Gives a file to the browser as a download. @param {Blob} blob @param {string} name */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?"<>|]/g, "_");
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
