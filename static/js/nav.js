// The phone's 更多 sheet is a <details>: it opens without this script. Here: Esc and a tap beside
// it close it, and the focus goes back to the button.
document.querySelectorAll("details.sheet").forEach((sheet) => {
  const button = sheet.querySelector("summary");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !sheet.open) return;
    sheet.open = false;
    button.focus();
  });
  document.addEventListener("click", (event) => {
    if (sheet.open && !sheet.contains(event.target)) sheet.open = false;
  });
});
