// Hears what is out of date, and asks for it: the first time at once, many times in a row as one.

import { SignedOut } from "./parts.js";
import { banner } from "./banner.js";

const PAUSE = 1_200; // ms between two looks at the queue; a conversation is never kept waiting
const WARN_BELOW = 150; // seconds

export function listen(parts) {
  const conversation = document.querySelector(".three").dataset.conversation;
  let lastLook = 0;
  let planned = null;
  let endsAt = Infinity;

  const look = async () => {
    planned = null;
    lastLook = Date.now();
    try {
      if (!(await parts.refresh())) plan(3_000);
    } catch (error) {
      if (!(error instanceof SignedOut)) throw error;
      signedOut();
    }
  };
  const plan = (wait) => {
    planned ??= setTimeout(look, Math.max(0, wait));
  };
  const signedOut = () => {
    source.close();
    banner("session", document.body.dataset.signedOut, "/sign-in");
  };

  const source = new EventSource(`/live?conversation=${encodeURIComponent(conversation)}`);
  let wasAway = false;
  source.addEventListener("open", () => {
    banner("connection", "");
    if (wasAway) plan(0); // the stream tells what changed since it began: what came before is asked for
    wasAway = false;
  });
  source.addEventListener("error", () => {
    wasAway = true;
    if (source.readyState === EventSource.CLOSED) plan(0); // refused: the page itself says why
    else banner("connection", document.body.dataset.offline);
  });
  source.addEventListener("conversation", () => {
    clearTimeout(planned);
    planned = null;
    look();
  });
  source.addEventListener("queue", () => plan(lastLook + PAUSE - Date.now()));
  source.addEventListener("closed", signedOut);
  source.addEventListener("session", (event) => {
    endsAt = Date.now() + JSON.parse(event.data).seconds * 1000;
    warn();
  });
  const warn = () => {
    const left = (endsAt - Date.now()) / 1000;
    const words = document.body.dataset.endsSoon.replace("{minutes}", String(Math.max(1, Math.round(left / 60))));
    banner("session", left < WARN_BELOW ? words : "");
  };
  // Moments such as "waits 4 min" grow by themselves.
  setInterval(() => document.hidden || plan(0), 30_000);
}
