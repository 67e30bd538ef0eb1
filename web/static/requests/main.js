// Adds to the pages of a request what a reload would bring. Everything works without this file.

import { countDown } from "./count_down.js";
import { live } from "./live.js";

const words = JSON.parse(document.body.dataset.words);
countDown(words);
live();

// What a browser keeps of a page behind a code must not come back by itself.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Paper has no buttons: what is closed on the screen is printed, too.
addEventListener("beforeprint", () => {
  for (const closed of document.querySelectorAll("details:not([open])")) {
    closed.open = true;
    addEventListener("afterprint", () => (closed.open = false), { once: true });
  }
});
