// A large file in parts, after the tus protocol: it goes on where it stopped, also after a reload or without a connection
// for a while. What the server said last about an upload is kept in this browser.
(() => {
  "use strict";
  const PART = 4 * 1024 * 1024;
  const TRIES = 5;
  const tus = { "Tus-Resumable": "1.0.0" };
  const pause = (seconds) => new Promise((resume) => { setTimeout(resume, seconds * 1000); });
  const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const problemOf = (response) => response.json().catch(() => new Error(response.status));

  const begun = async ({ file, path, key, ask, create, isDryRun }) => {
    const known = recall(key);
    if (known) {
      const response = await ask(known, { method: "HEAD", headers: tus });
      const offset = Number(response.headers.get("Upload-Offset"));
      if (response.ok && offset < file.size) return { address: known, offset };
      ragapp.remember(key, "");
    }
    const told = [`path ${inBase64(path)}`, ...(isDryRun ? [`dry_run ${inBase64("1")}`] : [])];
    const headers = { ...tus, "Upload-Length": String(file.size), "Upload-Metadata": told.join(",") };
    const response = await ask(create, { method: "POST", headers });
    if (response.status !== 201) throw await problemOf(response);
    const address = response.headers.get("Location");
    ragapp.remember(key, address);
    return { address, offset: 0 };
  };

  // Browsers hash only on secure connections; elsewhere the length alone is compared.
  const checksum = async (part) => {
    if (!crypto.subtle) return {};
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await part.arrayBuffer()));
    return { "Upload-Checksum": `sha256 ${btoa(String.fromCharCode(...digest))}` };
  };

  // Sends `file` and gives the address of its upload; `onProgress` hears how many bytes have arrived.
  ragapp.sendInParts = async (options) => {
    const { file, key, ask, onProgress } = options;
    const { address, offset: start } = await begun(options);
    let offset = start;
    let failures = 0;
    onProgress(offset);
    while (offset < file.size) {
      const part = file.slice(offset, offset + PART);
      const headers = {
        ...tus, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", ...(await checksum(part)),
      };
      let response = await ask(address, { method: "PATCH", headers, body: part }).catch(() => null);
      if (!response) {
        // The connection broke: what has arrived is asked for, a few times and ever later.
        failures += 1;
        if (failures > TRIES) throw new Error("offline");
        await pause(2 ** failures);
        response = await ask(address, { method: "HEAD", headers: tus }).catch(() => null);
        if (!response) continue;
      }
      const reached = response.headers.get("Upload-Offset");
      if (reached === null) {
        failures += 1;
        if (response.status !== 460 || failures > TRIES) throw await problemOf(response);
        continue;
      }
      failures = 0;
      offset = Number(reached);
      onProgress(offset);
    }
    ragapp.remember(key, "");
    return address;
  };
})();
