// The box to write in: Enter sends, Shift+Enter makes a line, a draft survives a reload.

export class Composer {
  #expects = "text";

  /** `send(text)` is called with what was written. */
  constructor(form, store, words, limit, send) {
    this.form = form;
    this.store = store;
    this.words = words;
    this.limit = limit;
    this.box = form.querySelector("textarea");
    this.left = form.querySelector("#left");
    this.problem = form.querySelector("#problem");
    this.letters = form.querySelector("#letters");
    if (!this.box.value) this.box.value = store.get("draft") ?? "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(send);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send(send);
    });
    this.box.addEventListener("input", () => this.#changed());
    this.letters.addEventListener("click", () => this.#switchKeys());
    this.#count();
  }

  /** What the newest question asks for decides the keyboard, and what the browser offers to fill in. */
  expect(expects) {
    this.#expects = expects ?? "text";
    const fill = { code: "one-time-code", email: "email" }[this.#expects] ?? "off";
    this.box.setAttribute("autocomplete", fill);
    this.#keys({ code: "numeric", email: "email" }[this.#expects] ?? "text");
    this.box.placeholder = this.#expects === "code" ? this.words.code_hint : this.words.composer_hint;
    this.letters.hidden = this.#expects !== "code";
    if (this.#expects === "code") this.store.set("draft", "");
  }

  /** Words beside the box; the text comes back into it. */
  tell(words, text = "") {
    this.problem.textContent = words;
    this.box.setAttribute("aria-invalid", words ? "true" : "false");
    if (text && !this.box.value) this.box.value = text;
    this.#count();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  #send(send) {
    const text = this.box.value.trim();
    if (this.#over() > 0) return this.focus();
    if (text) {
      this.box.value = "";
      this.#changed();
      send(text);
    } else {
      this.tell(this.words.message_empty);
    }
    this.focus();
  }

  #changed() {
    if (this.problem.textContent) this.tell("");
    this.store.set("draft", this.#expects === "code" ? "" : this.box.value);
    this.#count();
  }

  #over() {
    return [...this.box.value.trim()].length - this.limit;
  }

  #count() {
    const over = this.#over();
    this.left.textContent = over > -200 && over <= 0 ? this.words.characters_left.replace("{left}", -over) : "";
    if (over > 0) {
      const told = this.words.too_long.replace("{over}", over.toLocaleString()).replace("{limit}", this.limit.toLocaleString());
      if (this.problem.textContent !== told) this.problem.textContent = told;
      this.box.setAttribute("aria-invalid", "true");
    }
  }

  #switchKeys() {
    this.#keys(this.box.inputMode === "numeric" ? "text" : "numeric");
    this.focus();
  }

  #keys(mode) {
    this.box.inputMode = mode;
    this.letters.textContent = mode === "numeric" ? this.words.use_letters : this.words.use_digits;
  }
}
