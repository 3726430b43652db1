// The portal works without this script. With it: copying by a button, suggestions while typing, new messages by themselves.
"use strict";

const told = document.getElementById("told");

function tell(words) {
  told.textContent = "";
  requestAnimationFrame(() => { told.textContent = words; });
}

// Copy buttons: shown only where they can work.
function wireCopying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    const words = button.querySelector("span");
    const before = words.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      words.textContent = button.dataset.done;
      tell(button.dataset.done);
      setTimeout(() => { words.textContent = before; }, 2500);
    });
  }
}

// A button that leads out: open the page in a new tab here and now, and let the answer come to this one.
function wireOpening(root) {
  for (const form of root.querySelectorAll("form[data-open]")) {
    form.addEventListener("submit", () => {
      form.removeAttribute("target");
      form.querySelector("[name=go]").disabled = true;
      window.open(form.dataset.open, "_blank", "noopener,noreferrer");
    });
  }
}

// One press is enough: the server would hear a second one as the same, but the person should see that the first one counts.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && !form.target) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

// Lookups: suggestions while typing; picking one chooses it, as its radio button would.
function wireLookup(box) {
  const input = box.querySelector(".lookup-row input");
  const list = box.querySelector("datalist");
  const found = box.querySelector(".lookup-found");
  const was = box.querySelector("[name^='was.']");
  const name = input.name.replace(/^q\./, "f.");
  let options = [];
  let timer = 0;
  let asked = 0;
  const choose = (option) => {
    found.replaceChildren();
    const label = document.createElement("label");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name, value: option.value, checked: true });
    const words = document.createElement("span");
    words.textContent = option.text;
    label.append(radio, words);
    found.append(label);
    was.value = input.value.trim();
  };
  const ask = async () => {
    const mine = ++asked;
    const query = new URLSearchParams({ source: box.dataset.source, q: input.value.trim() });
    const answer = await fetch(`/lookup?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    options = await answer.json();
    list.replaceChildren(...options.map((option) => Object.assign(document.createElement("option"), { value: option.text })));
    settle();
  };
  const settle = () => {
    const option = options.find((o) => o.text === input.value.trim());
    if (option) choose(option);
    return Boolean(option);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (!settle()) timer = setTimeout(ask, 180);
  });
  input.addEventListener("focus", () => { if (!options.length) ask(); });
}

// A form that says what it would do while it is being filled in.
function wireSight(box) {
  const form = box.closest("form");
  let asked = 0;
  const look = async () => {
    const mine = ++asked;
    const answer = await fetch("/sight", { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    box.textContent = (await answer.json()).words;
    box.hidden = !box.textContent;
  };
  form.addEventListener("change", look);
  look();
}

// The inbox by itself: what is new comes in on top, what changed is changed, what was taken back goes.
function merge(box, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const before = new Set([...box.querySelectorAll("article[id]")].map((a) => a.id));
  if (box.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return false;
  const open = [...box.querySelectorAll("details[open]")].length > 0;
  if (open) return false;
  box.replaceChildren(...fresh.childNodes);
  const news = [...box.querySelectorAll("article[id]")].filter((a) => !before.has(a.id));
  for (const article of news) article.classList.add("fresh");
  wire(box);
  if (news.length) tell(`${document.body.dataset.new} ${news[0].querySelector(".card-title").textContent}`);
  return true;
}

function listen() {
  const box = document.querySelector("[data-live]");
  if (!window.EventSource || !document.body.classList.contains("signed-in")) return;
  const stream = new EventSource("/events");
  stream.addEventListener("inbox", async () => {
    if (!box) { tell(document.body.dataset.new); return; }
    const answer = await fetch(box.dataset.live);
    if (answer.ok && !answer.redirected) merge(box, await answer.text());
  });
  stream.addEventListener("over", () => { stream.close(); location.reload(); });
  window.addEventListener("pagehide", () => stream.close());
}

// Work that takes a while: look again until it is done, then at what came of it.
function waitFor(box) {
  setTimeout(async () => {
    const page = await fetch(location.href).then((answer) => answer.text(), () => "");
    const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("[data-wait]");
    if (page && !fresh) { location.reload(); return; }
    if (fresh) box.replaceChildren(...fresh.childNodes);
    waitFor(box);
  }, 1000);
}

function wire(root) {
  wireCopying(root);
  wireOpening(root);
  for (const box of root.querySelectorAll(".lookup")) wireLookup(box);
  for (const box of root.querySelectorAll("[data-sight]")) wireSight(box);
}

wire(document);
listen();
const waiting = document.querySelector("[data-wait]");
if (waiting) waitFor(waiting);
const tab = document.querySelector(".tabs [aria-current=page]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - 60;
const problems = document.querySelector(".problems");
if (problems) { problems.tabIndex = -1; problems.focus(); }
