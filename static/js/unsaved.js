// Asks before a page is left whose form was changed and not saved: <form data-unsaved>.
document.querySelectorAll("form[data-unsaved]").forEach((form) => {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
});
