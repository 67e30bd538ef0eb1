// Parts of the page that change: fetched as a whole document, read by the browser itself (no script ever handles markup
// as text), and taken over where a reader would notice a difference. The log only grows, so that it is read out once.

export class Parts {
  #changed = [];
  #turn = 0;

  onChange(listener) {
    this.#changed.push(listener);
  }

  /** Ask for this page again, or for one part of it ("queue", "conversation"); true where it came. */
  async refresh(part = "") {
    const turn = this.#turn;
    const headers = { "X-By-Itself": "1", ...(part ? { "X-Part": part } : {}) };
    const fresh = await load("GET", location.pathname + location.search, null, headers);
    if (fresh && turn === this.#turn) this.#show(fresh.page); // the answer to a form that came meanwhile is newer
    return fresh !== null;
  }

  /** Take over what differs in a fetched page. */
  takeOver(fresh) {
    this.#turn += 1;
    this.#show(fresh);
  }

  #show(fresh) {
    const log = document.querySelector(".log");
    const atEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    let changed = false;
    for (const part of document.querySelectorAll("[data-part]")) {
      const found = fresh.getElementById(part.id);
      if (found) changed = (part.hasAttribute("data-log") ? grow(part, found) : swap(part, found)) || changed;
    }
    if (changed && atEnd) log.scrollTop = log.scrollHeight;
    document.body.dataset.formToken = fresh.body.dataset.formToken ?? document.body.dataset.formToken;
    if (changed) this.#changed.forEach((listener) => listener());
  }
}

/** A page and its address, or null where there is none to be had now. Throws SignedOut. */
export function load(method, address, form, headers = {}) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, address);
    call.responseType = "document";
    call.timeout = 15_000;
    for (const [name, value] of Object.entries(headers)) call.setRequestHeader(name, value);
    call.onload = () => {
      if (call.status === 401 || call.responseURL.includes("/sign-in")) reject(new SignedOut());
      else resolve(call.response?.getElementById("main") ? { page: call.response, address: call.responseURL } : null);
    };
    call.onerror = call.ontimeout = () => resolve(null);
    call.send(form);
  });
}

export class SignedOut extends Error {}

function swap(part, found) {
  if ("keep" in part.dataset) {
    if (part.dataset.keep === found.dataset.keep) return false;
    part.dataset.keep = found.dataset.keep; // another form now; what was typed is kept as a draft on both sides
  } else if (worded(part) === worded(found)) return false;
  const open = [...part.querySelectorAll("details[open]")].map((it) => it.id).filter(Boolean);
  const held = part.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  part.replaceChildren(...[...found.childNodes].map((it) => document.adoptNode(it)));
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (held) part.querySelector(held)?.focus({ preventScroll: true });
  return true;
}

/** Append what is new, replace a line that differs (a value was revealed), leave the rest alone. */
function grow(part, found) {
  let changed = false;
  for (const line of [...found.children]) {
    const own = document.getElementById(line.id);
    if (own && worded(own) === worded(line)) continue;
    if (own) {
      if (own.querySelector("details[open]")) continue; // somebody is about to reveal something there
      const held = own.contains(document.activeElement);
      own.replaceWith(document.adoptNode(line));
      if (held) focus(line);
    } else part.append(document.adoptNode(line));
    changed = true;
  }
  return changed;
}

function focus(line) {
  line.tabIndex = -1;
  line.focus({ preventScroll: true });
}

function worded(part) {
  const marks = [...part.querySelectorAll("[href], [data-state], [data-strength], [aria-current], input[name=client_id], option[selected]")];
  return part.textContent.replace(/\s+/g, " ") + marks.map((it) => [it.getAttribute("href"), it.dataset.state, it.dataset.strength, it.getAttribute("aria-current")].join()).join();
}

/** A selector for the same control in the new part. */
function placeOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  if (href) return `[href="${CSS.escape(href)}"]`;
  return element.dataset.key ? `[data-key="${CSS.escape(element.dataset.key)}"]` : null;
}
