// Everything by keyboard. What a key does stands at the control itself (data-key), so the sheet of keys is never out of
// date. Single keys can be switched off, and never act while somebody types (WCAG 2.1.4).

const SETTING = "vera-desk-keys";
const MOVES = { j: 1, k: -1 };
const WORDS = { j: "Next conversation", k: "Conversation before", r: "Write", Escape: "Leave the text field" };

export function startKeys() {
  const sheet = document.getElementById("keys");
  const button = document.getElementById("keys-button");
  const on = document.getElementById("keys-on");
  if (!sheet) return;
  button.hidden = false;
  on.checked = localStorage.getItem(SETTING) !== "off";
  on.addEventListener("change", () => localStorage.setItem(SETTING, on.checked ? "on" : "off"));
  button.addEventListener("click", () => {
    fill(document.getElementById("keys-list"));
    sheet.showModal();
  });

  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || sheet.open) return;
    if (event.target.matches("input, textarea, select, [contenteditable]") || !on.checked) return;
    const pressed = before ? `${before} ${event.key}` : event.key;
    before = "";
    if (pressed === "g") {
      before = "g";
      return;
    }
    if (MOVES[pressed]) move(MOVES[pressed]);
    else if (pressed === "r") document.getElementById("text")?.focus();
    else {
      const control = [...document.querySelectorAll("[data-key]")].find((it) => it.dataset.key === pressed);
      if (!control) return;
      control.click();
    }
    event.preventDefault();
  });
}

/** To the next row of the queue, or the one before. */
function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const focused = rows.indexOf(document.activeElement);
  const at = focused >= 0 ? focused : rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  rows[Math.min(rows.length - 1, Math.max(0, at + step))].focus();
}

function fill(list) {
  const keys = new Map(Object.entries(WORDS).map(([key, words]) => [key, words]));
  for (const control of document.querySelectorAll("[data-key]")) keys.set(control.dataset.key, control.dataset.label ?? control.textContent.trim());
  list.replaceChildren(
    ...[...keys].flatMap(([key, words]) => {
      const name = document.createElement("dt");
      name.append(
        ...key.split(" ").flatMap((one, n) => {
          const cap = document.createElement("kbd");
          cap.textContent = one.length === 1 ? one.toUpperCase() : one;
          return n ? [` ${list.dataset.then} `, cap] : [cap];
        }),
      );
      const what = document.createElement("dd");
      what.textContent = words;
      return [name, what];
    }),
  );
}
