// The list of messages: only ever appended to, so screen readers say each message once. Text nodes only.

const NEAR = 160;

export class Log {
  #seen = new Set();

  constructor(list, zone, origin, words) {
    this.list = list;
    this.origin = origin;
    this.words = words;
    const { lang } = document.documentElement;
    const language = lang === "en" ? "en-GB" : lang; // days as the server writes them: Sunday 6 December
    this.clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
    this.date = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
    this.day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", timeZone: zone });
    for (const item of list.querySelectorAll("[data-id]")) this.#seen.add(Number(item.dataset.id));
  }

  /** Shows a message of the server. False if it was there already. */
  show(view) {
    const own = view.client_id ? this.#ofClient(view.client_id) : null;
    if (own) {
      this.#settle(own, view.id);
      const bubble = own.querySelector(".bubble"); // shown as it is kept: a code is hidden, an address is a link
      const plain = view.parts.every(({ href }) => !href);
      if (!plain || bubble.textContent !== view.text) bubble.replaceChildren(...view.parts.map((part) => node(part, this.origin)));
    }
    if (own || this.#seen.has(view.id)) return false;
    this.#seen.add(view.id);
    this.#append(view.author, new Date(view.at), view.parts, { id: view.id, clientId: view.client_id ?? "", name: view.name });
    return true;
  }

  has(clientId) {
    return this.#ofClient(clientId) !== null;
  }

  /** Shows the customer's own message before the server has it. */
  showOwn(text, clientId) {
    if (!this.#ofClient(clientId)) this.#append("customer", new Date(), [{ text }], { clientId });
  }

  /** The server has it. */
  confirm(clientId, id) {
    const item = this.#ofClient(clientId);
    if (item) this.#settle(item, id);
  }

  /** It could not be sent yet. */
  markWaiting(clientId) {
    const item = this.#ofClient(clientId);
    if (!item || item.dataset.state) return;
    item.dataset.state = "waiting";
    const note = document.createElement("span");
    note.className = "state";
    note.textContent = this.words.not_sent_yet;
    item.querySelector(".by").append(" ", note);
  }

  /** It will not be sent. */
  remove(clientId) {
    this.#ofClient(clientId)?.remove();
  }

  /** True once the customer has said something. */
  isBegun() {
    return this.list.querySelector('[data-author="customer"]') !== null;
  }

  /** `grown`: by how much the page has just become longer. */
  isNearEnd(grown = 0) {
    const page = document.scrollingElement;
    return page.scrollHeight - page.scrollTop - innerHeight - grown < NEAR;
  }

  toEnd() {
    const page = document.scrollingElement;
    page.scrollTop = page.scrollHeight;
  }

  #append(author, at, parts, { id, clientId, name }) {
    this.#startDay(at);
    const item = document.querySelector(`template[data-message="${author}"]`).content.firstElementChild.cloneNode(true);
    const time = item.querySelector("time");
    time.dateTime = at.toISOString();
    time.textContent = this.clock.format(at);
    if (name) item.querySelector(".author").textContent = this.words.author_person.replace("{name}", name);
    item.querySelector(".bubble").append(...parts.map((part) => node(part, this.origin)));
    if (id) item.dataset.id = String(id);
    if (clientId) item.dataset.clientId = clientId;
    item.dataset.day = this.date.format(at);
    this.list.append(item);
  }

  #startDay(at) {
    const day = this.date.format(at);
    if (this.list.lastElementChild?.dataset.day === day) return;
    const item = document.createElement("li");
    item.className = "day";
    const time = document.createElement("time");
    time.dateTime = day;
    time.textContent = this.day.format(at).replaceAll(",", "");
    item.append(time);
    this.list.append(item);
  }

  #settle(item, id) {
    this.#seen.add(id);
    item.dataset.id = String(id);
    delete item.dataset.state;
    item.querySelector(".state")?.remove();
  }

  #ofClient(clientId) {
    return this.list.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`);
  }
}

/** The same links as on the page that the server makes: `https:`, and the pages of requests at our own address. */
function node({ text, href }, origin) {
  if (!href?.startsWith("https://") && !href?.startsWith(`${origin}/requests`)) return document.createTextNode(text);
  const link = document.createElement("a");
  link.href = href;
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  link.textContent = text;
  return link;
}
