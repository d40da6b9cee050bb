// The chat: composer, stop, streaming without jumps, copy, announcements.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const box = () => $("[data-composer] textarea");
  const isNarrow = () => matchMedia("(max-width: 860px)").matches;
  const running = () => $("[data-running]");

  const kept = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const draftKey = (area) => `draft:${area.dataset.draft}`;

  // --- Composer ----------------------------------------------------------------------------------------
  const grow = (area) => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };

  const count = (area) => {
    const left = area.maxLength - area.value.length;
    $("[data-count]", area.form).textContent = area.value.length >= Number(area.dataset.countFrom) ? String(left) : "";
  };

  const prepare = () => {
    const area = box();
    if (!area || area.dataset.ready) return;
    area.dataset.ready = "";
    if (!area.value) area.value = kept(draftKey(area)) || "";
    if (!area.value && area.dataset.draftFrom) {
      // A file opened the conversation: what was typed before it goes on here.
      area.value = kept(`draft:${area.dataset.draftFrom}`) || "";
      ragapp.remember(draftKey(area), area.value);
      ragapp.remember(`draft:${area.dataset.draftFrom}`, "");
    }
    grow(area);
    count(area);
    showStop();
  };

  const showStop = () => {
    const form = $("[data-composer]");
    if (!form) return;
    const send = $("[type=submit]", form);
    const stop = $("[data-stop]", form);
    const isRunning = Boolean(running());
    const hadFocus = document.activeElement === stop || document.activeElement === send;
    stop.hidden = !isRunning;
    send.hidden = isRunning;
    if (hadFocus) (isRunning ? stop : box()).focus();
  };

  const stopRunning = () => {
    const answer = running();
    if (!answer) return;
    htmx.ajax("POST", answer.dataset.stopUrl, { source: answer, swap: "none" });
  };

  document.addEventListener("input", (event) => {
    // A day that was chosen is seen by the style sheet, too, which hides an empty one on telephones.
    if (event.target.matches("[name=as_of]")) event.target.setAttribute("value", event.target.value);
    const area = event.target;
    if (area !== box()) return;
    grow(area);
    count(area);
    ragapp.remember(draftKey(area), area.value);
  });

  document.addEventListener("keydown", (event) => {
    const area = box();
    if (event.target === area) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        if (area.value.trim() && !running()) area.form.requestSubmit();
      } else if (event.key === "Escape" && running()) {
        event.preventDefault();
        stopRunning();
      }
      return;
    }
    if (event.key === "c" && !event.ctrlKey && !event.metaKey && !event.target.closest?.("input, textarea, select, dialog")) {
      [...document.querySelectorAll("[data-copy]")].at(-1)?.click();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stop]")) stopRunning();
    if (event.target.closest("[data-print]")) print();
    const from = event.target.closest("[data-copy-from]");
    if (from) copyText($(`#${from.dataset.copyFrom}`).value, from);
    const copy = event.target.closest("[data-copy]");
    if (copy) copyAnswer(copy);
    const edit = event.target.closest("[data-edit-question]");
    if (edit) {
      const area = box();
      area.value = edit.dataset.editQuestion;
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.focus();
    }
    const why = event.target.closest("[data-why]");
    if (why && $(".why-body", $(`#${why.getAttribute("aria-controls")}`))) {
      event.preventDefault();
      event.stopPropagation();
      $(`#${why.getAttribute("aria-controls")}`).replaceChildren();
    }
  }, true);

  const copyAnswer = (button) => {
    const answer = button.closest("[data-answer]");
    const prose = $("[data-prose]", answer).cloneNode(true);
    for (const hidden of prose.querySelectorAll(".visually-hidden")) hidden.remove();
    for (const cite of prose.querySelectorAll(".cite")) cite.textContent = ` [${cite.textContent.trim()}]`;
    document.body.append(prose);
    const text = prose.innerText.trim();
    prose.remove();
    const sources = $("[data-copy-sources]", answer).content.textContent.trim();
    copyText(sources ? `${text}\n\n${sources}` : text, button);
    htmx.ajax("POST", button.dataset.tell, { source: button, swap: "none" });
  };

  const copyText = async (text, button) => {
    const label = $("span", button);
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = document.body.dataset.sayCopied;
      ragapp.announce(document.body.dataset.sayCopied);
      setTimeout(() => { label.textContent = before; }, 2000);
    } catch {
      ragapp.toast(document.body.dataset.sayNotCopied, true);
    }
  };

  // What was opened stands above the composer, which floats over the page.
  const intoView = (element) => {
    const floor = $(".dock")?.getBoundingClientRect().top ?? innerHeight;
    const { top, bottom } = element.getBoundingClientRect();
    const hidden = bottom + 16 - floor;
    if (hidden > 0) scrollBy({ top: Math.min(hidden, top - 80) });
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches("[data-answer] details")) intoView(event.target);
    if (event.target.open && event.target.matches(".question-edit")) $("textarea", event.target).focus();
  }, true);

  // --- Asking ------------------------------------------------------------------------------------------
  // Before the swap: afterwards the box of the home page is gone.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    const isQuestion = form && form.getAttribute("action") === $("[data-composer]")?.getAttribute("action");
    if (!isQuestion || event.detail.xhr.status !== 200) return;
    const area = form.elements.text;
    if (area.dataset.draft) {
      ragapp.remember(draftKey(area), "");
      area.value = "";
      grow(area);
      count(area);
    }
    $("#ask-error")?.replaceChildren();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const before = box()?.dataset.ready;
    prepare();
    if (before === undefined && $("#pane:not(.pane-home)")) box()?.focus();
    showStop();
    const walked = event.detail.requestConfig?.elt.closest?.(".place");
    if (walked) $(".place button:not([disabled])", event.target.matches("[data-answer]") ? event.target : $("#pane"))?.focus();
    const fresh = $("[data-turn][data-fresh]:not([data-seen])");
    if (fresh) {
      fresh.dataset.seen = "";
      if (fresh.previousElementSibling) fresh.scrollIntoView({ block: "start" });
      ragapp.announce($("[data-stage]", fresh)?.textContent.trim() || "");
    }
    const opened = event.target.matches?.(".feedback, .why") && event.target.lastElementChild;
    if (opened) {
      intoView(opened);
      const said = event.target.querySelector(":scope > [role=status]");
      if (said) ragapp.announce(said.textContent.trim());
    }
    const done = $("[data-answer][data-new]");
    if (done) {
      done.removeAttribute("data-new");
      ragapp.announce(done.dataset.announce);
      htmx.trigger(document.body, "history-changed");
    }
  });

  document.addEventListener("leave-for", (event) => location.replace(event.detail.url));

  // --- Streaming ---------------------------------------------------------------------------------------
  // Each message holds the whole text so far. What is already there stays as it is: nothing read ever moves, and a
  // selection survives. Only what differs from the first changed block on is put in.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const target = event.target;
    if (!target.matches("[data-streaming]")) return;
    event.preventDefault();
    const fresh = document.createElement("template");
    fresh.innerHTML = event.detail.data;
    patch(target, fresh.content);
  });

  const patch = (now, next) => {
    const old = [...now.childNodes];
    const wanted = [...next.childNodes];
    let same = 0;
    while (same < old.length && same < wanted.length && old[same].isEqualNode(wanted[same])) same += 1;
    const alike = old[same] && wanted[same] && old[same].nodeName === wanted[same].nodeName && old[same].nodeType === 1;
    if (alike && !old[same].classList.contains("skeleton")) {
      patch(old[same], wanted[same]);
      same += 1;
    }
    for (const node of old.slice(same)) node.remove();
    now.append(...wanted.slice(same));
  };

  // The session is over: the page is on its way to sign-in, and nothing is asked for again.
  document.addEventListener("htmx:sseOpen", (event) => {
    const { source } = event.detail;
    source.addEventListener("expired", () => source.close());
  });

  document.addEventListener("htmx:sseMessage", (event) => {
    if (event.target.matches("[data-stage]")) ragapp.announce(event.target.textContent.trim());
  });

  // --- Quotes on hover and focus -------------------------------------------------------------------------
  const showQuote = (cite) => {
    const pop = $("#quote-pop");
    if (!pop || !cite.dataset.quote) return;
    $("[data-quote-text]", pop).textContent = `“${cite.dataset.quote}”`;
    $("[data-quote-from]", pop).textContent = cite.dataset.from;
    pop.hidden = false;
    const chat = $("#chat").getBoundingClientRect();
    const at = cite.getBoundingClientRect();
    const left = Math.min(Math.max(at.left - 24, 16), innerWidth - pop.offsetWidth - 16);
    const isAbove = at.top - pop.offsetHeight - 16 > (isNarrow() ? 104 : 56) || at.bottom + pop.offsetHeight + 16 > innerHeight;
    pop.style.left = `${left - chat.left}px`;
    pop.style.top = `${(isAbove ? at.top - pop.offsetHeight - 8 : at.bottom + 8) - chat.top}px`;
    cite.setAttribute("aria-describedby", "quote-pop");
  };
  const hideQuote = () => {
    const pop = $("#quote-pop");
    if (pop) pop.hidden = true;
  };
  for (const [start, end] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(start, (event) => {
      const cite = event.target.closest?.("a.cite");
      if (cite && (event.type === "focusin" || event.pointerType === "mouse")) showQuote(cite);
    });
    document.addEventListener(end, (event) => {
      if (event.target.closest?.("a.cite")) hideQuote();
    });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideQuote(); }, true);

  prepare();
  showStop();
})();
