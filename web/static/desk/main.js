// The desk's page: live parts, forms that stay on the page, keys, sound. Every page works without any of it.

import { Composer } from "./composer.js";
import { sendForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { listen } from "./live.js";
import { Parts } from "./parts.js";
import { Ring } from "./ring.js";

const parts = new Parts();
const ring = new Ring();
const composer = new Composer(parts);

parts.onChange(() => {
  composer.attach();
  ring.look();
});
sendForms(parts, composer);
startKeys();
composer.attach();
ring.look();
scrollToNewest();
if (document.querySelector(".three")) listen(parts);

/** Without moving the focus: only the log scrolls. */
function scrollToNewest() {
  const log = document.querySelector(".log");
  if (log && !location.hash) log.scrollTop = log.scrollHeight;
}
