// Quick replies: real buttons after the log, replaced when answered.

export class Replies {
  /** `pick(id, label)` is called when one is pressed. */
  constructor(form, pick) {
    this.form = form;
    this.buttons = form.querySelector(".buttons");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = event.submitter;
      if (button) pick(button.value, button.textContent);
    });
  }

  show(choices) {
    const hadFocus = this.form.contains(document.activeElement);
    this.buttons.replaceChildren(...choices.map(button));
    this.form.hidden = choices.length === 0;
    // A focused button that is replaced would drop the reader at the top of the page: stay in this place.
    if (hadFocus && choices.length) this.form.focus({ preventScroll: true });
  }

  /** The customer has answered. */
  clear() {
    this.form.classList.remove("starting");
    this.show([]);
  }
}

function button({ id, label }) {
  const made = document.createElement("button");
  made.name = "choice_id";
  made.value = id;
  made.dir = "auto";
  made.textContent = label;
  return made;
}
