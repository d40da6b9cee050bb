// The source panel: opens beside the answer, walks with the arrow keys, gives focus back when it closes.
(() => {
  "use strict";
  const panel = () => document.querySelector("[data-source]");
  const isNarrow = () => matchMedia("(max-width: 860px)").matches;
  let cameFrom = null;

  const markCurrent = (cite) => {
    for (const each of document.querySelectorAll("[data-cite][data-current]")) each.removeAttribute("data-current");
    if (!cite) return;
    const answer = cite.closest("[data-answer]");
    for (const each of answer?.querySelectorAll(`[data-cite="${cite.dataset.cite}"]`) ?? []) each.dataset.current = "";
  };

  const close = () => {
    const box = panel();
    if (!box?.hasAttribute("data-open")) return;
    const hadFocus = box.contains(document.activeElement);
    box.removeAttribute("data-open");
    box.replaceChildren();
    markCurrent(null);
    if (hadFocus && cameFrom?.isConnected) cameFrom.focus();
  };

  const walk = (step) => {
    const link = panel()?.querySelector(step > 0 ? "[data-next-source]" : "[data-previous-source]");
    if (link) link.click();
  };

  document.addEventListener("click", (event) => {
    const cite = event.target.closest("[data-cite]");
    if (cite) {
      cameFrom = cite;
      markCurrent(cite);
    }
    if (event.target.closest("[data-close-source]")) close();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const box = panel();
    if (event.target !== box && !box?.contains(event.target)) return;
    const isOpening = !box.hasAttribute("data-open");
    box.setAttribute("data-open", "");
    const shown = box.querySelector("[data-shown-marker]");
    if (shown) {
      const answer = document.getElementById(`answer-${shown.dataset.shownAnswer}`);
      const cite = answer?.querySelector(`.cite[data-cite="${shown.dataset.shownMarker}"]`);
      if (cite) markCurrent(cite);
      if (cite && !isOpening) cameFrom = cite;
    }
    const head = box.querySelector("h2");
    head?.setAttribute("tabindex", "-1");
    if (isNarrow() || isOpening || !box.contains(document.activeElement)) head?.focus({ preventScroll: true });
    toMark(box);
    for (const image of box.querySelectorAll("img")) image.addEventListener("load", () => toMark(box), { once: true });
  });

  // The words that matter stand in the upper third.
  const toMark = (box) => {
    const body = box.querySelector(".source-body");
    const mark = box.querySelector("mark, rect");
    if (!body || !mark) return;
    const at = mark.getBoundingClientRect().top - body.getBoundingClientRect().top;
    body.scrollTop += at - body.clientHeight / 4;
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog")) return;
    if (!panel()?.hasAttribute("data-open") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowRight") { event.preventDefault(); walk(1); }
    else if (event.key === "ArrowLeft") { event.preventDefault(); walk(-1); }
  });
})();
