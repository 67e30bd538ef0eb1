// Forms marked with data-send stay on the page: the answer is the next page, and its parts are taken over. What could not
// be sent stays where it was typed.

import { banner, problem } from "./banner.js";
import { load, SignedOut } from "./parts.js";

export function sendForms(parts, composer) {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-send]")) return;
    event.preventDefault();
    if (form.dataset.sending) return; // pressed twice
    form.dataset.sending = "1";
    const fields = new FormData(form, event.submitter ?? undefined);
    fields.set("form_token", document.body.dataset.formToken);
    problem("");
    if (form.id === "composer") composer.sending();
    try {
      // The part of the queue that is shown now, which may be another one than when the form was made.
      const fresh = await load("POST", new URL(form.action).pathname + location.search, fields);
      if (!fresh) banner("connection", document.body.dataset.offline);
      else settle(form, fresh, parts, composer);
    } catch (error) {
      if (!(error instanceof SignedOut)) throw error;
      banner("session", document.body.dataset.signedOut, "/sign-in");
    } finally {
      delete form.dataset.sending;
    }
  });
}

function settle(form, { page, address }, parts, composer) {
  banner("connection", "");
  const told = page.getElementById("problem");
  const wrong = told && !told.hidden ? told.textContent : "";
  if (wrong) {
    problem(wrong);
    parts.refresh().catch(() => {}); // what stands now explains it
    return;
  }
  if (form.id === "composer") composer.sent(page);
  form.closest("details")?.removeAttribute("open"); // done with it
  history.replaceState(null, "", address); // the same part of the queue as the answer shows
  parts.takeOver(page);
}
