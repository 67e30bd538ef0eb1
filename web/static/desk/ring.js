// New work is seen in the title and, for who wants it, heard. It rings for what came, never for what went.

const SETTING = "vera-desk-sound";

export class Ring {
  #title = document.title;
  #before = null;
  #context = null;

  constructor() {
    const button = document.getElementById("sound");
    if (!button) return;
    button.hidden = false;
    this.#show(button, localStorage.getItem(SETTING) === "on");
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      localStorage.setItem(SETTING, on ? "on" : "off");
      this.#show(button, on);
      if (on) this.#sound();
    });
  }

  /** Look at what waits now. */
  look() {
    const count = (name) => Number(document.querySelector(`[data-count=${name}]`)?.textContent ?? 0);
    const unread = document.querySelectorAll(".lines > [data-author=customer]").length;
    const now = { work: count("waiting") + count("left"), unread };
    document.title = now.work ? `(${now.work}) ${this.#title}` : this.#title;
    const more = this.#before && (now.work > this.#before.work || now.unread > this.#before.unread);
    this.#before = now;
    if (more && localStorage.getItem(SETTING) === "on") this.#sound();
  }

  #show(button, on) {
    button.setAttribute("aria-pressed", String(on));
  }

  #sound() {
    this.#context ??= new AudioContext();
    const at = this.#context.currentTime;
    const tone = this.#context.createOscillator();
    const volume = this.#context.createGain();
    tone.frequency.setValueAtTime(660, at);
    tone.frequency.setValueAtTime(880, at + 0.12);
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.4);
    tone.connect(volume).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}
