// Serves D1 databases as Cloudflare's HTTP API does: `POST /accounts/{account}/d1/database/{database}/raw`.
//
// `POST /databases` takes an unused database, and returns its id. `POST /requests/{database}` returns how many requests it got.

const TOKEN = "test-token";

let taken = 0;
const requests = {};

function answer(status, body) {
  return Response.json({ errors: [], messages: [], result: [], success: status < 400, ...body }, { status });
}

function failed(status, code, message) {
  return answer(status, { errors: [{ code, message }], success: false });
}

export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname.split("/").filter((part) => part !== "");
    if (request.method !== "POST") return failed(405, 7405, "Method not allowed");
    if (path.join("/") === "databases") {
      if (`db${taken}` in env) return answer(200, { result: [{ uuid: `db${taken++}` }] });
      return failed(500, 7500, "no database is left");
    }
    if (path[0] === "requests") return answer(200, { result: [{ count: requests[path[1]] ?? 0 }] });
    const [accounts, , d1, database, id, call] = path;
    if (accounts !== "accounts" || d1 !== "d1" || database !== "database" || call !== "raw") {
      return failed(404, 7000, "No route for that URI");
    }
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) {
      return failed(403, 10000, "Authentication error");
    }
    if (!(id in env)) {
      return failed(404, 7404, `The database ${id} could not be found`);
    }
    requests[id] = (requests[id] ?? 0) + 1;
    let body;
    try {
      body = await request.json();
    } catch {
      return failed(400, 7400, "The request is not JSON");
    }
    const statements = body.batch ?? [body];
    // What the binding's own calls send, with the columns of each statement.
    const response = await env[id].fetcher.fetch("http://d1/query?resultsFormat=ROWS_AND_COLUMNS", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(statements.map(({ sql, params }) => ({ sql, params: params ?? [] }))),
    });
    const results = await response.json();
    const all = Array.isArray(results) ? results : [results];
    const bad = all.find((result) => !result.success || result.error);
    if (bad) return failed(400, 7500, bad.error ?? "unknown");
    return answer(200, { result: all });
  },
};
