// What the pages cannot do by themselves: leave at once, copy, jump without history, and say so where
// an answer is lost. Loaded before htmx and in need of nothing from it.
"use strict";

(() => {
  const root = document.documentElement;

  // ---- Leave this page: blank at once, then the other page in place of this one. ----

  const leave = (address) => {
    root.classList.add("left");
    document.title = "";
    // Not form.reset(): a form that came back with its words has them for its defaults.
    for (const field of document.querySelectorAll("input, textarea")) field.value = "";
    location.replace(address);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-leave]");
    if (!link) return;
    event.preventDefault();
    leave(link.href);
  });

  // Shift three times within five seconds, with nothing else pressed between.
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") presses = [];
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift") return;
    presses = [...presses, event.timeStamp].filter((time) => event.timeStamp - time < 5000);
    if (presses.length === 3) leave(document.querySelector("[data-leave]").href);
  });

  // A page that was left stays blank when the browser brings it back out of its cache.
  addEventListener("pageshow", (event) => {
    if (event.persisted && root.classList.contains("left")) leave(document.querySelector("[data-leave]").href);
  });

  // ---- Links within the page take the place of the entry in the history, so that one Back leaves. ----

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.replace(link.hash);
  });

  // A deep link opens the question it names, also while the CDN keeps the browser waiting.
  const named = location.hash && document.getElementById(location.hash.slice(1));
  const closed = named && named.closest("details:not([open])");
  if (closed) {
    closed.open = true;
    named.scrollIntoView();
  }

  // ---- Copy ----

  const copyable = Boolean(navigator.clipboard);
  const showCopy = (within) => {
    if (copyable) for (const button of within.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  showCopy(document);
  document.addEventListener("htmx:after:swap", () => showCopy(document));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const said = document.getElementById("reframe-said");
    try {
      await navigator.clipboard.writeText(button.parentElement.querySelector("p").textContent.trim());
      for (const other of document.querySelectorAll("[data-copy]")) other.firstChild.data = "Copy ";
      button.firstChild.data = "Copied ";
      said.textContent = "Copied. You can paste it into a message.";
    } catch {
      said.textContent = "It could not be copied. Press and hold the words instead.";
    }
  });

  // ---- Where an answer is lost, the form and its words stay and the form's status line says so. ----

  const say = (source, words) => {
    const status = source.querySelector?.(".status") ?? source.closest?.("form, div")?.querySelector(".status");
    if (status) status.textContent = words;
  };
  const lost = (event) => {
    const { request } = event.detail.ctx;
    if (request.method === "GET") say(event.target, "It could not be fetched. Please try again.");
    else if (request.action.endsWith("/reframe")) say(event.target, "No answer came. Your words are still here.");
    else say(event.target, "We could not tell whether it arrived. Your words are still here. Send again: it is kept once.");
  };

  document.addEventListener("htmx:before:request", (event) => say(event.target, ""));
  document.addEventListener("htmx:error", (event) => event.detail.ctx && lost(event));
  document.addEventListener("htmx:before:response", (event) => {
    // Only our own fragments may take the place of a form: not a proxy's page, not a bare fault.
    if (event.detail.ctx.response.headers.has("HX-Fragment")) return;
    event.preventDefault();
    lost(event);
  });

  root.classList.add("scripted"); // from here on leaving, copying and the contents go by script

  // ---- Trusted Types: htmx, if it comes, turns our fragments into markup through this one policy. ----

  document.querySelector("script[integrity]")?.addEventListener("load", () => {
    if (!window.trustedTypes || !window.htmx) return;
    const policy = trustedTypes.createPolicy("site", { createHTML: (html) => html });
    htmx.registerExtension("site", { init: (api) => api.initSecurity(policy) });
  });
})();
