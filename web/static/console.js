// What a person does on a page: forms without reloading, comments saved as they are typed, keys.

import { soon, start } from "./live.js";

const DRAFT_MS = 500;
const SAID_MS = 8000;

const token = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

function post(url, body, keepalive = false) {
  return fetch(url, { method: "POST", body, keepalive, headers: { "X-CSRF-Token": token() } });
}

// -- saying what came of it ------------------------------------------------------------------------------------------

let silence = null;

function say(text, isTrouble) {
  const said = document.getElementById("said");
  if (!said) return;
  said.textContent = text;
  said.hidden = false;
  said.classList.toggle("is-trouble", isTrouble);
  clearTimeout(silence);
  silence = setTimeout(() => { said.hidden = true; }, SAID_MS);
}

const words = () => document.getElementById("live")?.dataset ?? {};

// -- forms -----------------------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  stopDraft(form);
  try {
    const answer = await post(form.action, new URLSearchParams(new FormData(form, event.submitter)));
    if (answer.ok) done(form);
    else if (answer.status === 401) location.reload();
    else say(answer.status === 409 ? await answer.text() : words().failed, true);
  } catch {
    say(words().offline, true);
  } finally {
    delete form.dataset.busy;
  }
  soon();
});

function done(form) {
  const empties = "keep" in form.dataset ? "" : "input:not([type=radio]), textarea";
  if (empties) for (const field of form.querySelectorAll(empties)) field.value = field.defaultValue = "";
  for (const more of form.querySelectorAll("details[open]")) close(more);
  const around = form.closest("details.more");
  if (around) close(around);
  say(form.dataset.said ?? words().done, false);
  if (form.dataset.then === "reload") location.reload();
}

// Who was in what closes stays beside it, so that the next key is for the same row.
function close(more) {
  if (more.contains(document.activeElement)) more.querySelector("summary").focus();
  more.open = false;
}

// -- comments --------------------------------------------------------------------------------------------------------

const waiting = new Map();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || event.target.nodeName !== "TEXTAREA") return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => save(form), DRAFT_MS));
});

function save(form, leaving = false) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  const comment = form.querySelector("textarea").value;
  const again = () => { if (!leaving) waiting.set(form, setTimeout(() => save(form), 4 * DRAFT_MS)); };
  return post(form.dataset.draft, new URLSearchParams({ comment }), leaving)
    .then((answer) => { if (answer.status >= 500) again(); }, again);
}

function stopDraft(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
}

function saveAll() {
  for (const form of [...waiting.keys()]) save(form, true);
}
window.addEventListener("pagehide", saveAll);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saveAll(); });

// -- numbers to be copied --------------------------------------------------------------------------------------------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(words().copied, false);
  } catch {
    say(button.dataset.copy, false);
  }
});

// -- recordings and messages -----------------------------------------------------------------------------------------

document.addEventListener("error", (event) => {
  if (event.target.nodeName !== "AUDIO") return;
  const said = event.target.closest(".player")?.querySelector(".player-failed");
  if (said) said.hidden = false;
}, true);

// -- keys ------------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  const field = event.target.closest("input:not([type=radio]), textarea, select");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.nodeName === "TEXTAREA") {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.key === "Enter" && event.target.nodeName === "INPUT" && event.target.closest("form.note")) {
    event.preventDefault(); // a browser would press the first button of the form: a topic that nobody chose
    event.target.closest(".booking-fields")?.querySelector("button").click();
    return;
  }
  if (field && event.key === "Escape") {
    const more = field.closest("details.more");
    if (more) close(more); else field.blur();
    return;
  }
  if (field || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (pressed(event.key)) event.preventDefault();
});

function pressed(key) {
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  const row = document.activeElement?.closest("[data-callback]");
  if (row && click(row, key.toLowerCase())) return true;
  const duty = key === "p" && document.querySelector(".duty");
  if (duty && click(duty, key)) return true;
  const card = activeCard();
  if (!card) return false;
  if (key === "n") { card.querySelector("textarea")?.focus(); return true; }
  const open = card.querySelector("details.more[open]");
  return (open && click(open, key)) || click(card, key.toUpperCase()) || click(card, key);
}

// The card that the keys are for: the one in focus, else the call on the line, else the one that the page is about, else
// the first to be noted. It alone shows its keys, so that a digit is never meant for another call than the one it reaches.
function activeCard() {
  return document.activeElement?.closest("[data-card]") ?? [".pop.is-talking", ".pop.is-dialling", ".call-note",
    ".pop.is-after", ".pop"].map((kind) => document.querySelector(kind)).find((card) => card) ?? null;
}

function showActive() {
  const active = activeCard();
  for (const card of document.querySelectorAll("[data-card]")) card.classList.toggle("is-active", card === active);
}
document.addEventListener("callward:put", showActive);
document.addEventListener("focusin", showActive);
document.addEventListener("focusout", () => setTimeout(showActive));

// Press what carries a key; what lies in a closed menu does not count.
function click(within, key) {
  if (!/^[0-9A-Za-z]$/.test(key)) return false;
  const found = [...within.querySelectorAll(`[data-key="${key}"]`)]
    .find((one) => !one.parentElement.closest("details.more:not([open])"));
  if (!found) return false;
  if (found.nodeName === "DETAILS") { // what is typed next is meant for its first field, not for keys
    found.open = !found.open;
    ((found.open && found.querySelector("input:not([type=hidden])")) || found.querySelector("summary")).focus();
  } else found.click();
  return true;
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-callback], [data-row]")];
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

start();
showActive();
