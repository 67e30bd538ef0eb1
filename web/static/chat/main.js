// Makes the page live. Everything works without this file; it adds what a reload would bring.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { startFrame } from "./frame.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Replies } from "./replies.js";
import { Store } from "./store.js";
import { FrameTransport, PageTransport } from "./transport.js";

const { dataset } = document.body;
const words = JSON.parse(dataset.words);
const at = (id) => document.getElementById(id);
const framed = document.body.classList.contains("embedded");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const title = document.title;
let unread = 0;
let holder = { holder: "bot", name: "" };
history.scrollRestoration = "manual"; // where to begin reading is decided in start()

const store = new Store();
const transport = framed ? new FrameTransport(store) : new PageTransport();
const log = new Log(at("messages"), dataset.zone, dataset.origin, words);
const replies = new Replies(at("replies"), (id, label) => say("choice_id", id, label));
const composer = new Composer(at("composer"), store, words, Number(dataset.limit), (text) => say("text", text, text));

const outbox = new Outbox(transport, store, {
  sent(entry, answer) {
    log.confirm(entry.clientId, answer.message_id);
    tell("");
    connection.retry();
  },
  refused(entry, answer) {
    log.remove(entry.clientId);
    composer.tell(answer.detail ?? words.not_taken, entry.kind === "text" ? entry.value : "");
  },
  waiting(entry, seconds, answer) {
    for (const { clientId } of outbox.entries) log.markWaiting(clientId);
    tell(answer ? `${answer.detail ?? ""} ${words.waiting.replace("{seconds}", seconds)}`.trim() : words.offline);
  },
  lost: leave,
});

const connection = new Connection(transport, Number(dataset.lastId), {
  message: receive,
  typing(on) {
    const stick = log.isNearEnd();
    const who = holder.name ? words.typing_person.replace("{name}", holder.name) : words.typing;
    at("typing").textContent = on ? who : "";
    if (on && stick) log.toEnd();
  },
  holder(now) {
    holder = now;
    const told = inWords(now);
    if (at("holder").textContent !== told) at("holder").textContent = told;
  },
  // The key changes at the moment somebody proves who they are. The answer that brings the new one may still be
  // on its way; only where none is, this session is over.
  async closed(key) {
    for (let tries = 0; outbox.busy && tries < 100; tries += 1) await pause(100);
    if (transport.key === key) leave(401);
    return transport.key !== key;
  },
  up() {
    if (!outbox.entries.length) tell("");
    outbox.flush();
  },
  down: () => tell(words.offline),
});

function say(kind, value, shown) {
  const entry = { kind, value, shown, clientId: newId() };
  composer.tell("");
  log.showOwn(shown, entry.clientId);
  replies.clear();
  if (kind === "choice_id" && matchMedia("(pointer: fine)").matches) composer.focus(); // the pressed button is gone
  log.toEnd();
  outbox.add(entry);
}

function receive(view) {
  const stick = log.isNearEnd();
  if (view.client_id) outbox.drop(view.client_id);
  if (!log.show(view)) return;
  follow(view);
  if (stick) log.toEnd();
  else if (view.author !== "customer") at("jump").hidden = false;
  if (document.hidden) document.title = `(${(unread += 1)}) ${title}`;
}

/** What a message means for the quick replies and the box. */
function follow(view) {
  if (view.author === "customer") replies.clear();
  if (view.author !== "bot") return;
  replies.show(view.choices);
  composer.expect(view.expects);
}

/** Who holds the conversation, as the server writes it (web/chat/view.py). */
function inWords({ holder, name, ahead, staffed }) {
  if (holder === "bot") return words.automated;
  if (holder === "agent") return words.holder_agent.replace("{name}", name);
  if (!staffed) return words.holder_away;
  const few = ahead ? words.holder_one_ahead : words.holder_next;
  return words.holder_queue.replace("{ahead}", ahead > 1 ? words.holder_ahead.replace("{count}", ahead) : few);
}

function tell(text) {
  if (at("connection").textContent !== text) at("connection").textContent = text;
}

function leave(status) {
  // What the old conversation did not take waits in the box of the new one, for its writer to decide.
  if (status === 401) {
    const unsent = outbox.takeBack();
    if (unsent) store.set("draft", unsent);
  }
  transport.leave();
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function begin() {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transport.begin();
    } catch {
      tell(words.offline);
      await pause(Math.min(20, 2 ** tries) * 1000);
    }
  }
}

async function start() {
  const live = document.querySelector("[role=log]");
  const earlier = await begin();
  if (earlier.some((view) => view.author === "customer")) live.setAttribute("aria-live", "off"); // history is not news
  for (const view of earlier) {
    log.show(view);
    follow(view);
    connection.lastId = Math.max(connection.lastId, view.id);
  }
  if (transport.notice) at("banner").textContent = transport.notice;
  if (!framed) composer.expect(dataset.expects);
  for (const { clientId, shown } of outbox.entries) {
    if (log.has(clientId)) outbox.drop(clientId);
    else log.showOwn(shown, clientId);
  }
  if (log.isBegun()) log.toEnd(); // a first visit starts to read at the top
  setTimeout(() => live.removeAttribute("aria-live"), 500);
  connection.run();
}

// The bar at the bottom grows with a long text or a notice: what is being read must not slip behind it.
let barHeight = 0;
new ResizeObserver(([{ target }]) => {
  const grown = target.offsetHeight - barHeight;
  barHeight = target.offsetHeight;
  if (grown > 0 && log.isBegun() && log.isNearEnd(grown)) log.toEnd();
}).observe(document.querySelector(".bottom"));

document.querySelector(".person").addEventListener("submit", (event) => {
  event.preventDefault();
  say("text", words.talk_to_a_person, words.talk_to_a_person);
});
at("start-new").addEventListener("submit", (event) => {
  store.set("draft", "");
  outbox.takeBack();
  if (!framed) return;
  event.preventDefault();
  transport.startNew();
});
at("jump").addEventListener("click", () => {
  log.toEnd();
  composer.focus();
});
addEventListener("scroll", () => log.isNearEnd() && (at("jump").hidden = true), { passive: true });
addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  document.title = title;
  connection.retry();
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (framed) startFrame(composer);
start();
