// Where an agent writes: the draft is kept as it is typed, "/" offers saved replies, and the words stand beside it as the
// customer will read them.

const PAUSE = 700;

export class Composer {
  #form = null;
  #text = null;
  #saved = null;
  #timer = 0;
  #call = null;
  #parts;

  constructor(parts) {
    this.#parts = parts;
  }

  /** Take up the form that is there now. */
  attach() {
    const form = document.getElementById("composer");
    if (form === this.#form) return;
    const typed = this.#text && !this.#text.isConnected ? this.#text.value : "";
    this.#form = form;
    this.#text = form?.querySelector("textarea") ?? null;
    this.#saved = document.getElementById("saved");
    if (!form) return;
    if (typed && !this.#text.value) this.#text.value = typed; // the form changed under the writer
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#saved?.addEventListener("click", (event) => this.#use(event.target.closest("[role=option]")));
    this.#show();
  }

  /** It is being sent: a draft of it that comes later would bring it back. */
  sending() {
    clearTimeout(this.#timer);
    this.#call?.abort();
  }

  /** What was written is on its way: an empty field, and a new id for the next one. */
  sent(fresh) {
    this.#text.value = "";
    const id = fresh.querySelector("#composer input[name=client_id]");
    if (id) this.#form.elements.client_id.value = id.value;
    this.#show();
  }

  #typed() {
    this.#show();
    this.#offer();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), PAUSE);
  }

  #keep() {
    const fields = new FormData();
    fields.set("form_token", document.body.dataset.formToken);
    fields.set("text", this.#text.value);
    this.#call = new XMLHttpRequest();
    this.#call.open("POST", this.#form.dataset.draft);
    this.#call.onerror = () => (this.#timer = setTimeout(() => this.#keep(), 4 * PAUSE)); // until the line is back
    this.#call.send(fields);
  }

  #show() {
    const preview = document.getElementById("draft-preview");
    const mine = document.getElementById("write-part")?.dataset.keep === "mine";
    preview.hidden = !mine || !this.#text.value.trim();
    document.getElementById("draft-bubble").textContent = this.#text.value.trim();
  }

  // ---- Saved replies

  get #shown() {
    return [...this.#saved.children].filter((it) => !it.hidden);
  }

  #offer() {
    const asked = /(?:^|\s)\/([a-z0-9-]*)$/.exec(this.#text.value.slice(0, this.#text.selectionStart));
    for (const one of this.#saved.children) one.hidden = !asked || !one.dataset.name.startsWith(asked[1]);
    this.#saved.hidden = this.#shown.length === 0;
    this.#mark(this.#shown[0] ?? null);
  }

  #mark(wanted) {
    for (const one of this.#saved.children) one.setAttribute("aria-selected", String(one === wanted));
    if (wanted && !this.#saved.hidden) this.#text.setAttribute("aria-activedescendant", wanted.id);
    else this.#text.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#form.requestSubmit(this.#form.querySelector("button.strong"));
      return;
    }
    if (event.key === "Escape") {
      if (this.#saved.hidden) this.#text.blur();
      else this.#saved.hidden = true;
      event.preventDefault();
      return;
    }
    if (this.#saved.hidden) return;
    const shown = this.#shown;
    const at = shown.findIndex((it) => it.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#mark(shown[(at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length]);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.#use(shown[at]);
    }
  }

  #use(one) {
    if (!one) return;
    const before = this.#text.value.slice(0, this.#text.selectionStart).replace(/\/[a-z0-9-]*$/, "");
    const after = this.#text.value.slice(this.#text.selectionStart);
    this.#text.value = before + one.querySelector(".saved-text").textContent + after;
    this.#saved.hidden = true;
    this.#text.removeAttribute("aria-activedescendant");
    this.#text.focus();
    this.#typed();
  }
}
