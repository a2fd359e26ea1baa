/* Overdue: the one script. Every page works without it; what needs it is hidden until it runs (data-scripted).
   It makes a page anew while one looks at it, copies, and puts / into the search field. */
"use strict";

function revealed(within) {
  for (const each of within.querySelectorAll("[data-scripted]")) each.hidden = false;
}

/* The reader's own zone, where it is not the one shown. */
function offerZone() {
  const offer = document.querySelector("[data-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!offer || !zone || zone === offer.dataset.shown) return;
  const link = offer.querySelector("a");
  link.href = offer.dataset.zone + encodeURIComponent(zone);
  offer.hidden = false;
}

/* Whether someone is reading or writing in a part, so that it must stay as it is. */
function isInUse(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
    || part.querySelector("details[open]") !== null
    || (!getSelection().isCollapsed && getSelection().containsNode(part, true));
}

function swap(fresh) {
  document.title = fresh.title;
  const icon = fresh.querySelector("link[rel=icon]");
  if (icon) document.querySelector("link[rel=icon]").href = icon.getAttribute("href");
  revealed(fresh);
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!next || next.outerHTML === part.outerHTML || isInUse(part)) continue;
    const href = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceWith(document.adoptNode(next));
    if (href) [...next.querySelectorAll("a")].find((link) => link.getAttribute("href") === href)?.focus({preventScroll: true});
  }
}

/* A page that has other parts than this one (a first ping came, a session ended) is loaded as a whole. */
async function refresh() {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(location.href, {headers: {Accept: "text/html"}, cache: "no-store"});
  } catch {
    return; // the network is away: try again next time
  }
  if (answer.status === 403) { location.reload(); return; }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const parts = (page) => [...page.querySelectorAll("[data-part]")].map((part) => part.dataset.part).join();
  if (parts(fresh) === parts(document)) swap(fresh);
  else if (![...document.querySelectorAll("[data-part]")].some(isInUse)) location.reload();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

document.addEventListener("keydown", (event) => {
  const field = document.querySelector("input[type=search]");
  if (event.key !== "/" || !field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  field.focus();
});

revealed(document);
offerZone();
const everySeconds = Number(document.body.dataset.refresh);
if (everySeconds) {
  setInterval(refresh, everySeconds * 1000);
  document.addEventListener("visibilitychange", refresh);
}
