// Keeps the page up to date: fetches it again and changes only what differs, so that focus and selection stay.
"use strict";

const PERIOD = 2000;
const PATIENCE = 5000;
const stale = document.getElementById("stale");
let timer;

const style = (page) => page.querySelector("link[rel=stylesheet]")?.getAttribute("href");

function patch(current, wanted) {
  if (current.nodeType !== Node.ELEMENT_NODE) {
    if (current.data !== wanted.data) current.data = wanted.data;
    return;
  }
  for (const { name } of [...current.attributes]) {
    if (!wanted.hasAttribute(name)) current.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  patchChildren(current, wanted);
}

function removeAndNext(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function patchChildren(current, wanted) {
  const kept = new Set([...wanted.children].map((child) => child.id).filter(Boolean));
  for (const child of [...current.children]) {
    if (child.id && !kept.has(child.id)) child.remove();
  }
  let place = current.firstChild;
  for (const child of wanted.childNodes) {
    // What has an id is itself wherever it stands; the rest is told by its place and kind.
    const same = child.id
      ? [...current.children].find((other) => other.id === child.id && other.nodeName === child.nodeName)
      : place && !place.id && place.nodeType === child.nodeType && place.nodeName === child.nodeName
        ? place
        : undefined;
    if (!same) {
      current.insertBefore(document.importNode(child, true), place);
      continue;
    }
    // Moving an element would take the focus from it, so what stands before it goes instead.
    while (place && place !== same && !place.id) place = removeAndNext(place);
    if (same === place) place = place.nextSibling;
    else current.insertBefore(same, place);
    patch(same, child);
  }
  while (place) place = removeAndNext(place);
}

async function refresh() {
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(PATIENCE) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new Error(`unexpected answer ${response.status}`);
    if (style(page) !== style(document)) {
      location.reload();
      return;
    }
    patch(document.querySelector("main"), main);
    if (document.title !== page.title) document.title = page.title;
    if (stale.textContent) stale.textContent = "";
  } catch {
    const message = "The operator does not answer; this is what was known last.";
    if (stale.textContent !== message) stale.textContent = message;
  }
}

async function keepFresh() {
  clearTimeout(timer);
  await refresh();
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(keepFresh, PERIOD);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else keepFresh();
});
if (!document.hidden) timer = setTimeout(keepFresh, PERIOD);
