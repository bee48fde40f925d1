// Fills an element with a fragment that takes longer than the page may: <li data-load="/address/">.
// The answer replaces the element; when it does not come, data-when-lost says so.
document.querySelectorAll("[data-load]").forEach(async (element) => {
  try {
    const answer = await fetch(element.dataset.load, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    element.outerHTML = await answer.text();
  } catch {
    const sentence = element.querySelector("[data-when-lost]");
    if (sentence) sentence.hidden = false;
  }
});
