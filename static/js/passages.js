// Next and previous passage by key, and the marked words in sight.
(() => {
  "use strict";
  const mark = document.querySelector("#browser mark");
  mark?.scrollIntoView({ block: "nearest" });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const isNext = event.key === "ArrowRight" || event.key.toLowerCase() === "j";
    const isPrevious = event.key === "ArrowLeft" || event.key.toLowerCase() === "k";
    if (isNext || isPrevious) document.querySelector(`#browser a[rel="${isNext ? "next" : "prev"}"]`)?.click();
  });
})();
