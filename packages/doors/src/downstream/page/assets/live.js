// Keeps the page current, and answers clicks without loading it again. Without this script every link and button still works.
import { patch } from "./patch.js";
import { renderParts } from "./view.js";

const REFRESH_MILLISECONDS = 5000;
const PATIENCE_MILLISECONDS = 15_000;

const notice = document.getElementById("notice");
const updated = document.getElementById("updated");
const pause = document.getElementById("pause");
const form = document.getElementById("view");

let paused = false;
let timer;
let request;

function say(text) {
  if (notice.textContent !== text) notice.textContent = text;
}

/** Shows what the address of the page asks for. */
async function show() {
  clearTimeout(timer);
  request?.abort();
  const mine = new AbortController();
  request = mine;
  const late = setTimeout(() => mine.abort(new Error("no answer")), PATIENCE_MILLISECONDS);
  try {
    const response = await fetch(`/downstream/data${location.search}`, { signal: mine.signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const data = await response.json();
    if (request !== mine) return;
    for (const [name, html] of Object.entries(renderParts(data))) {
      patch(document.querySelector(`[data-part="${name}"]`), html);
    }
    updated.textContent = new Date(data.now * 1000).toISOString().slice(11, 19);
    document.documentElement.dataset.state = paused ? "paused" : "live";
    say("");
  } catch {
    if (request !== mine) return;
    document.documentElement.dataset.state = "lost";
    say("The node does not answer; trying again.");
  } finally {
    clearTimeout(late);
    if (request === mine) schedule();
  }
}

function schedule() {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(show, REFRESH_MILLISECONDS);
}

/** Goes to another view of this page; true when the address is one. */
function go(address) {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin || url.pathname !== "/downstream") return false;
  history.pushState(null, "", url.pathname + url.search);
  void show();
  return true;
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  if (link !== null) {
    if (go(link.href)) event.preventDefault();
    return;
  }
  // A click anywhere in a farmer's row opens it, unless it ends the selection of text.
  const row = event.target.closest("tr.farmer");
  if (row !== null && document.getSelection().isCollapsed) go(row.querySelector("a").href);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches('a[role="button"]')) return;
  event.preventDefault();
  event.target.click();
});

function goToForm(button) {
  const chosen = new URLSearchParams(new FormData(form));
  if (button?.name) chosen.set(button.name, button.value);
  go(`/downstream?${chosen}`);
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  goToForm(event.submitter);
});
form.addEventListener("change", () => goToForm());

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  document.documentElement.dataset.state = paused ? "paused" : "live";
  if (paused) schedule();
  else void show();
});

addEventListener("popstate", () => void show());
document.addEventListener("visibilitychange", () => {
  if (document.hidden || paused) schedule();
  else void show();
});

document.documentElement.dataset.state = "live";
schedule();
