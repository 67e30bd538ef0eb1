// Hears what is out of date, and asks for that part: the first time at once, many times in a row as one.

import { SignedOut } from "./parts.js";
import { banner } from "./banner.js";

const PAUSE = 400; // ms between two looks at the queue; a conversation is never kept waiting
const WARN_BELOW = 150; // seconds

export function listen(parts) {
  const conversation = document.querySelector(".three").dataset.conversation;
  const looked = new Map();
  const planned = new Map();

  const look = async (part) => {
    clearTimeout(planned.get(part));
    planned.delete(part);
    looked.set(part, Date.now());
    try {
      if (!(await parts.refresh(part))) plan(part, 3_000);
    } catch (error) {
      if (!(error instanceof SignedOut)) throw error;
      signedOut();
    }
  };
  const plan = (part, wait) => {
    if (!planned.has(part)) planned.set(part, setTimeout(look, Math.max(0, wait), part));
  };
  const signedOut = () => {
    source.close();
    banner("session", document.body.dataset.signedOut, "/sign-in");
  };

  const source = new EventSource(`/live?conversation=${encodeURIComponent(conversation)}`);
  let wasAway = false;
  source.addEventListener("open", () => {
    banner("connection", "");
    if (wasAway) plan("", 0); // the stream tells what changed since it began: what came before is asked for
    wasAway = false;
  });
  source.addEventListener("error", () => {
    wasAway = true;
    if (source.readyState === EventSource.CLOSED) plan("", 0); // refused: the page itself says why
    else banner("connection", document.body.dataset.offline);
  });
  source.addEventListener("conversation", () => look("conversation"));
  source.addEventListener("queue", () => plan("queue", (looked.get("queue") ?? 0) + PAUSE - Date.now()));
  source.addEventListener("closed", signedOut);
  source.addEventListener("session", (event) => {
    const left = JSON.parse(event.data).seconds;
    const words = document.body.dataset.endsSoon.replace("{minutes}", String(Math.max(1, Math.round(left / 60))));
    banner("session", left < WARN_BELOW ? words : "");
  });
  // Moments such as "waits 4 min" grow by themselves.
  setInterval(() => document.hidden || plan("", 0), 30_000);
}
