// New messages appear by themselves: looks every two seconds, and touches the page only when something came in.
"use strict";

const live = document.getElementById("live");
live.parentElement.hidden = false;
live.checked = sessionStorage.getItem("live") !== "no";
live.addEventListener("change", () => sessionStorage.setItem("live", live.checked ? "yes" : "no"));

async function look() {
  if (!live.checked || document.hidden) return;
  const mails = document.getElementById("mails");
  try {
    const health = await (await fetch("/health")).json();
    if (String(health.messages) === mails.dataset.count) return;
    const html = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const arrived = fresh.querySelectorAll("article").length - mails.querySelectorAll("article").length;
    mails.replaceWith(fresh.getElementById("mails"));
    const select = document.getElementById("to");
    if (document.activeElement !== select) {
      const chosen = select.value;
      select.replaceChildren(...fresh.getElementById("to").children);
      select.value = chosen;
    }
    if (arrived > 0) document.getElementById("news").textContent = `New messages: ${arrived}`;
  } catch {
    // The mailbox is away for a moment; the next look will tell.
  }
}

setInterval(look, 2000);
