// What was dropped or chosen, as files with their paths; what they hash to; how many go up in one request.
(() => {
  "use strict";
  const BATCH_FILES = 20;
  const BATCH_BYTES = 4 * 1024 * 1024;

  // A folder is walked; its files keep their path inside it. Hidden ones are left out.
  const walk = async (entry, prefix, found) => {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
      found.push({ file, path: prefix + entry.name });
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const batch = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
        if (!batch.length) break;
        for (const inner of batch) await walk(inner, `${prefix}${entry.name}/`, found);
      }
    }
  };

  ragapp.filesDropped = async (transfer) => {
    // Both lists are emptied by the browser as soon as this function waits.
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const loose = [...transfer.files].map((file) => ({ file, path: file.name }));
    const found = [];
    for (const entry of entries) await walk(entry, "", found);
    return entries.length ? found : loose;
  };

  // SHA-256 in hexadecimal.
  ragapp.hashOf = async (file) => {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  ragapp.inBatches = (files) => {
    const made = [];
    let bytes = Infinity;
    for (const each of files) {
      if (bytes + each.file.size > BATCH_BYTES || made.at(-1).length >= BATCH_FILES) {
        made.push([]);
        bytes = 0;
      }
      made.at(-1).push(each);
      bytes += each.file.size;
    }
    return made;
  };
})();
