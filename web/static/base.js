// What every page needs: a session that has ended leads to the sign-in, an open menu closes like a menu, and the keys
// that are the same everywhere: `?` tells the keys, `g` and a letter go to a page, `/` searches.

import "./signals.js";

const menu = document.querySelector("details.menu");

document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-help]")) tellKeys();
  if (event.target.closest("[data-print]")) window.print();
});

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;

// -- keys ------------------------------------------------------------------------------------------------------------

let goes = false;

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (pressed(event.key)) event.preventDefault();
});

function pressed(key) {
  if (goes) {
    goes = false;
    const link = /^[a-z]$/i.test(key) && document.querySelector(`nav [data-go="${key.toLowerCase()}"]`);
    if (link) link.click();
    return Boolean(link);
  }
  if (key === "?") return tellKeys();
  if (document.querySelector("dialog[open]")) return false;
  if (key === "g") { goes = true; return true; }
  const field = key === "/" && document.querySelector("[role=search] input:not([type=date], [type=hidden]), [type=search]");
  if (field) field.focus();
  return Boolean(field);
}

// The keys of this page; pressed once more, the quick card.
function tellKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return false;
  if (dialog.open) { location.assign("/help"); return true; }
  for (const row of dialog.querySelectorAll("[data-on]")) row.hidden = !document.querySelector(row.dataset.on);
  dialog.showModal();
  return true;
}

// On paper nothing can be opened: what the figures mean is printed whole.
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".definitions details:not([open])")];
  for (const one of opened) one.open = true;
});
window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });

// A page that comes back from the browser's memory may show somebody else's session.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
