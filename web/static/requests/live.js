// Looks for news: asks for this very page and takes over the parts that changed. Told apart from a person's own look
// (`again=1`), so that an open page does not keep a proof of identity alive.

const LONGEST = 30_000;

export function live() {
  const begin = document.querySelector("[data-live-every]");
  if (!begin) return;
  let pause = Number(begin.dataset.liveEvery) * 1000;
  const look = async () => {
    const goesOn = document.hidden || (await takeOver());
    pause = Math.min(LONGEST, pause * 1.15);
    if (goesOn) setTimeout(look, pause);
  };
  setTimeout(look, pause);
}

/** True while there may be more news. */
async function takeOver() {
  const fresh = await page(`${location.pathname}?again=1`);
  if (!fresh) return true; // no network now: the next look may have one
  const parts = [...document.querySelectorAll("[data-live]")];
  const found = parts.map((part) => fresh.getElementById(part.id));
  if (found.includes(null)) {
    location.reload(); // another page: the door, or a request that is gone
    return false;
  }
  parts.forEach((part, n) => {
    if (worded(part) === worded(found[n])) return;
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    const same = held && [...found[n].querySelectorAll(held.localName)].find((it) => it.textContent === held.textContent);
    if (held && !same) return; // nobody's button is taken away under the finger
    part.replaceChildren(...[...found[n].childNodes].map((it) => document.adoptNode(it)));
    same?.focus({ preventScroll: true });
  });
  document.title = fresh.title;
  return fresh.querySelector("[data-live-every]") !== null;
}

/** What a reader would notice of a part. Form tokens and counted-down spans differ each time. */
function worded(part) {
  const copy = part.cloneNode(true);
  for (const left of copy.querySelectorAll(".left")) left.remove();
  return copy.textContent.replace(/\s+/g, " ") + [...copy.querySelectorAll("[data-state], [href]")].map((it) => (it.dataset.state ?? "") + it.getAttribute("href")).join();
}

/** The page as a document: read by the browser itself, so that no script ever handles markup as text. */
function page(address) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open("GET", address);
    call.responseType = "document";
    call.timeout = 15_000;
    call.onload = () => resolve(call.status < 500 && call.status !== 429 ? call.response : null);
    call.onerror = call.ontimeout = () => resolve(null);
    call.send();
  });
}
