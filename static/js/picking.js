// Rows that are ticked: all at once, and how many they are.
(() => {
  "use strict";
  const count = document.querySelector("[data-chosen]");
  if (!count) return;
  // A row that is drawn again keeps its tick.
  const ticked = new Set();
  const boxes = () => [...document.querySelectorAll('#rows input[name="documents"]')];

  const tell = () => {
    ticked.clear();
    for (const box of boxes()) if (box.checked) ticked.add(box.value);
    const n = boxes().filter((box) => box.checked).length;
    count.textContent = (n === 1 ? count.dataset.one : count.dataset.many).replace("%n", String(n));
    const all = document.querySelector("[data-pick-all]");
    all.checked = n > 0 && n === boxes().length;
    all.indeterminate = n > 0 && n < boxes().length;
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches('[data-pick-all], #rows input[name="documents"]')) tell();
  });
  // Enter does what the button beside the field does, not what the first button of the form does.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches(".bulk-body input")) return;
    event.preventDefault();
    event.target.closest(".bulk-body").querySelector("button").click();
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const box of boxes()) box.checked ||= ticked.has(box.value);
    tell();
  });
})();
