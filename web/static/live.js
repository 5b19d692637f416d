// What is live on a page: elements with data-live="name" are painted by the server and put in place here.
//
// 1. A stream of server-sent events brings the HTML of each area that changed. The browser resumes it by itself.
// 2. While there is no stream for some seconds, the areas are asked for every few seconds instead.
// 3. New HTML is woven into the old: what a person has focused, opened, chosen or typed stays as it is.
// 4. An element with data-kept is the place of a part that has not changed: the one that is here goes there as it is.

const QUIET_MS = 6000;
const POLL_MS = 4000;
const AGAIN_MS = 15000;

let offset = 0; // the server's clock minus ours
let lastId = "";
let askedAt = ""; // the server's clock when we had asked last
let stream = null;
let streaming = false;
let polling = null;
let leaving = false;
let sending = false; // a form is on its way, such as the sign-out: its answer says where to go, not we

const areas = () => [...document.querySelectorAll("[data-live]")].map((area) => area.dataset.live).join(",");

export function start() {
  const live = document.getElementById("live");
  if (!live) return;
  lastId = live.dataset.id;
  askedAt = live.dataset.now;
  offset = Number(live.dataset.now) - Date.now();
  tick(); // what the server had painted already may show older clocks
  setInterval(tick, 1000);
  window.addEventListener("pagehide", () => { leaving = true; stream?.close(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  document.addEventListener("submit", (event) => setTimeout(() => { sending = !event.defaultPrevented; }));
  connect();
  announce();
}

// Ask now rather than wait, where no stream would tell.
export function soon() {
  if (!streaming) poll();
}

function connect() {
  if (!("EventSource" in window)) { startPolling(); return; }
  const query = new URLSearchParams({ areas: areas(), since: lastId });
  stream = new EventSource(`/live?${query}`);
  stream.addEventListener("open", () => { streaming = true; stopPolling(); connected(true); });
  stream.addEventListener("now", (event) => { offset = Number(event.data) - Date.now(); });
  stream.addEventListener("bye", () => { leaving = true; stream.close(); signedOut(); });
  stream.addEventListener("again", () => { streaming = false; });
  stream.addEventListener("error", () => {
    if (leaving) return;
    streaming = false;
    startPolling();
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => { if (!streaming) connect(); }, AGAIN_MS);
  });
  for (const area of document.querySelectorAll("[data-live]")) {
    stream.addEventListener(area.dataset.live, (event) => {
      if (event.lastEventId) lastId = event.lastEventId;
      put(area.dataset.live, event.data);
    });
  }
}

function startPolling() {
  if (polling === null && !leaving) polling = setTimeout(poll, QUIET_MS);
}

function stopPolling() {
  clearTimeout(polling);
  polling = null;
}

async function poll() {
  clearTimeout(polling);
  polling = null;
  try {
    const query = new URLSearchParams({ areas: areas(), id: lastId, at: askedAt });
    const answer = await fetch(`/live/since?${query}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) { signedOut(); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    const news = await answer.json();
    lastId = String(news.id);
    askedAt = String(news.now);
    offset = news.now - Date.now();
    for (const [name, html] of Object.entries(news.areas)) put(name, html);
    connected(true);
  } catch {
    connected(false);
  }
  if (!streaming && !leaving) polling = setTimeout(poll, POLL_MS);
}

function signedOut() {
  if (!sending) location.reload();
}

function connected(yes) {
  const banner = document.getElementById("offline");
  if (banner) banner.hidden = yes;
}

// Ask for an area with all its parts: the page lacks one that the server took for known.
async function whole(name) {
  const query = new URLSearchParams({ areas: name });
  const answer = await fetch(`/live/since?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) put(name, (await answer.json()).areas[name] ?? "");
}

let kept = new Map(); // the parts that stay as they are, by id, while an area is woven

function put(name, html) {
  for (const area of document.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) {
    const made = area.cloneNode(false);
    made.innerHTML = html;
    const places = [...made.querySelectorAll("[data-kept]")];
    kept = new Map(places.map(({ id }) => [id, area.querySelector(`#${CSS.escape(id)}:not([data-kept])`)]));
    if ([...kept.values()].includes(null)) { whole(name); return; }
    const focused = document.activeElement;
    const home = area.contains(focused) ? focused.closest("[id]")?.id : null;
    weave(area, made);
    if (focused && focused !== document.activeElement && area.contains(focused)) focused.focus({ preventScroll: true });
    // A row that moved to another list is a new element: who was on it stays on it.
    else if (home && !focused.isConnected) document.getElementById(home)?.focus({ preventScroll: true });
  }
  tick();
  announce();
  document.dispatchEvent(new CustomEvent("callward:put", { detail: name }));
}

// Make the children of `from` what those of `to` are, keeping every element that has a counterpart.
function weave(from, to) {
  let here = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const id = wanted.nodeType === Node.ELEMENT_NODE ? wanted.id : "";
    let mine = null;
    if (id) mine = [...from.children].find((child) => child.id === id) ?? kept.get(id) ?? null;
    else if (here && alike(here, wanted)) mine = here;
    if (mine === null) {
      const made = from.insertBefore(document.importNode(wanted, true), here);
      for (const place of made.querySelectorAll?.("[data-kept]") ?? []) { // a new list may hold rows that are here
        const part = kept.get(place.id);
        if (part === here) here = here.nextSibling;
        place.replaceWith(part);
      }
      continue;
    }
    if (mine === here) here = here.nextSibling;
    else from.insertBefore(mine, here);
    update(mine, wanted);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

const alike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && !one.id && !other.id;

function update(mine, wanted) {
  if (kept.has(wanted.id)) return;
  if (mine.nodeType !== Node.ELEMENT_NODE) {
    if (mine.nodeValue !== wanted.nodeValue) mine.nodeValue = wanted.nodeValue;
    return;
  }
  if (mine.nodeName === "DETAILS") wanted.open = mine.open;
  for (const { name } of [...mine.attributes]) if (!wanted.hasAttribute(name)) mine.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (mine.getAttribute(name) !== value) mine.setAttribute(name, value);
  if (mine.nodeName === "TEXTAREA") {
    const untouched = mine !== document.activeElement && mine.value === mine.defaultValue;
    if (untouched && wanted.value !== mine.value) mine.value = mine.defaultValue = wanted.value;
    return;
  }
  if (mine.nodeName === "INPUT" || mine.nodeName === "SELECT") return;
  weave(mine, wanted);
}

const title = document.title;

// The tab tells, too, that the phone rings.
function announce() {
  const ringing = document.querySelector(".pop.is-ringing .name");
  document.title = ringing ? `☎ ${ringing.textContent.trim()} · ${title}` : title;
}

function tick() {
  const now = Date.now() + offset;
  for (const clock of document.querySelectorAll("[data-since]")) {
    const text = duration(now - Number(clock.dataset.since));
    if (clock.textContent !== text) clock.textContent = text;
  }
}

export function duration(ms) {
  const whole = Math.max(Math.floor(ms / 1000), 0);
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}
