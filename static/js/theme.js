// Runs before the first paint, so that a chosen theme never flashes the other one.
(() => {
  "use strict";
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is forbidden here: the system's theme it is.
  }
  document.documentElement.classList.add("js");
})();
