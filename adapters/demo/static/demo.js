// Two comforts of the demo; everything works without them.
"use strict";

// Whether the guide is open: as the visitor left it in this step. On a phone it opens by itself only where the step begins.
const guide = document.getElementById("demo-guide");
if (guide) {
  const key = `vinkki-demo-${guide.dataset.step}`;
  let kept = null;
  try { kept = localStorage.getItem(key); } catch { /* storage is off */ }
  if (kept) guide.open = kept === "open";
  else if (!("begins" in guide.dataset) && matchMedia("(max-width: 52rem)").matches) guide.open = false;
  guide.querySelector("summary").addEventListener("click", () => {
    try { localStorage.setItem(key, guide.open ? "shut" : "open"); } catch { /* storage is off */ }
  });
}

// Back from a link that was opened in another tab: a step of the tour may have happened there.
const steps = document.querySelector(".demo-tour");
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && (steps || document.querySelector("a.demo-go[target]")) && !document.querySelector("form.form")) location.reload();
});
