// Sound and notices: when a call rings at my phone, and when a callback becomes overdue. Nothing is on until somebody
// switches it on; the switches are this browser's. Of several open pages one alone gives the signals.

const NAMES = ["ring-sound", "ring-notice", "due-sound", "due-notice", "names"];
const AGAIN_MS = 3000;
const KEY = "callward-signal-";

const box = document.getElementById("signals");
let mine = !navigator.locks; // whether this page gives the signals
let sounds = null;
let ringing = new Set();
let overdue = null;
let again = null;

function isOn(name) {
  try { return localStorage.getItem(KEY + name) === "on"; } catch { return false; }
}

function keep(name, on) {
  try { localStorage.setItem(KEY + name, on ? "on" : "off"); } catch { /* a browser that keeps nothing forgets it */ }
}

// -- switches --------------------------------------------------------------------------------------------------------

async function choose(event) {
  const { signal } = event.target.dataset;
  const problem = box.querySelector(".told");
  problem.hidden = true;
  if (event.target.checked && signal.endsWith("notice") && !(await allowed())) {
    event.target.checked = false;
    problem.textContent = box.dataset.refused;
    problem.hidden = false;
  }
  keep(signal, event.target.checked);
  if (event.target.checked && signal === "ring-sound") ring();
  if (event.target.checked && signal === "due-sound") chime();
  look();
}

async function allowed() {
  if (!("Notification" in window)) return false;
  return Notification.permission === "granted" || await Notification.requestPermission() === "granted";
}

// -- sounds: two soft tones for a ring, three falling ones for what is overdue ---------------------------------------

function tones(list) {
  sounds ??= new AudioContext();
  if (sounds.state === "suspended") sounds.resume().catch(() => {});
  for (const [hertz, at, length] of list) {
    const tone = sounds.createOscillator();
    const volume = sounds.createGain();
    const start = sounds.currentTime + at;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
    volume.gain.linearRampToValueAtTime(0, start + length);
    tone.connect(volume).connect(sounds.destination);
    tone.start(start);
    tone.stop(start + length);
  }
}

const ring = () => tones([[660, 0, 0.35], [880, 0.2, 0.5]]);
const chime = () => tones([[784, 0, 0.3], [659, 0.25, 0.3], [523, 0.5, 0.5]]);

// A browser keeps a page silent until somebody has touched it.
for (const touch of ["pointerdown", "keydown"]) {
  document.addEventListener(touch, () => { if (sounds?.state === "suspended") sounds.resume().catch(() => {}); });
}

// -- notices ---------------------------------------------------------------------------------------------------------

function notice(tag, title, body) {
  if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  const shown = new Notification(title, { body, tag, icon: document.querySelector("link[rel=icon]")?.href });
  shown.addEventListener("click", () => { window.focus(); shown.close(); });
}

// -- what there is to signal -----------------------------------------------------------------------------------------

function look() {
  const cards = [...document.querySelectorAll(".pop.is-ringing")];
  const fresh = cards.filter((card) => !ringing.has(card.id));
  ringing = new Set(cards.map((card) => card.id));
  if (mine && fresh.length && isOn("ring-notice")) {
    notice("ring", box.dataset.ring, isOn("names") ? fresh[0].querySelector(".name")?.textContent.trim() ?? "" : "");
  }
  keepRinging();
  lookAtDue();
}

function keepRinging() {
  const wanted = mine && ringing.size > 0 && isOn("ring-sound");
  if (wanted && again === null) {
    ring();
    again = setInterval(ring, AGAIN_MS);
  } else if (!wanted && again !== null) {
    clearInterval(again);
    again = null;
  }
}

function lookAtDue() {
  if (!document.querySelector('[data-live="due"]')) return;
  const now = Number(document.querySelector(".badge[data-overdue]")?.dataset.overdue ?? 0);
  if (mine && overdue !== null && now > overdue) {
    if (isOn("due-sound")) chime();
    if (isOn("due-notice")) notice("due", box.dataset.overdue, String(now));
  }
  overdue = now;
}

if (box) {
  box.hidden = false;
  for (const name of NAMES) {
    const field = box.querySelector(`[data-signal="${name}"]`);
    field.checked = isOn(name);
    field.addEventListener("change", choose);
  }
  navigator.locks?.request("callward-signals", () => { mine = true; look(); return new Promise(() => {}); });
  document.addEventListener("callward:put", look);
  look();
}
