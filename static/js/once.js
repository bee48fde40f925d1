// A form is sent once: the second click of a double click would be told that the first was made.
const PAUSE = 1200;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, PAUSE); // a download leaves the page as it is
});
