// Keeps an open page current. The server renders; this swaps the parts that changed, tells how long ago things were,
// and says so when the gateway can't be heard. Without it the page refreshes by itself.
"use strict";
(() => {
  const QUIET_MS = 15000; // the server says something at least every 5 s
  const RETRY_MS = 4000;
  const connection = document.getElementById("connection");
  const title = document.title;
  const held = new Map(); // parts that wait until nobody is typing in them
  let skewMs = 0;
  let heardAt = Date.now();
  let lost = false;
  let source = null;

  const span = (seconds) => {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86400)} d`;
  };

  const ago = (iso) => {
    const seconds = Math.floor((Date.now() + skewMs - Date.parse(iso)) / 1000);
    if (seconds < 0) return seconds > -2 ? "just now" : `in ${span(-seconds)}`;
    return seconds === 0 ? "just now" : `${span(seconds)} ago`;
  };

  const tellTimes = () => {
    for (const hint of document.querySelectorAll(".ago")) {
      const time = hint.previousElementSibling;
      const text = time ? ago(time.dateTime) : "";
      if (hint.textContent !== text) hint.textContent = text;
    }
  };

  const isTyping = (part) => {
    const active = document.activeElement;
    return active && part.contains(active) && active.closest("form") !== null;
  };

  // The script's own: how long ago things were.
  const isOurs = (node) => node.nodeType === Node.ELEMENT_NODE && node.classList.contains("ago");
  const idOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id : "");
  const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && idOf(a) === idOf(b);

  // Makes `old` like `fresh`, touching only what differs: marked text, focus and open details stay.
  const become = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const name of old.getAttributeNames()) {
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    if (!isOurs(old)) becomeInside(old, fresh);
  };

  // Rows are known again by their ids, wherever they have moved to; what has none, by its place.
  const becomeInside = (old, fresh) => {
    const known = new Map();
    for (const child of old.children) if (child.id) known.set(child.id, child);
    let at = old.firstChild;
    for (const wanted of Array.from(fresh.childNodes)) {
      const kept = known.get(idOf(wanted)) ?? (at && !idOf(at) ? at : null);
      if (!kept || !isAlike(kept, wanted)) {
        old.insertBefore(wanted, at);
        continue;
      }
      if (kept === at) at = at.nextSibling;
      else old.insertBefore(kept, at);
      become(kept, wanted);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  };

  const swap = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    if (isTyping(part)) {
      held.set(id, html);
      return;
    }
    held.delete(id);
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // rendered and escaped by the server
    becomeInside(part, fresh.content);
  };

  const tellTitle = () => {
    const level = document.querySelector("[data-level]")?.dataset.level;
    document.title = (lost ? "? " : level === "problem" ? "✖ " : level === "attention" ? "▲ " : "") + title;
  };

  const tellConnection = (isLost) => {
    if (isLost === lost && connection.dataset.told) return;
    lost = isLost;
    connection.dataset.told = "yes";
    document.body.classList.toggle("lost", lost);
    connection.classList.toggle("live", !lost);
    const since = new Date(heardAt).toLocaleTimeString([], { hourCycle: "h23" });
    connection.textContent = lost ? `No connection to the gateway since ${since}. What you see is from then.` : "Live";
    tellTitle();
  };

  const heard = () => {
    heardAt = Date.now();
    tellConnection(false);
  };

  const signedOut = async () => {
    const answer = await fetch("/", { method: "HEAD", redirect: "manual", cache: "no-store" });
    return answer.type === "opaqueredirect";
  };

  const listen = () => {
    source = new EventSource(document.body.dataset.live);
    source.addEventListener("parts", (event) => {
      const update = JSON.parse(event.data);
      skewMs = Date.parse(update.now) - Date.now();
      for (const [id, html] of Object.entries(update.parts)) swap(id, html);
      heard();
      tellTimes();
      tellTitle();
    });
    source.addEventListener("signed-out", () => location.assign("/sign-in"));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS);
    });
  };

  // The stream was refused: signed out, too many pages, or a gateway that is just starting.
  const again = async () => {
    try {
      if (await signedOut()) location.assign("/sign-in");
    } catch {
      // Not reachable; the page says so.
    }
    source.close();
    listen();
  };

  setInterval(() => {
    const quietMs = Date.now() - heardAt;
    if (quietMs > QUIET_MS) tellConnection(true);
    if (quietMs > 2 * QUIET_MS && source.readyState === EventSource.OPEN) {
      source.close(); // a connection that died without a word
      listen();
    }
    for (const [id, html] of Array.from(held)) swap(id, html);
    tellTimes();
  }, 1000);

  listen();
})();
