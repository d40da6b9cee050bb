// The page that shows a webhook's secret once: a button that copies it, and the address of the webhook.
{
  const secret = document.getElementById("secret");
  const button = document.getElementById("copy-secret");
  // Reloading the address that the form was sent to would ask to send it again.
  history.replaceState(null, "", secret.dataset.address);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(secret);
      button.textContent = button.dataset.selected;
    }
  });
}
