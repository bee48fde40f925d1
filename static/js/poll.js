// Refreshes an element from its own fragment while the work behind it goes on.
// <div data-poll="/imports/7/progress/" data-every="2000">…</div>
// The fragment's answer carries "Poll-Done: 1" once nothing more will change; then the page reloads.
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function follow(element) {
  const every = Number(element.dataset.every || 2000);
  for (;;) {
    await wait(every);
    if (document.hidden) continue;
    try {
      const answer = await fetch(element.dataset.poll, {
        headers: { "X-Requested-With": "fetch" },
        credentials: "same-origin",
      });
      if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
      element.innerHTML = await answer.text();
      if (answer.headers.get("Poll-Done")) {
        window.location.reload();
        return;
      }
    } catch {
      element.setAttribute("data-lost", "");
      const sentence = element.querySelector("[data-when-lost]");
      if (sentence) sentence.hidden = false;
      await wait(every * 2);
    }
  }
}

document.querySelectorAll("[data-poll]").forEach(follow);
