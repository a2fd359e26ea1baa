/* Overdue: the one script. Every page works without it; what needs it is hidden until it runs (data-scripted).
   It makes a page anew while one looks at it, copies, puts / into the search field, and tells what a form means. */
"use strict";

function revealed(within) {
  for (const each of within.querySelectorAll("[data-scripted]")) each.hidden = false;
  for (const each of within.querySelectorAll("[data-unscripted]")) each.remove();
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
    || part.querySelector("details[open]:not([id])") !== null
    || (!getSelection().isCollapsed && getSelection().containsNode(part, true));
}

/* The same link, or a button or a summary that says the same. */
function isAlike(one, other) {
  const meant = (each) => each.getAttribute("href") ?? each.textContent.trim();
  return meant(one) === meant(other);
}

/* What has an id is folded as its reader has folded it; where he has not, as the page comes (data-open). */
function keepFolds(part, next) {
  for (const each of part.querySelectorAll("details[id]")) {
    const same = next.querySelector(`#${CSS.escape(each.id)}`);
    if (same && each.open !== ("open" in each.dataset)) same.open = each.open;
  }
}

function swap(fresh) {
  document.title = fresh.title;
  const icon = fresh.querySelector("link[rel=icon]");
  if (icon) document.querySelector("link[rel=icon]").href = icon.getAttribute("href");
  revealed(fresh);
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (next) keepFolds(part, next);
    if (!next || next.outerHTML === part.outerHTML || isInUse(part)) continue;
    const at = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceWith(document.adoptNode(next));
    if (at) [...next.querySelectorAll(at.localName)].find((each) => isAlike(each, at))?.focus({preventScroll: true});
  }
}

/* While the browser goes elsewhere, a reload would call it back. */
let leftAt = -Infinity;
addEventListener("beforeunload", () => { leftAt = performance.now(); });
function isLeaving() {
  return performance.now() - leftAt < 10_000;
}

/* A page that has other parts than this one (a first ping came, a session ended, its check was deleted) is loaded as a whole. */
async function refresh() {
  if (document.hidden || isLeaving()) return;
  let answer, said;
  try {
    answer = await fetch(location.href, {headers: {Accept: "text/html"}, cache: "no-store"});
    said = await answer.text();
  } catch {
    return; // the network is away: try again next time
  }
  if (isLeaving()) return;
  if (answer.status === 403 || answer.status === 404) { location.reload(); return; }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(said, "text/html");
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

/* What a form is understood to mean, as one types. The server says it, in the words that it would say without a script. */
function understands(form) {
  let pause, asked;
  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    fields.set("do", "understood");
    let said;
    try {
      const answer = await fetch(location.href, {method: "POST", body: fields, signal: asked.signal});
      if (!answer.ok) return;
      said = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return; // the network is away, or more has been typed meanwhile
    }
    for (const next of said.querySelectorAll("[data-said]")) {
      const here = form.querySelector(`[data-said="${next.dataset.said}"]`);
      if (here && here.innerHTML.trim() !== next.innerHTML.trim()) here.replaceChildren(...next.childNodes);
    }
    form.querySelector("#schedule")?.setAttribute("aria-invalid", form.querySelector("#understood .error") !== null);
  }
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 200);
  });
}

revealed(document);
offerZone();
if (document.querySelector(".notice")) history.replaceState(null, "", location.pathname); // it is said once
document.querySelectorAll("form[data-understands]").forEach(understands);
const everySeconds = Number(document.body.dataset.refresh);
if (everySeconds) {
  setInterval(refresh, everySeconds * 1000);
  document.addEventListener("visibilitychange", refresh);
}
