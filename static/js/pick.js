// Narrows a long list of checkboxes by what is typed, counts what is chosen, and hides the list
// where the whole chain takes part.
// <div data-pick="stores" data-for-reach="picked"> … <input type="search"> … <ul> of checkboxes.
function follow(pick) {
  const head = pick.querySelector(".pick-head");
  const search = head.querySelector("input[type=search]");
  const rows = [...pick.querySelectorAll("li.choice")];
  const none = pick.querySelector("[data-pick-none]");
  const count = pick.querySelector("[data-pick-count]");
  const radios = [...document.querySelectorAll('input[name="reach"]')];

  const narrow = () => {
    const wanted = search.value.trim().toLowerCase();
    rows.forEach((row) => {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    none.hidden = rows.some((row) => !row.hidden);
  };
  const tell = () => {
    const chosen = rows.filter((row) => row.querySelector("input").checked).length;
    count.textContent = `已选 ${chosen} 家`;
  };
  const show = () => {
    const whole = radios.some((radio) => radio.checked && radio.value !== pick.dataset.forReach);
    pick.hidden = whole;
  };

  head.hidden = false;
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter in the search never sends the form; it takes the only one left.
    const left = rows.filter((row) => !row.hidden);
    if (left.length === 1) {
      left[0].querySelector("input").click();
      search.select();
    }
  });
  pick.addEventListener("change", tell);
  radios.forEach((radio) => radio.addEventListener("change", show));
  narrow();
  tell();
  show();
}

document.querySelectorAll("[data-pick]").forEach(follow);
