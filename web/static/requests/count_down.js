// Keeps "2 days and 3 hours left" true. The server tells the seconds, so a clock that is wrong here does not matter.

const EVERY = 20_000;

export function countDown(words) {
  const begun = performance.now();
  const tell = () => {
    const passed = Math.floor((performance.now() - begun) / 1000);
    for (const item of document.querySelectorAll("[data-left]")) {
      item.dataset.until ??= String(Number(item.dataset.left) + passed);
      const left = Number(item.dataset.until) - passed;
      const [before, after] = (item.dataset.words ??= around(item.textContent, Number(item.dataset.left), words)).split("\n");
      const told = before + span(Math.max(0, left), words) + after;
      if (item.textContent !== told) item.textContent = told;
      if (left <= 0 && !item.dataset.over) {
        item.dataset.over = "yes";
        if (left > -60) setTimeout(() => location.reload(), 1500);
      }
    }
  };
  tell();
  setInterval(tell, EVERY);
}

/** What stands before and after the span in the server's words. */
function around(text, left, words) {
  return text.replace(span(left, words), "\n");
}

/** The two largest units, as the server tells them. */
export function span(seconds, words) {
  const minutes = Math.ceil(seconds / 60);
  const parts = [
    ["day", Math.floor(minutes / 1440)],
    ["hour", Math.floor(minutes / 60) % 24],
    ["minute", minutes % 60],
  ];
  const first = parts.findIndex(([, n]) => n);
  const told = parts.slice(first < 0 ? 2 : first).slice(0, 2).filter(([, n]) => n);
  return (told.length ? told : [["minute", 0]]).map(([unit, n]) => count(words[`requests_span_${unit}`], n)).join(words.requests_span_and);
}

function count(forms, n) {
  const [one, several] = forms.split("|");
  return (n === 1 ? one : several ?? one).replace("{n}", n.toLocaleString("en"));
}
