// A running studio: the program, started and killed, calls of its server, and a proxy that can cut the way to a database.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The project's folder, in which the program finds its migrations. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SLOWEST = 30_000;

export class Studio {
  #process = null;

  /** @param {string} program @param {string} url @param {string} dialect */
  constructor(program, url, dialect) {
    this.program = program;
    this.database = url;
    this.dialect = dialect;
    this.port = 0;
  }

  /** Starts the program and waits for its URL; again at the same port after a first time. */
  async start({ readOnly = false } = {}) {
    const args = ["--url", this.database, "studio", "--no-open", "--port", String(this.port), ...(readOnly ? ["--read-only"] : [])];
    const started = spawn(this.program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: ROOT });
    this.#process = started;
    let said = "";
    this.url = await new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => reject(new Error(`the studio doesn't start: ${said}`)), SLOWEST);
      const read = (chunk) => {
        said += chunk;
        const found = /http:\/\/\S+#token=\w+/.exec(said);
        if (!found) return;
        clearTimeout(tooLate);
        resolve(found[0]);
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
      started.on("exit", (code) => reject(new Error(`the studio ended with ${code}: ${said}`)));
    });
    this.port = Number(new URL(this.url).port);
    return this;
  }

  /** Kills the program, as `kill -9` does. */
  async kill() {
    if (!this.#process || this.#process.exitCode != null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    this.#process = null;
  }

  get origin() {
    return new URL(this.url).origin;
  }

  /** Calls the server as the page does. */
  async call(name, body = {}) {
    const token = /#token=(\w+)/.exec(this.url)[1];
    const response = await fetch(`${this.origin}/api/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Runs statements that may write; returns the rows of the last one. */
  async sql(text) {
    const answer = await this.call("query", { sql: text, write: true, limit: 1000, seconds: 60, id: crypto.randomUUID() });
    if (answer.error) throw new Error(`${answer.error.message} in ${text.slice(0, 200)}`);
    return answer.results.at(-1)?.rows.map((row) => row.map((cell) => (cell == null ? null : cell[1]))) ?? [];
  }
}

/** A proxy before a server: `cut` ends all connections and refuses new ones until `mend`. */
export async function proxy(host, port) {
  const open = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(port, host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    close() {
      this.cut();
      server.close();
    },
  };
}
