// Files and folders dropped anywhere on the page go up two at a time; each becomes a row or says why not.
(() => {
  "use strict";
  const form = document.querySelector("[data-drop]");
  const page = document.querySelector("[data-drop-anywhere]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const status = form.querySelector("[data-upload-status]");
  const refusals = document.querySelector("[data-refusals]");
  const say = form.dataset;
  const AT_ONCE = 2;
  let total = 0;
  let finished = 0;
  let refused = 0;
  const taken = new Set();

  // What has become of the files of this visit: accepted ones by how far they are, and those that were not taken.
  const tell = () => {
    if (finished < total) {
      status.textContent = `${say.sayUploading.replace("%n", String(total))} (${finished}/${total})`;
      return;
    }
    const rows = [...taken].map((id) => document.getElementById(id)).filter(Boolean);
    const reading = rows.filter((row) => row.hasAttribute("data-working")).length;
    const broken = rows.filter((row) => row.hasAttribute("data-failed")).length;
    const parts = [
      [say.sayReading, reading], [say.sayReady, rows.length - reading - broken], [say.sayBroken, broken],
      [say.sayRefused, refused],
    ];
    status.textContent = parts.filter(([, n]) => n).map(([words, n]) => words.replace("%n", String(n))).join(", ");
  };

  const refuse = (name, reason) => {
    const line = document.createElement("li");
    line.className = "alert";
    const bold = document.createElement("b");
    bold.textContent = name;
    line.append(bold, `: ${reason}`);
    refusals.append(line);
    refused += 1;
  };

  const show = (html) => {
    const parts = new DOMParser().parseFromString(html, "text/html");
    const rows = document.getElementById("rows");
    for (const row of parts.querySelectorAll("[data-rows] > tr")) {
      rows.querySelector("[data-no-rows]")?.remove();
      document.getElementById(row.id)?.remove();
      const added = document.importNode(row, true);
      rows.prepend(added);
      htmx.process(added);
      taken.add(row.id);
    }
    for (const line of parts.querySelectorAll("[data-refused] > li")) {
      refusals.append(document.importNode(line, true));
      refused += 1;
    }
    htmx.trigger(document.body, "rows-changed");
  };

  const pause = (seconds) => new Promise((resume) => { setTimeout(resume, seconds * 1000); });

  // Asked to slow down, it waits as long as it is told, and goes on with the same file.
  const post = async (body) => {
    for (;;) {
      const response = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Fragment": "1" },
        redirect: "manual",
      });
      if (response.status !== 429) return response;
      await pause(Number(response.headers.get("Retry-After")) || 10);
    }
  };

  const send = async ({ file, path }) => {
    const body = new FormData();
    body.append("files", file, file.name);
    body.append("paths", path);
    try {
      const response = await post(body);
      if (response.type === "opaqueredirect") location.reload();
      else if (response.ok) show(await response.text());
      else refuse(path, say.sayFailed);
    } catch {
      refuse(path, say.sayFailed);
    }
    finished += 1;
    tell();
  };

  const upload = async (files) => {
    const fitting = files.slice(0, Number(say.maxFiles));
    if (finished === total) {
      refusals.replaceChildren();
      taken.clear();
      total = 0;
      finished = 0;
      refused = 0;
    }
    if (files.length > fitting.length) refuse("", say.sayTooMany);
    const queue = fitting.filter(({ file, path }) => {
      if (file.size <= Number(say.maxBytes)) return true;
      refuse(path, say.sayTooLarge);
      return false;
    });
    total += queue.length;
    tell();
    const work = async () => { while (queue.length) await send(queue.shift()); };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  };

  // A folder is walked; its files keep their path inside it.
  const walk = async (entry, prefix, found) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      if (!file.name.startsWith(".")) found.push({ file, path: prefix + file.name });
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!batch.length) break;
        for (const inner of batch) await walk(inner, `${prefix}${entry.name}/`, found);
      }
    }
  };

  input.addEventListener("change", () => {
    upload([...input.files].map((file) => ({ file, path: file.name })));
    input.value = "";
  });

  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    page.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) page.classList.remove("dropping");
  });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    page.classList.remove("dropping");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const loose = [...event.dataTransfer.files];
    const found = [];
    for (const entry of entries) await walk(entry, "", found);
    upload(entries.length ? found : loose.map((file) => ({ file, path: file.name })));
  });

  // A row that was asked for again: the figures above the table change when its work is done.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.target.matches?.("#rows tr")) return;
    tell();
    if (!event.target.hasAttribute("data-working")) htmx.trigger(document.body, "rows-changed");
  });
})();
