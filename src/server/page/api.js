// Requests to the server, and its problems (RFC 9457).

const TOKEN = "stampmill.token";
const BASE = new URL(document.baseURI.split("#")[0]);

/** What the server, or the way to it, has to object. */
export class Problem extends Error {
  constructor(details, status, retryAfter) {
    super(details.detail || details.title || `status ${status}`);
    this.details = details;
    this.status = status;
    /** Seconds, if the server asks to come again. */
    this.retryAfter = retryAfter;
  }
}

let askForToken = async () => null;

/** Sets what asks for a bearer token: a function that gives it, or null. */
export function onTokenWanted(ask) {
  askForToken = ask;
}

// Several requests that are refused together ask once.
let asking = null;

async function newToken() {
  asking ??= askForToken().finally(() => (asking = null));
  const token = await asking;
  if (token) sessionStorage.setItem(TOKEN, token);
  return token;
}

/**
 * Sends a request. Strings are sent as YAML, everything else as JSON. Gives the response, or throws a
 * `Problem`; an aborted request throws what `fetch` throws.
 */
export async function request(path, { method, body, accept = "application/json", signal } = {}, again = true) {
  const headers = { accept };
  const used = sessionStorage.getItem(TOKEN);
  if (used) headers.authorization = `Bearer ${used}`;
  if (body !== undefined) {
    headers["content-type"] = typeof body === "string" ? "application/yaml" : "application/json";
  }
  let response;
  try {
    response = await fetch(new URL(path, BASE), {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers,
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "The server cannot be reached", detail: "The server cannot be reached." }, 0);
  }
  if (response.ok) return response;
  if (response.status === 401 && again) {
    // Another request may have asked in the meantime.
    const known = sessionStorage.getItem(TOKEN);
    if (used && used === known) sessionStorage.removeItem(TOKEN);
    if ((known && known !== used) || (await newToken())) return request(path, { method, body, accept, signal }, false);
  }
  const text = await response.text();
  let details;
  try {
    details = JSON.parse(text);
  } catch {
    details = null;
  }
  if (details === null || typeof details !== "object") {
    details = { title: `The server answered ${response.status}`, detail: text.slice(0, 2000) || `Status ${response.status}` };
  }
  throw new Problem(details, response.status, Number.parseFloat(response.headers.get("retry-after")) || undefined);
}

/** The answer to a request as JSON. */
export async function json(path, options) {
  return (await request(path, options)).json();
}
