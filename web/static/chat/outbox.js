// Messages on their way: kept in this tab until the server has them, sent one after another, in order.
// A client id goes with each, so sending twice is taken once.

const LONGEST_WAIT = 30;

export class Outbox {
  #entries = [];
  #busy = false;
  #fails = 0;
  #timer = 0;

  /** `handlers`: sent(entry, answer), refused(entry, answer), waiting(entry, seconds, answer), lost(status). */
  constructor(transport, store, handlers) {
    this.transport = transport;
    this.store = store;
    this.handlers = handlers;
    const kept = JSON.parse(store.get("outbox") ?? "null");
    if (kept?.thread === transport.thread) this.#entries = kept.entries;
  }

  get entries() {
    return [...this.#entries];
  }

  get busy() {
    return this.#busy;
  }

  add(entry) {
    this.#entries.push(entry);
    this.#keep();
    this.flush();
  }

  /** The server is known to have this message, whoever told. */
  drop(clientId) {
    this.#entries = this.#entries.filter((entry) => entry.clientId !== clientId);
    this.#keep();
  }

  /** What never left this tab, when its conversation is over. */
  takeBack() {
    const texts = this.#entries.filter((entry) => entry.kind === "text").map((entry) => entry.value);
    this.#entries = [];
    this.#keep();
    return texts.join("\n");
  }

  /** Send what waits; called again whenever there is reason to hope. */
  async flush() {
    if (this.#busy) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    try {
      while (this.#entries.length && (await this.#sendFirst()));
    } finally {
      this.#busy = false;
    }
  }

  async #sendFirst() {
    const entry = this.#entries[0];
    let answer;
    try {
      answer = await this.transport.post(entry.kind, entry.value, entry.clientId);
    } catch {
      return this.#wait(entry);
    }
    if (answer.status < 300) {
      this.#fails = 0;
      this.drop(entry.clientId);
      this.handlers.sent(entry, answer.body);
      return true;
    }
    if (answer.status === 401 || answer.status === 403) {
      this.handlers.lost(answer.status);
      return false;
    }
    if (answer.status === 429 || answer.status >= 500) return this.#wait(entry, answer);
    this.drop(entry.clientId);
    this.handlers.refused(entry, answer.body);
    return true;
  }

  #wait(entry, answer) {
    this.#fails += 1;
    const seconds = answer?.retryAfter || Math.min(LONGEST_WAIT, 2 ** this.#fails);
    this.#timer = setTimeout(() => this.flush(), seconds * 1000);
    this.handlers.waiting(entry, seconds, answer?.body);
    return false;
  }

  #keep() {
    const kept = this.#entries.length ? JSON.stringify({ thread: this.transport.thread, entries: this.#entries }) : "";
    this.store.set("outbox", kept);
  }
}
