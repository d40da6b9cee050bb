// Files and folders dropped anywhere on the page: compared first, so that unchanged ones are not sent; small ones go up
// many at a time, large ones in parts that go on where they stopped, also after a reload.
(() => {
  "use strict";
  const form = document.querySelector("[data-drop]");
  const page = document.querySelector("[data-drop-anywhere]");
  if (!form) return;
  const find = (name) => document.querySelector(`[data-${name}]`);
  const [status, bar, actions] = [find("upload-status"), find("upload-progress"), find("upload-actions")];
  const [lines, refusals, arrivals] = [find("uploading"), find("refusals"), find("arrivals")];
  const say = form.dataset;
  const MB = 1024 * 1024;
  const AT_ONCE = 3;
  const LARGE = 8 * MB;
  const COMPARED_AT_ONCE = 50;
  const ARCHIVE = /\.(zip|tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz)$/i;
  const token = () => form.elements.csrfmiddlewaretoken.value;
  const pause = (seconds) => new Promise((resume) => { setTimeout(resume, seconds * 1000); });

  let visit;
  const fresh = () => ({ total: 0, done: 0, bytes: 0, sent: 0, refused: 0, unchanged: 0, taken: new Set(), isPaused: false, wake: [] });
  visit = fresh();
  const isBusy = () => visit.done < visit.total;

  // --- What is told ------------------------------------------------------------------------------------
  const fill = (words, values) => words.replace(/%([anps])/g, (all, key) => String(values[key] ?? all));
  const figures = (pairs) => pairs.filter(([, n]) => n).map(([words, n]) => fill(words, { n })).join(", ");

  const tell = () => {
    bar.hidden = !isBusy();
    if (isBusy()) {
      const percent = visit.bytes ? Math.floor((100 * visit.sent) / visit.bytes) : 0;
      bar.value = percent;
      const words = fill(say.sayUploading, { a: visit.done, n: visit.total, p: percent });
      status.textContent = visit.isPaused ? `${words}, ${say.sayPaused}` : words;
      return;
    }
    actions.hidden = true;
    const rows = [...visit.taken].map((id) => document.getElementById(id)).filter(Boolean);
    const reading = rows.filter((row) => row.hasAttribute("data-working")).length;
    const broken = rows.filter((row) => row.hasAttribute("data-failed")).length;
    const held = rows.filter((row) => row.hasAttribute("data-held")).length;
    status.textContent = figures([
      [say.sayReading, reading], [say.sayReady, rows.length - reading - broken - held], [say.sayHeld, held], [say.sayBroken, broken],
      [say.sayUnchanged, visit.unchanged], [say.sayRefused, visit.refused],
    ]);
  };

  const button = (words, act, isFirst = false) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = isFirst ? "button button-small button-primary" : "button button-small";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  };

  const refuse = (name, reason) => {
    const line = document.createElement("li");
    line.className = "alert";
    const bold = document.createElement("b");
    bold.textContent = name;
    line.append(bold, reason);
    if (visit.refused < 200) refusals.append(line);
    visit.refused += 1;
  };

  const place = (html) => {
    const parts = new DOMParser().parseFromString(html, "text/html");
    const rows = document.getElementById("rows");
    for (const row of parts.querySelectorAll("[data-rows] > tr")) {
      rows.querySelector("[data-no-rows]")?.remove();
      document.getElementById(row.id)?.remove();
      const added = document.importNode(row, true);
      visit.taken.add(row.id);
      if (visit.taken.size > 200) continue;
      rows.prepend(added);
      htmx.process(added);
    }
    for (const line of parts.querySelectorAll("li.arriving")) {
      document.getElementById(line.id)?.remove();
      if (line.dataset.state === "done" && parts.querySelector("[data-rows]")) continue;
      const added = document.importNode(line, true);
      arrivals.prepend(added);
      htmx.process(added);
    }
    for (const line of parts.querySelectorAll("[data-refused] > li")) {
      refusals.append(document.importNode(line, true));
      visit.refused += 1;
    }
    htmx.trigger(document.body, "rows-changed");
  };

  // --- Requests ----------------------------------------------------------------------------------------
  const goesOn = () => (visit.isPaused ? new Promise((resume) => { visit.wake.push(resume); }) : null);

  // Asked to slow down, it waits as long as it is told, and goes on with the same request.
  const ask = async (address, options) => {
    for (;;) {
      await goesOn();
      const headers = { "X-CSRFToken": token(), "X-Fragment": "1", ...options.headers };
      const response = await fetch(address, { ...options, headers, redirect: "manual" });
      if (response.type === "opaqueredirect") { location.reload(); await new Promise(() => {}); }
      if (response.status !== 429) return response;
      await pause(Number(response.headers.get("Retry-After")) || 10);
    }
  };

  const sendSmall = async (batch) => {
    const body = new FormData();
    for (const { file, path } of batch) {
      body.append("files", file, file.name);
      body.append("paths", path);
    }
    try {
      const response = await ask(form.action, { method: "POST", body });
      if (response.ok || response.status === 422) place(await response.text());
      else throw new Error(response.status);
    } catch {
      for (const { path } of batch) refuse(path, say.sayFailed);
    }
    for (const { file } of batch) visit.sent += file.size;
    visit.done += batch.length;
    tell();
  };

  // --- Large files ---------------------------------------------------------------------------------------
  const settled = async (address) => {
    for (;;) {
      const response = await ask(address, { method: "GET" });
      if (!response.ok) throw new Error(response.status);
      const html = await response.text();
      if (/data-state="(queued|running)"/.test(html)) await pause(1);
      else return html;
    }
  };

  const sendLarge = async (each, isDryRun) => {
    const line = document.createElement("li");
    const progress = document.createElement("progress");
    progress.max = each.file.size;
    progress.value = 0;
    progress.setAttribute("aria-label", each.path);
    line.append(each.path, progress);
    lines.append(line);
    let arrived = 0;
    const { file, path } = each;
    const key = `upload:${say.incoming}:${path}:${file.size}:${file.lastModified}`;
    const onProgress = (bytes) => {
      visit.sent += bytes - arrived;
      arrived = bytes;
      progress.value = bytes;
      tell();
    };
    try {
      const address = await ragapp.sendInParts({ file, path, key, ask, create: say.incoming, isDryRun, onProgress });
      place(ARCHIVE.test(path) ? await (await ask(address, { method: "GET" })).text() : await settled(address));
    } catch (problem) {
      refuse(each.path, problem.detail ? `${problem.detail} ${problem.hint}` : say.sayFailed);
    }
    line.remove();
    visit.done += 1;
    tell();
  };

  // --- What would change -------------------------------------------------------------------------------
  // Without a secure connection browsers do not hash; then everything is sent, and the server finds what is unchanged.
  const compared = async (files) => {
    const offered = [];
    for (const { file, path } of files) offered.push([path, await ragapp.hashOf(file), file.size]);
    const body = new URLSearchParams({ offered: JSON.stringify(offered) });
    const response = await ask(say.compare, { method: "POST", body });
    return response.ok ? (await response.json()).files : null;
  };

  const plan = async (files) => {
    const planned = [];
    for (let at = 0; at < files.length; at += COMPARED_AT_ONCE) {
      status.textContent = fill(say.sayChecking, { a: at, n: files.length });
      const some = files.slice(at, at + COMPARED_AT_ONCE);
      const answers = await compared(some).catch(() => null);
      some.forEach((each, place_) => planned.push({ each, ...(answers?.[place_] ?? { change: "added", same_as: "" }) }));
    }
    return planned;
  };

  const approved = (planned) => new Promise((decide) => {
    const count = (wanted) => planned.filter(({ change }) => change === wanted).length;
    const copies = planned.filter(({ change, same_as }) => same_as && change !== "unchanged");
    status.textContent = `${say.sayPlan} ${figures([
      [say.sayAdded, count("added")], [say.sayChanged, count("changed")], [say.sayUnchanged, count("unchanged")],
      [say.sayRetried, count("retried")], [say.sayRefused, count("refused")], [say.sayCopies, copies.length],
    ])}`;
    const list = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = say.sayWhich;
    const items = document.createElement("ul");
    for (const { path, change, reason, same_as } of planned.filter((one) => one.change !== "unchanged").slice(0, 500)) {
      const item = document.createElement("li");
      const words = { added: say.sayAdded, changed: say.sayChanged, retried: say.sayRetried, refused: say.sayRefused }[change];
      item.textContent = [path, words.replace("%n ", ""), reason, same_as && say.saySame.replace("%s", same_as)].filter(Boolean).join(" · ");
      items.append(item);
    }
    list.append(summary, items);
    list.className = "small";
    const end = (isYes) => { list.remove(); actions.replaceChildren(); actions.hidden = true; decide(isYes); };
    actions.replaceChildren(button(say.sayGo, () => end(true), true), button(say.sayCancel, () => end(false)));
    actions.hidden = false;
    actions.before(list);
    actions.firstChild.focus();
  });

  // --- The queue ---------------------------------------------------------------------------------------
  const send = async (files, isDryRun) => {
    visit.total += files.length;
    visit.bytes += files.reduce((sum, { file }) => sum + file.size, 0);
    const toggle = button(say.sayPause, () => {
      visit.isPaused = !visit.isPaused;
      toggle.textContent = visit.isPaused ? say.sayResume : say.sayPause;
      if (!visit.isPaused) visit.wake.splice(0).forEach((resume) => resume());
      tell();
    });
    actions.replaceChildren(toggle);
    actions.hidden = !files.length;
    tell();
    const isAlone = ({ file, path }) => file.size > LARGE || ARCHIVE.test(path);
    const queue = [...files.filter(isAlone).map((each) => [each]), ...ragapp.inBatches(files.filter((each) => !isAlone(each)))];
    const work = async () => {
      while (queue.length) {
        const batch = queue.shift();
        if (isAlone(batch[0])) await sendLarge(batch[0], isDryRun);
        else await sendSmall(batch);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    tell();
  };

  const upload = async (given) => {
    const files = given.map(({ file, path }) => ({ file, path: say.folder ? `${say.folder}/${path}` : path }));
    const isDryRun = form.querySelector("[data-dry-run]").checked;
    if (!isBusy()) {
      refusals.replaceChildren();
      visit = fresh();
    }
    const fitting = files.filter(({ file, path }) => {
      const most = ARCHIVE.test(path) ? say.maxArchive : say.maxBytes;
      if (file.size <= Number(most) * MB) return true;
      refuse(path, say.sayTooLarge);
      return false;
    });
    const archives = fitting.filter(({ path }) => ARCHIVE.test(path));
    let rest = fitting.filter(({ path }) => !ARCHIVE.test(path));
    if (crypto.subtle && rest.length && (isDryRun || rest.length > 1)) {
      const planned = await plan(rest);
      if (isDryRun && !(await approved(planned))) rest = [];
      else {
        rest = planned.filter(({ change }) => change !== "unchanged" && change !== "refused").map(({ each }) => each);
        visit.unchanged += planned.filter(({ change }) => change === "unchanged").length;
        for (const { path, reason } of planned.filter(({ change }) => change === "refused")) refuse(path, reason);
      }
    }
    await send([...archives, ...rest], isDryRun);
  };

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const chosen = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
      input.value = "";
      upload(chosen.filter(({ path }) => !path.split("/").some((name) => name.startsWith("."))));
    });
  }

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
    upload(await ragapp.filesDropped(event.dataTransfer));
  });
  addEventListener("beforeunload", (event) => {
    if (isBusy()) event.preventDefault();
  });

  // A row that was asked for again: the figures above the table change when its work is done.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.target.matches?.("#rows tr")) return;
    tell();
    // The button that was pressed is gone.
    if (document.activeElement === document.body && event.detail.requestConfig?.verb === "post") event.target.querySelector(".row-link")?.focus();
    if (!event.target.hasAttribute("data-working")) htmx.trigger(document.body, "rows-changed");
  });
})();
