// The live line to the server: comes back by itself after a break, and asks for what it missed.

import { readEvents } from "./event_reader.js";

const SILENCE = 40_000; // the server gives a sign of life every 15 seconds
const LONGEST_WAIT = 20_000;

export class Connection {
  #abort = null;
  #wake = () => {};
  #fails = 0;

  /** `handlers`: message(view), typing(on), up(), down(), closed(key): has the key changed since? */
  constructor(transport, lastId, handlers) {
    this.transport = transport;
    this.lastId = lastId;
    this.handlers = handlers;
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#abort?.abort());
  }

  /** Try again now, without waiting out the pause. */
  retry() {
    this.#fails = 0;
    this.#wake();
  }

  async run() {
    for (;;) {
      try {
        const end = await this.#listen();
        if (end === "over") return;
        if (end === "new key") continue;
      } catch {
        // no network, or the line was cut: both look the same from here
      }
      this.handlers.typing(false);
      this.#fails += 1;
      if (this.#fails > 1) this.handlers.down();
      const pause = Math.min(LONGEST_WAIT, 500 * 2 ** this.#fails) * (0.7 + 0.6 * Math.random());
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  }

  async #listen() {
    this.#abort = new AbortController();
    let watch = setTimeout(() => this.#abort.abort(), SILENCE);
    const key = this.transport.key;
    try {
      const response = await this.transport.stream(this.lastId, this.#abort.signal);
      if (response.status === 401) return await this.#closed(key);
      if (!response.ok) throw new Error("no stream");
      this.#fails = 0;
      this.handlers.up();
      for await (const event of readEvents(response.body)) {
        clearTimeout(watch);
        watch = setTimeout(() => this.#abort.abort(), SILENCE);
        if (event?.name === "closed") return await this.#closed(key);
        if (event) this.#handle(event);
      }
      return "again";
    } finally {
      clearTimeout(watch);
      this.#abort.abort();
    }
  }

  async #closed(key) {
    return (await this.handlers.closed(key)) ? "new key" : "over";
  }

  #handle({ id, name, data }) {
    if (name === "message") {
      this.lastId = Math.max(this.lastId, Number(id));
      this.handlers.message(data);
    } else if (name === "typing") {
      this.handlers.typing(data.on);
    } else if (name === "holder") {
      this.handlers.holder(data);
    }
  }
}
