// Reviewing by keyboard: single keys where nothing is being typed; everything works without this file, too.
(() => {
  "use strict";
  const page = document.querySelector("[data-review]");
  if (!page) return;
  const form = page.querySelector("[data-judge]");
  const isTyping = (target) => target.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox])");

  // The point changes to its next value: yes, no, does not apply.
  const turn = (point) => {
    const radios = [...point.querySelectorAll("input")];
    const next = radios[(radios.findIndex((radio) => radio.checked) + 1) % radios.length];
    next.checked = true;
    next.dispatchEvent(new Event("input", { bubbles: true }));
    next.focus();
  };

  const act = (key) => {
    const point = page.querySelector(`[data-point="${CSS.escape(key)}"]`);
    if (point) return turn(point), true;
    const field = page.querySelector(`[data-focus="${CSS.escape(key)}"]`);
    if (field) return field.focus(), true;
    const button = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (button) return button.click(), true;
    return false;
  };

  // What was judged and not saved is not left without a word.
  let isChanged = false;
  form.addEventListener("input", () => { isChanged = true; });
  form.addEventListener("submit", () => { isChanged = false; });
  addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.isComposing || event.altKey) return;
    if (key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(target)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (isTyping(target)) {
      if (key === "Escape") target.blur();
      if (key === "Enter" && target.type === "search") {
        event.preventDefault();
        form.requestSubmit(form.querySelector("[name=search]"));
      }
      return;
    }
    if (key === "Enter" && !target.closest("a, button, summary")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
    } else if (act(key.toLowerCase())) {
      event.preventDefault();
    }
  });
})();
