// Makes the pages of owners and riders show what is new by themselves. Without it they work too, by forms and reloads.
// Runs after shop.js, whose `localiseTimes` it uses.
"use strict";

/** Takes over what has changed on a list. An entry that looks as before stays, with what is being typed into it. */
function adopt(list, next) {
  const known = new Map([...list.children].map((entry) => [entry.id, entry]));
  const wanted = [...next.children].map((entry) => {
    const old = known.get(entry.id);
    return old?.dataset.version === entry.dataset.version ? old : entry;
  });
  for (const entry of known.values()) if (!wanted.includes(entry)) entry.remove();
  // An entry that stands where it should is not touched: moving it would take the focus from it.
  wanted.forEach((entry, place) => {
    if (list.children[place] !== entry) list.insertBefore(entry, list.children[place] ?? null);
  });
}

/** Keeps a page with jobs up to date: it loads itself again when it hears that something has changed. */
function startWork(main) {
  let loading = null;
  let again = false;
  let stream = null;

  async function load() {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("content");
    if (!answer.ok || !next) return;
    localiseTimes(next);
    for (const list of next.querySelectorAll("ol[id]")) {
      const shown = document.getElementById(list.id);
      if (shown) adopt(shown, list);
    }
    for (const id of ["news", "nothing", "nothing-free", "lately"]) {
      const news = next.querySelector("#" + id);
      const shown = document.getElementById(id);
      if (!news || !shown || shown.outerHTML === news.outerHTML) continue;
      shown.replaceWith(news);
      if (id === "news") document.getElementById("announcement").textContent = news.textContent;
    }
    document.title = page.title;
  }

  /** Loads once more after what is being loaded, however often it is asked to meanwhile. */
  function refresh() {
    if (loading) {
      again = true;
      return;
    }
    loading = load().catch(() => {}).finally(() => {
      loading = null;
      if (again) {
        again = false;
        refresh();
      }
    });
  }

  function open() {
    if (!main.dataset.events || stream) return;
    stream = new EventSource(main.dataset.events);
    stream.onmessage = refresh;
    stream.onerror = () => {
      // A browser comes back by itself after a lost connection, but not after a refusal.
      if (stream?.readyState !== EventSource.CLOSED) return;
      close();
      setTimeout(open, 5000);
    };
  }

  function close() {
    stream?.close();
    stream = null;
  }

  // Who waits is looked for from time to time too: a deadline, or a rider, says nothing on the stream.
  setInterval(() => document.visibilityState === "visible" && refresh(), Number(main.dataset.seconds ?? 15) * 1000);
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
  open();
}

const jobs = document.querySelector("main:has(ol.jobs)");
if (jobs) startWork(jobs);
