// <button data-opens="dialog-id"> opens a <dialog>; a button with data-closes inside closes it.
// Esc closes it too (the browser's own); the focus goes back to where it was.
document.querySelectorAll("[data-opens]").forEach((button) => {
  const dialog = document.getElementById(button.dataset.opens);
  button.addEventListener("click", () => dialog.showModal());
});
document.querySelectorAll("dialog [data-closes]").forEach((button) => {
  button.addEventListener("click", () => button.closest("dialog").close());
});
