// Keeps a part of a page up to date: it asks whether there is anything new and gets 204 when not.
// <div data-live="/inbox/7/news/" data-have="12-9" data-every="3000">…</div>
// An answer with news carries "Live-Have" (what to ask with next) and replaces the content; with
// "Live-Open: 0|1" it shuts or opens the fields of [data-live-field]. With [data-live-end] what
// follows (#end) stays where it is seen. A lost connection is said in [data-when-lost] beside it, and tried again.
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function replace(element, text) {
  const before = element.querySelectorAll("[data-live-item]").length;
  // What a person is doing in there (an opened part, a field) is not taken away.
  if (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return false;
  element.innerHTML = text;
  const more = element.querySelectorAll("[data-live-item]").length - before;
  const said = document.querySelector("[data-live-said]");
  if (said && more > 0) said.textContent = `有 ${more} 条新消息`;
  return true;
}

// New words and pictures that have just loaded push nothing out of sight: whoever sees the end goes on seeing it.
function holdEnd(element) {
  const end = document.getElementById("end");
  let height = element.offsetHeight;
  document.body.style.overflowAnchor = "none";
  new ResizeObserver(() => {
    const more = element.offsetHeight - height;
    const place = end.getBoundingClientRect().top - more;
    height += more;
    if (place >= 0 && place < window.innerHeight) window.scrollBy(0, more);
  }).observe(element);
}

function shut(isOpen) {
  document.querySelectorAll("[data-live-field]").forEach((field) => {
    field.disabled = !isOpen;
  });
}

async function ask(element) {
  const address = new URL(element.dataset.live, window.location.href);
  address.searchParams.set("have", element.dataset.have);
  const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
  if (answer.status === 204) return;
  if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (!replace(element, text)) return;
  element.dataset.have = answer.headers.get("Live-Have");
  if (answer.headers.has("Live-Open")) shut(answer.headers.get("Live-Open") === "1");
}

async function follow(element) {
  const every = Number(element.dataset.every || 3000);
  const lost = element.parentElement.querySelector("[data-when-lost]");
  for (;;) {
    await wait(every);
    if (document.hidden) continue;
    try {
      await ask(element);
      if (lost) lost.hidden = true;
    } catch {
      if (lost) lost.hidden = false;
      await wait(every * 2);
    }
  }
}

document.querySelectorAll("[data-live]").forEach(follow);
document.querySelectorAll("[data-live-end]").forEach(holdEnd);

// Writing: a quick reply goes into the box; Ctrl+Enter sends; a draft waits in this browser tab.
const box = document.querySelector("textarea[data-answer]");
if (box) {
  const name = `answer:${window.location.pathname}`;
  const count = document.querySelector("[data-bytes]");
  const most = Number(count?.dataset.bytes || 0);
  const tell = () => {
    if (!count) return;
    const left = most - new TextEncoder().encode(box.value).length;
    count.textContent = left < 300 ? (left < 0 ? `超了 ${-left} 个字节` : `还能写 ${left} 个字节`) : "";
  };
  if (!box.value) box.value = sessionStorage.getItem(name) || "";
  tell();
  box.addEventListener("input", () => {
    sessionStorage.setItem(name, box.value);
    tell();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      box.form.requestSubmit();
    }
  });
  box.form.addEventListener("submit", () => sessionStorage.removeItem(name));
  const picture = box.form.querySelector("[data-picture]");
  picture?.addEventListener("change", () => {
    const chosen = picture.files[0];
    box.form.querySelector("[data-picture-said]").textContent = chosen ? `带一张图片：${chosen.name}` : "";
  });
  document.querySelectorAll("[data-insert]").forEach((button) => {
    button.addEventListener("click", () => {
      box.setRangeText(button.dataset.insert, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new Event("input"));
      box.focus();
      button.closest("details")?.removeAttribute("open");
    });
  });
}
