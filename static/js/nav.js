// The phone's 更多 sheet and the menus of the office screen are <details>: they open without this
// script. Here: Esc and a tap beside one close it, and the focus goes back to the button.
document.querySelectorAll("details.sheet, details.menu").forEach((sheet) => {
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
