// How calls reach the server. The page uses its HttpOnly cookie; inside a frame of another website that cookie
// is not sent, so there the JSON API is used with a token that this frame keeps itself.

import { FrameKey } from "./store.js";

/** What came back from a call: {status, body, retryAfter}. Throws where there is no network. */
async function answerOf(response) {
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    body: isJson ? await response.json() : {},
    retryAfter: Number(response.headers.get("retry-after")) || 0,
  };
}

export class PageTransport {
  thread = document.body.dataset.thread;
  notice = "";
  key = document.querySelector("input[name=form_token]").value;

  /** Nothing to do: the server has opened the conversation and rendered what was said. */
  async begin() {
    return [];
  }

  async post(kind, value, clientId) {
    const fields = new FormData();
    fields.set("form_token", this.key);
    fields.set("client_id", clientId);
    fields.set(kind, value);
    const path = kind === "text" ? "/chat/messages" : "/chat/choices";
    const answer = await answerOf(await fetch(path, { method: "POST", body: fields, headers: { Accept: "application/json" } }));
    if (answer.body.form_token) this.#keep(answer.body.form_token);
    return answer;
  }

  stream(after, signal) {
    return fetch("/chat/stream", { headers: { "Last-Event-ID": String(after), Accept: "text/event-stream" }, signal });
  }

  /** The session is over: the server has a calm word and a fresh conversation. */
  leave() {
    location.reload();
  }

  #keep(key) {
    this.key = key;
    for (const input of document.querySelectorAll("input[name=form_token]")) input.value = key;
  }
}

const BASE = "/api/v1/conversations";

export class FrameTransport {
  thread = "frame";
  notice = "";
  #kept;

  constructor(store) {
    this.#kept = new FrameKey(store);
    this.key = this.#kept.get();
  }

  /** What was said so far; opens a conversation where there is none. */
  async begin() {
    if (this.key) {
      const answer = await this.#call("GET", `${BASE}/current/messages`);
      if (answer.status === 200) return answer.body.messages;
      if (answer.status !== 401) throw new Error("away");
      this.notice = answer.body.detail ?? "";
      this.#keep("");
    }
    const answer = await this.#call("POST", BASE, { language: document.documentElement.lang });
    if (answer.status !== 201) throw new Error("away");
    this.#keep(answer.body.token);
    return answer.body.messages;
  }

  async post(kind, value, clientId) {
    const path = kind === "text" ? `${BASE}/current/messages` : `${BASE}/current/choices`;
    const answer = await this.#call("POST", path, { [kind]: value, client_id: clientId });
    if (answer.body.token) this.#keep(answer.body.token);
    return answer;
  }

  stream(after, signal) {
    const headers = { "Last-Event-ID": String(after), Accept: "text/event-stream", Authorization: `Bearer ${this.key}` };
    return fetch(`${BASE}/current/events`, { headers, signal });
  }

  /** The session is over: `begin` finds out, says so, and opens a fresh conversation. */
  leave() {
    location.reload();
  }

  /** Forget this conversation. */
  startNew() {
    this.#keep("");
    location.reload();
  }

  async #call(method, path, body) {
    const headers = { Accept: "application/json" };
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (body) headers["Content-Type"] = "application/json";
    return answerOf(await fetch(path, { method, headers, body: body && JSON.stringify(body) }));
  }

  #keep(token) {
    this.key = token;
    this.#kept.set(token);
  }
}
