// Two comforts of the demo; everything works without them.
"use strict";

// Whether the guide is open is remembered from page to page, until the next step begins.
const guide = document.getElementById("demo-guide");
if (guide) {
  const key = `vinkki-demo-${guide.dataset.step}`;
  try {
    const kept = localStorage.getItem(key);
    if (kept) guide.open = kept === "open";
    guide.addEventListener("toggle", () => localStorage.setItem(key, guide.open ? "open" : "shut"));
  } catch { /* storage is off: the guide opens as the page says */ }
}

// Back from a link that was opened in another tab: a step of the tour may have happened there.
const steps = document.querySelector(".demo-tour");
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && (steps || document.querySelector("a.demo-go[target]")) && !document.querySelector("form.form")) location.reload();
});
