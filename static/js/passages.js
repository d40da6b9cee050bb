// Next and previous passage by key; where the text has a scroll of its own, the marked words in sight.
(() => {
  "use strict";
  const mark = document.querySelector("#browser mark");
  const text = mark?.closest(".passage");
  if (text) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 4;
  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const isNext = event.key === "ArrowRight" || event.key.toLowerCase() === "j";
    const isPrevious = event.key === "ArrowLeft" || event.key.toLowerCase() === "k";
    if (isNext || isPrevious) document.querySelector(`#browser a[rel="${isNext ? "next" : "prev"}"]`)?.click();
  });
})();
