// Makes the shop's pages move by themselves. Without it they work too, by forms and reloads.
"use strict";

const language = document.documentElement.lang;

/** Shows times in the reader's own time zone; the server wrote them in Korea's. */
function localiseTimes(root) {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { month: "short", day: "numeric", ...clock };
  for (const time of root.querySelectorAll("time[data-show]")) {
    const style = time.dataset.show === "day" ? day : clock;
    time.textContent = new Intl.DateTimeFormat(language, style).format(new Date(time.dateTime));
  }
}

/** The shop: plus, minus, and what it comes to. */
function startShop(form) {
  const total = document.getElementById("total");
  const inputs = [...form.querySelectorAll("input[data-price]")];
  const quantity = (input) => Math.min(Math.max(Math.trunc(Number(input.value)) || 0, 0), Number(input.max));

  function show() {
    let sum = 0;
    const fees = new Map();
    for (const input of inputs) {
      const chosen = quantity(input);
      sum += chosen * Number(input.dataset.price);
      if (chosen > 0) fees.set(input.dataset.store, Number(input.dataset.fee));
      const offer = input.closest(".offer");
      offer.classList.toggle("chosen", chosen > 0);
      offer.querySelector('[data-step="-1"]').disabled = chosen === 0;
      offer.querySelector('[data-step="1"]').disabled = chosen >= Number(input.max);
    }
    for (const fee of fees.values()) sum += fee;
    total.textContent = "₩" + sum.toLocaleString("en-US");
    form.querySelector(".bar").classList.toggle("full", sum > 0);
  }

  for (const button of form.querySelectorAll("[data-step]")) button.hidden = false;
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const input = button.parentElement.querySelector("input");
    input.value = quantity(input) + Number(button.dataset.step);
    show();
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", () => form.setAttribute("aria-busy", "true"));
  show();
}

/** Sends an order again that could not be paid for the moment, unless the visitor changes something or says no. */
function startAgain(form, again) {
  let left = Number(again.dataset.seconds);
  const shown = again.querySelector("output");
  again.hidden = false;
  const timer = setInterval(() => {
    left -= 1;
    shown.textContent = left;
    if (left > 0) return;
    clearInterval(timer);
    form.requestSubmit();
  }, 1000);
  const stop = () => {
    clearInterval(timer);
    again.hidden = true;
    form.elements.again.value = 0;
  };
  again.querySelector("button").addEventListener("click", stop);
  form.addEventListener("input", stop);
  form.addEventListener("click", (event) => event.target.closest("button") && stop());
}

/** The tracking page: hears of each change and shows the page as the server now writes it. */
function startTracking() {
  let stream = null;
  let pause = 1000;
  const main = () => document.getElementById("content");
  const isFinal = () => main().dataset.final === "true";

  async function refresh() {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("content");
    if (!answer.ok || !next) throw new Error(`the page answers ${answer.status}`);
    // An answer that was overtaken by a newer one.
    if (Number(next.dataset.version) < Number(main().dataset.version)) return;
    localiseTimes(next);
    const focused = document.activeElement?.id;
    const show = () => {
      main().replaceWith(next);
      document.title = page.title;
      document.body.dataset.state = page.body.dataset.state;
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (document.startViewTransition && !calm && document.visibilityState === "visible") {
      const transition = document.startViewTransition(show);
      // One that the next change cuts short is no error.
      transition.ready.catch(() => {});
      await transition.updateCallbackDone;
    } else {
      show();
    }
    document.getElementById("announcement").textContent = document.getElementById("headline").textContent;
  }

  function later() {
    close();
    setTimeout(open, pause);
    pause = Math.min(pause * 2, 15000);
  }

  async function hear(event) {
    pause = 1000;
    if (Number(event.lastEventId) <= Number(main().dataset.version)) return;
    try {
      await refresh();
    } catch {
      later();
      return;
    }
    if (isFinal()) close();
  }

  function open() {
    if (stream || isFinal()) return;
    stream = new EventSource(main().dataset.events);
    stream.onmessage = hear;
    // A browser comes back by itself after a lost connection, but not after a refusal.
    stream.onerror = () => stream?.readyState === EventSource.CLOSED && later();
  }

  function close() {
    stream?.close();
    stream = null;
  }

  // An open stream would keep the page out of the browser's back and forward cache.
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

localiseTimes(document);
const shop = document.getElementById("shop");
if (shop) startShop(shop);
const again = document.getElementById("again");
if (again) startAgain(shop, again);
if (document.body.dataset.page === "tracking") startTracking();
// A page that comes back from the browser's memory holds yesterday's stock and a key that was used.
addEventListener("pageshow", (event) => event.persisted && document.body.dataset.page !== "tracking" && location.reload());
