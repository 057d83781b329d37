// Makes pages that work without it more convenient: the viewer's own zone beside times, distances that stay
// true, and parts that fetch themselves anew while something runs.
"use strict";
(() => {
  const ownTime = new Intl.DateTimeFormat(undefined, {
    weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });

  const ownZone = ownTime.resolvedOptions().timeZone;

  const coarse = (seconds) => {
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86400)} d`;
  };

  const relative = (iso) => {
    const away = (Date.parse(iso) - Date.now()) / 1000;
    if (Number.isNaN(away)) return null;
    if (Math.abs(away) < 1) return "now";
    return away > 0 ? `in ${coarse(away)}` : `${coarse(-away)} ago`;
  };

  // Beside a time of a schedule, the same by the viewer's clock; where the two clocks agree, only when pointed at.
  const translate = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-seen])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.dataset.seen = "";
      const own = ownTime.format(at);
      time.title = `${own}, your time`;
      if (!("zone" in time.dataset) || time.dataset.zone === ownZone) continue;
      const span = document.createElement("span");
      span.className = "ago own";
      span.textContent = `your time: ${own}`;
      const distance = time.nextElementSibling;
      (distance?.matches("[data-ago]") ? distance : time).after(span);
    }
  };

  const tick = (root) => {
    for (const span of root.querySelectorAll("[data-ago]")) {
      const text = relative(span.dataset.ago);
      if (text !== null && span.textContent !== text) span.textContent = text;
    }
    for (const span of root.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, (Date.now() - Date.parse(span.dataset.since)) / 1000);
      const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
      span.textContent = h ? `${h} h ${m} min` : m ? `${m} min ${s} s` : `${s} s`;
    }
  };

  // A part with data-live is fetched anew for as long as it holds an element with data-goes-on; one with data-idle also
  // while it holds none, but only at every so many turns.
  const every = 4000;
  const idleTurns = 5;
  const announcements = document.getElementById("announcements");
  let said = "";

  const announce = (part) => {
    const text = part.querySelector("[data-goes-on], [data-said]")?.dataset.said ?? "";
    if (text && text !== said && announcements) announcements.textContent = text;
    said = text;
  };

  // Of a list that grows, the server sends what follows its last entry; the page keeps as many as the server says.
  const grow = (part, fresh) => {
    const [old, grown] = [part, fresh].map((it) => it.querySelector("[data-last]"));
    if (!old || grown?.dataset.follows !== old.dataset.last) return;
    grown.prepend(...old.children);
    while (grown.children.length > Number(grown.dataset.kept)) grown.firstElementChild.remove();
  };

  const replace = (part, html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const open = new Set([...part.querySelectorAll("details[open][id]")].map((it) => it.id));
    for (const details of fresh.querySelectorAll("details[id]")) details.open = open.has(details.id);
    grow(part, fresh);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceChildren(...fresh.body.childNodes);
    if (focused) document.getElementById(focused)?.focus();
    translate(part);
    tick(part);
    announce(part);
  };

  const isBusy = (part) => {
    const typing = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    return document.hidden || typing;
  };

  // The footer says as of when the page is.
  const showAge = (date) => {
    const time = document.querySelector("footer time");
    const at = new Date(date ?? NaN);
    if (!time || Number.isNaN(at.getTime())) return;
    time.dateTime = at.toISOString();
    time.textContent = `${time.dateTime.slice(0, 19).replace("T", " ")} UTC`;
    delete time.dataset.seen;
    translate(time.parentElement);
  };

  // Above a part that could not be fetched anew, since when it is as it is; null: it was.
  const showTrouble = (part, why) => {
    let note = part.previousElementSibling?.matches("[data-trouble]") ? part.previousElementSibling : null;
    if (why === null) {
      note?.remove();
      return;
    }
    if (!note) {
      note = document.createElement("p");
      note.className = "notice warn";
      note.dataset.trouble = "";
      note.setAttribute("role", "status");
      part.before(note);
    }
    const text = `This is not refreshed: ${why} What is below is as of ${document.querySelector("footer time")?.textContent ?? "before"}.`;
    if (note.textContent !== text) note.textContent = text;
  };

  // A session that is over leads to the page to sign in, which no part follows.
  const whyNot = (status) => {
    if (status === 429) return "too many requests were made; it goes on by itself.";
    if (status !== undefined) return `the answer was ${status}; it is tried again.`;
    return navigator.onLine ? "no answer came, or your session is over; reload the page to sign in." : "there is no connection.";
  };

  const refresh = async (part) => {
    try {
      const last = part.querySelector("[data-last]")?.dataset.last;
      const answer = await fetch(part.dataset.live + (last ? `?after=${last}` : ""), { credentials: "same-origin", redirect: "error", cache: "no-store" });
      if (!answer.ok) {
        showTrouble(part, whyNot(answer.status));
        return;
      }
      replace(part, await answer.text());
      showAge(answer.headers.get("date"));
      showTrouble(part, null);
    } catch {
      showTrouble(part, whyNot());
    }
  };

  const follow = (part) => {
    let isAsking = false;
    let turns = 0;
    const look = async () => {
      if (isAsking || isBusy(part)) return;
      isAsking = true;
      turns = 0;
      await refresh(part);
      isAsking = false;
    };
    const goesOn = () => part.querySelector("[data-goes-on]") !== null;
    const isIdle = () => "idle" in part.dataset;
    setInterval(() => {
      turns += 1;
      if (goesOn() || (isIdle() && turns >= idleTurns)) look();
    }, every);
    document.addEventListener("visibilitychange", () => { if (goesOn() || isIdle()) look(); });
  };

  // The preview of a form follows what is entered.
  const settles = 400;

  const preview = (part) => {
    const form = part.closest("form");
    let asked = new AbortController();
    let soon = 0;
    const look = async () => {
      asked.abort();
      asked = new AbortController();
      const body = new URLSearchParams(new FormData(form));
      body.set("do", "preview_part");
      try {
        const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal: asked.signal, redirect: "error", cache: "no-store" });
        if (answer.ok) replace(part, await answer.text());
      } catch {
        // Asked anew, or out of reach: the button asks as well.
      }
    };
    form.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(look, settles);
    });
    if (!part.children.length) look();
  };

  // Of the choices of a schedule and its expression, what was touched last counts.
  const written = document.getElementById("cron_expression");
  const frequency = document.getElementById("frequency");
  if (written && frequency) {
    written.addEventListener("input", () => { if (written.value !== written.defaultValue) frequency.value = "cron"; });
    frequency.addEventListener("input", () => { if (frequency.value !== "cron") written.value = written.defaultValue; });
  }

  // A second click on what is being sent does nothing; the server would not mind it either.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    else if (event.target.method === "post") event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // One box ticks all of the page, and shows whether all are.
  const tickAll = (all) => {
    const boxes = [...document.getElementsByName(all.dataset.all)];
    const show = () => {
      const count = boxes.filter((it) => it.checked).length;
      all.checked = count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    };
    all.addEventListener("change", () => { for (const it of boxes) it.checked = all.checked; });
    for (const it of boxes) it.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    all.closest("[hidden]").hidden = false;
  };
  document.querySelectorAll("[data-all]").forEach(tickAll);

  // An address that ends in the name of something folded shows it unfolded.
  const unfold = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  // A page by the clock of one zone offers the same by the viewer's.
  for (const link of document.querySelectorAll("[data-own-zone]")) {
    if (link.dataset.ownZone === ownZone) continue;
    const url = new URL(link.href);
    url.searchParams.set("timezone", ownZone);
    link.href = url;
    link.hidden = false;
  }

  translate(document);
  tick(document);
  setInterval(() => { if (!document.hidden) tick(document); }, 1000);
  document.querySelectorAll("[data-preview]").forEach(preview);
  for (const part of document.querySelectorAll("[data-live]")) { said = part.querySelector("[data-said]")?.dataset.said ?? ""; follow(part); }
})();
