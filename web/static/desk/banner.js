// One line at the top for what concerns the whole page; each reason keeps its own words.

const said = new Map();

export function banner(reason, words, address = "") {
  if (words) said.set(reason, [words, address]);
  else said.delete(reason);
  const line = document.getElementById("banner");
  const [text, link] = [...said.values()].at(-1) ?? ["", ""];
  if (line.textContent !== text) {
    const inside = document.createElement(link ? "a" : "span");
    if (link) inside.href = link;
    inside.textContent = text;
    line.replaceChildren(inside);
  }
  line.hidden = !text;
}

/** What went wrong with the last act; nothing to take it away. */
export function problem(text) {
  const line = document.getElementById("problem");
  line.textContent = text;
  line.hidden = !text;
}
