// The calendar works without this script, by its forms. With it: stories are dragged to another day, or moved by the arrow keys.
"use strict";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
let isMoving = false;

function dayAfter(day, days) {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function show(words, isError) {
  const p = Object.assign(document.createElement("p"), { className: isError ? "error" : "moved", textContent: words });
  document.getElementById("calendar-told").replaceChildren(p);
  tell(words); // the page's live region, see portal.js
}

async function moveTo(entry, day) {
  if (isMoving) return;
  isMoving = true;
  const box = document.getElementById("calendar");
  box.setAttribute("aria-busy", "true");
  const form = entry.querySelector(".move form");
  const body = new URLSearchParams(new FormData(form));
  body.set("day", day);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = answer.headers.get("Content-Type").includes("json") ? await answer.json() : { ok: false, words: box.dataset.failed };
    if (said.ok) await redraw(said.page, entry.dataset.story);
    show(said.words, !said.ok);
  } catch {
    show(box.dataset.failed, true);
  } finally {
    isMoving = false;
    document.getElementById("calendar").removeAttribute("aria-busy");
  }
}

async function redraw(page, story) {
  const html = await fetch(page).then((answer) => answer.text());
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("calendar");
  document.getElementById("calendar").replaceWith(fresh);
  history.replaceState(null, "", page);
  wireCalendar();
  const again = [...document.querySelectorAll(`[data-story="${story}"] .move summary`)].find((s) => s.offsetParent);
  if (again) again.focus();
}

function wireEntry(entry) {
  entry.draggable = true;
  entry.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", entry.id);
    event.dataTransfer.effectAllowed = "move";
    entry.classList.add("dragged");
  });
  entry.addEventListener("dragend", () => entry.classList.remove("dragged"));
  entry.querySelector(".move summary").addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(entry, dayAfter(entry.dataset.on, STEPS[event.key]));
  });
}

function wireDay(cell) {
  cell.addEventListener("dragover", (event) => { event.preventDefault(); cell.classList.add("over"); });
  cell.addEventListener("dragleave", () => cell.classList.remove("over"));
  cell.addEventListener("drop", (event) => {
    event.preventDefault();
    cell.classList.remove("over");
    const entry = document.getElementById(event.dataTransfer.getData("text/plain"));
    if (entry && entry.dataset.story && entry.dataset.on !== cell.dataset.day) moveTo(entry, cell.dataset.day);
    else if (entry && entry.closest(".pool, .waiting")) moveTo(entry, cell.dataset.day);
  });
}

function wireCalendar() {
  for (const entry of document.querySelectorAll("#calendar [data-story]")) wireEntry(entry);
  for (const cell of document.querySelectorAll("#calendar [data-day]")) wireDay(cell);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll(".move[open]")) { open.open = false; open.querySelector("summary").focus(); }
});
wireCalendar();
