// Charts come alive: the same declaration that mail and PDF draw, with parts to choose and days to draw nearer.
// Without this module, or when it cannot run, the still picture stands there instead. The table beside a chart has every
// figure, and is how a reader of the screen reads it.

const dark = matchMedia("(prefers-color-scheme: dark)");
const NARROWEST = 260;

for (const figure of document.querySelectorAll("figure[data-chart]")) live(figure);
for (const table of document.querySelectorAll("table.report-rows")) {
  new ResizeObserver(() => stay(table)).observe(table.parentElement);
}

// What a row is about stays where it is while its figures move past: as many of its names as leave half of the room.
function stay(table) {
  const room = table.parentElement;
  const names = [...table.tHead.rows[0].cells].filter((cell) => !cell.classList.contains("num"));
  const scrolls = table.scrollWidth > room.clientWidth + 1;
  let left = 0;
  let staying = 0;
  for (const [place, { offsetWidth }] of names.entries()) {
    const stays = scrolls && (place === 0 || left + offsetWidth <= room.clientWidth / 2);
    for (const row of [...table.tHead.rows, ...table.tBodies[0].rows]) {
      row.cells[place].classList.toggle("is-beside", stays);
      row.cells[place].style.left = stays ? `${left}px` : "";
    }
    left += offsetWidth;
    if (stays) staying = left;
  }
  table.tFoot.rows[0].cells[0].classList.toggle("is-beside", scrolls && staying === left);
  room.style.scrollPaddingLeft = `${staying}px`; // what the keys reach is never beneath them
}

async function live(figure) {
  const plot = figure.querySelector(".plot");
  // Vega gives the element that it draws in a name of its own; ours, with what the chart says, stands around it.
  const sheet = plot.appendChild(document.createElement("div"));
  let view = null;
  let drawn = 0;
  const draw = async () => {
    const width = Math.max(NARROWEST, Math.floor(plot.clientWidth));
    const [{ vegaEmbed }, answer] = await Promise.all([
      import(figure.dataset.vega),
      fetch(`${figure.dataset.chart}&width=${width}&dark=${dark.matches ? 1 : 0}`, { credentials: "same-origin" }),
    ]);
    if (!answer.ok) throw new Error(String(answer.status));
    const spec = await answer.json();
    view?.finalize();
    view = await vegaEmbed(sheet, spec, {
      ast: true, actions: false, defaultStyle: false, renderer: "svg", mode: "vega-lite",
      tooltip: { disableDefaultStyle: true },
    });
    sheet.querySelector("svg")?.setAttribute("aria-hidden", "true"); // the name around it says what it shows
    drawn = width;
    tools(figure, spec, view.view);
  };
  try {
    await draw();
    figure.classList.add("is-live");
  } catch (error) {
    plot.replaceChildren(still(figure));
    return;
  }
  dark.addEventListener("change", draw);
  let waiting = 0;
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (Math.abs(plot.clientWidth - drawn) > 24) draw(); }, 200);
  }).observe(plot);
}

function still(figure) {
  const picture = document.createElement("img");
  picture.src = `${figure.dataset.still}${dark.matches ? "&dark=1" : ""}`;
  picture.alt = figure.querySelector(".plot").getAttribute("aria-label");
  return picture;
}

// -- what keys can do: choose a part, draw nearer and farther --------------------------------------------------------

function tools(figure, spec, view) {
  const bar = figure.querySelector(".chart-tools");
  const names = new Set((spec.params ?? []).map((param) => param.name));
  const parts = names.has("parts") ? spec.encoding?.color?.scale?.domain ?? [] : [];
  const near = bar.querySelector("[data-near]");
  near.hidden = !names.has("nearer");
  const list = bar.querySelector("[data-parts]");
  list.hidden = parts.length < 2;
  list.replaceChildren(...parts.map((part) => button(part)));
  for (const one of list.children) one.onclick = () => choose(one.ariaPressed === "true" ? "" : one.textContent);
  for (const one of near.querySelectorAll("button")) one.onclick = () => zoom(one.dataset.zoom);
  bar.hidden = near.hidden && list.hidden;

  function choose(part) {
    const tuple = { unit: "", fields: [{ type: "E", field: "part" }], values: [part] };
    view.data("parts_store", part ? [tuple] : []).run();
    for (const one of list.children) one.ariaPressed = String(one.textContent === part);
  }

  function zoom(how) {
    const [first, last] = view.scale("x").domain().map(Number);
    const [middle, half] = [(first + last) / 2, (last - first) / 2];
    const span = how === "in" ? half / 2 : half * 2;
    const step = how === "left" ? -half / 2 : how === "right" ? half / 2 : 0;
    const shown = step ? [first + step, last + step] : [middle - span, middle + span];
    const field = [{ field: "utcyearmonthdate_row", channel: "x", type: "R" }];
    view.data("nearer_store", how === "whole" ? [] : [{ unit: "", fields: field, values: [shown] }]).run();
  }
}

function button(text) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = text;
  made.ariaPressed = "false";
  return made;
}
