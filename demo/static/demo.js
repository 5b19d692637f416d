// The demo's bar: what may be done now is asked for every second; a button does it.

const EVERY_MS = 1000;
const bar = document.getElementById("demo");
let shown = "";
const token = document.querySelector('meta[name="csrf"]')?.content ?? "";

async function look() {
  try {
    const answer = await fetch("/demo/bar", { headers: { Accept: "text/html" } });
    if (answer.status === 401) return;
    const html = await answer.text();
    if (answer.ok && html !== shown) put(html);
  } catch {
    // the demo is over: the page says so itself
  }
  setTimeout(look, EVERY_MS);
}

function put(html) {
  const focused = document.activeElement?.closest("#demo [data-demo]")?.dataset.demo;
  bar.innerHTML = html;
  shown = html;
  if (focused) bar.querySelector(`[data-demo="${focused}"]`)?.focus({ preventScroll: true });
}

bar.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-demo]");
  if (!button) return;
  button.disabled = true;
  await fetch(`/demo/${button.dataset.demo}`, { method: "POST", headers: { "X-CSRF-Token": token } }).catch(() => {});
});

if (bar && document.querySelector("details.menu")) look();
