// The shell: theme, drawer, toasts, dialogs, the help sheet, the palette, announcements.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  const remember = (key, value) => {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      // Nothing is kept where storage is forbidden.
    }
  };

  // --- Announcements and toasts ------------------------------------------------------------------------
  const announce = (text) => {
    const announcer = $("#announcer");
    if (announcer && announcer.textContent !== text) announcer.textContent = text;
  };

  const toast = (text, isError = false) => {
    const box = document.createElement("div");
    box.className = isError ? "toast toast-error" : "toast";
    box.dataset.toast = "";
    const words = document.createElement("p");
    words.textContent = text;
    box.append(words);
    $("#toasts").append(box);
    watchToasts();
  };

  const watchToasts = () => {
    for (const box of document.querySelectorAll("[data-toast]:not([data-seen])")) {
      box.dataset.seen = "";
      const life = box.querySelector("form") ? 12000 : 7000;
      let timer = setTimeout(() => box.remove(), life);
      const wait = () => clearTimeout(timer);
      const resume = () => { clearTimeout(timer); timer = setTimeout(() => box.remove(), 4000); };
      box.addEventListener("pointerenter", wait);
      box.addEventListener("focusin", wait);
      box.addEventListener("pointerleave", resume);
      box.addEventListener("focusout", resume);
    }
  };

  window.ragapp = { announce, toast, remember };

  // --- Theme -------------------------------------------------------------------------------------------
  const toggleTheme = () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    const isSystem = matchMedia("(prefers-color-scheme: dark)").matches === !isDark;
    if (isSystem) delete root.dataset.theme;
    remember("theme", root.dataset.theme);
  };

  // --- Drawer ------------------------------------------------------------------------------------------
  const drawer = (open) => {
    const sidebar = $("#sidebar");
    if (!sidebar) return;
    sidebar.toggleAttribute("data-open", open);
    if (open) $("a, button", sidebar).focus();
    else if (sidebar.contains(document.activeElement)) $("[data-drawer]").focus();
  };

  // --- Dialogs -----------------------------------------------------------------------------------------
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    if (id === "palette") {
      $("input", dialog).select();
      htmx.trigger($("input", dialog), "palette-opened");
    }
  };

  const movePalette = (step) => {
    const links = [...document.querySelectorAll("#palette-results a")];
    if (!links.length) return;
    const now = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
    const next = (now + step + links.length) % links.length;
    links.forEach((link, place) => link.setAttribute("aria-selected", String(place === next)));
    links[next].scrollIntoView({ block: "nearest" });
    $("#palette input").setAttribute("aria-activedescendant", links[next].id);
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-theme-toggle]")) toggleTheme();
    else if (target.closest("[data-close-toast]")) target.closest("[data-toast]").remove();
    else if (target.closest("[data-opens]")) open(target.closest("[data-opens]").dataset.opens);
    else if (target.closest("[data-drawer]")) { event.preventDefault(); drawer(true); }
    else if (target.closest("[data-drawer-close]")) { event.preventDefault(); drawer(false); }
    else if (target instanceof HTMLDialogElement) target.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  });

  // A form in a toast that undoes something has done its work once it was answered.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) event.target.closest?.("[data-toast]")?.remove();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open("palette");
      return;
    }
    if (event.target.closest?.("#palette input")) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        movePalette(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        const chosen = $('#palette-results a[aria-selected="true"]');
        if (chosen) { event.preventDefault(); chosen.click(); }
      } else if (event.key === "Escape") {
        // A search field takes the first one to empty itself.
        event.preventDefault();
        $("#palette").close();
      }
      return;
    }
    if (event.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else drawer(false);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    if (event.key === "?") open("help");
    else if (event.key === "n") $("[data-new]")?.click();
    else if (event.key === "d") $("[data-documents]")?.click();
    else if (event.key === "z") [...document.querySelectorAll("[data-toast] form")].at(-1)?.requestSubmit();
    else if (event.key === "/") {
      const box = $("[data-composer] textarea, [data-filter]");
      if (box) { event.preventDefault(); box.focus(); }
    }
  });

  // --- Long lists of choices ---------------------------------------------------------------------------
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    const words = event.target.value.trim().toLowerCase();
    for (const label of event.target.closest("[data-choices]").querySelectorAll("label")) {
      label.hidden = !label.textContent.toLowerCase().includes(words);
    }
  });

  // --- htmx --------------------------------------------------------------------------------------------
  // NUL comes with what is copied from some terminals and PDF readers; nobody sees it, and no text can hold it.
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters } = event.detail;
    for (const [name, value] of Object.entries(parameters)) {
      if (typeof value === "string" && value.includes("\0")) parameters[name] = value.replaceAll("\0", "");
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    watchToasts();
    const links = document.querySelectorAll("#palette-results a");
    links.forEach((link, place) => {
      link.id = `found-${place}`;
      link.setAttribute("aria-selected", String(place === 0));
    });
  });
  document.addEventListener("htmx:oobAfterSwap", watchToasts);
  document.addEventListener("htmx:pushedIntoHistory", () => {
    for (const link of document.querySelectorAll("[data-page][aria-current]")) {
      if (link.pathname !== location.pathname) link.removeAttribute("aria-current");
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { status, responseText } = event.detail.xhr;
    const texts = document.body.dataset;
    // One sentence that says why, and what to do or when to come back.
    const isSentence = (event.detail.xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    if (isSentence && responseText) toast(responseText, true);
    else if (status === 403) toast(texts.sayStale, true);
    else if (status === 404) toast(texts.sayGone, true);
    else toast(texts.sayFailed, true);
  });
  document.addEventListener("htmx:sendError", () => toast(document.body.dataset.sayOffline, true));
  // A dialog that was fetched opens by itself; one whose form succeeded is closed by an event from the server.
  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = event.target.matches?.("[data-dialog-host]") ? $("dialog", event.target) : null;
    if (dialog && !dialog.open) dialog.showModal();
    // What was pressed is gone with what it took away: the keyboard goes on in the dialog, not behind it.
    if (document.activeElement === document.body) $("dialog[open] :is(select, #share-list)")?.focus();
  });
  document.addEventListener("close-dialogs", () => {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  });

  watchToasts();
})();
