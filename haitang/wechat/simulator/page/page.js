// The page of the simulator: asks once a second what is new, sends what one does.
const $ = (id) => document.getElementById(id);
let who = sessionStorage.getItem("who") || "";
let last = 0;
const drawn = {};

async function ask(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  return answer.json();
}

async function act(name, more = {}) {
  const found = await ask("/_sim/act", { act: name, who, ...more });
  tell(found.problem || "");
  await refresh();
}

function tell(sentence) {
  $("notice").textContent = sentence;
  $("notice").hidden = !sentence;
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== "" && child !== undefined));
  return node;
}

function changed(name, value) {
  const text = JSON.stringify(value);
  if (drawn[name] === text) return false;
  drawn[name] = text;
  return true;
}

function choose(openid) {
  who = openid;
  last = 0;
  sessionStorage.setItem("who", openid);
  $("chat").replaceChildren();
  tell("");
  refresh();
}

function drawPeople(people) {
  if (!changed("people", [people, who])) return;
  $("people").replaceChildren(...people.map((each) => make("li", {}, make(
    "button", { "aria-current": String(each.openid === who), onclick: () => choose(each.openid) },
    each.name, make("small", {}, each.subscribed ? "已关注" : "未关注"),
  ))));
  const chosen = $("people").querySelector("[aria-current='true']");
  // On a phone the people stand in a row: the chosen one is in sight.
  if (chosen) $("people").scrollLeft = chosen.offsetLeft - $("people").offsetLeft - 40;
}

function drawPerson(person) {
  $("who").textContent = person ? person.name : "请先选一个人";
  $("window").textContent = person ? person.window : "";
  for (const button of $("acts").children) {
    button.hidden = !person || (button.dataset.act === "follow") === person.subscribed;
  }
  const follows = Boolean(person && person.subscribed);
  for (const part of $("composer").elements) part.disabled = !follows;
  $("text").placeholder = follows ? "发给公众号…" : "先点“关注”，再发消息";
}

function drawLines(lines) {
  const chat = $("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  for (const line of lines) {
    if (line.number <= last) continue;
    last = line.number;
    const parts = [];
    if (line.picture) parts.push(make("img", { src: line.picture, alt: "图片", width: 160, height: 160 }));
    if (line.text) parts.push(line.text);
    for (const item of line.news || []) {
      parts.push(make("a", { class: "news", href: item.url || undefined, target: "_blank", rel: "noopener" },
        make("strong", {}, item.title), item.description || "", item.picture ? make("img", { src: item.picture, alt: "" }) : ""));
    }
    for (const choice of line.choices || []) {
      parts.push(make("button", { type: "button", onclick: () => act("choose", choice) }, choice.content));
    }
    if (line.by !== "system") parts.push(make("time", {}, line.time));
    chat.append(make("li", { class: line.by + (line.failed ? " failed" : "") }, ...parts));
  }
  if (lines.length && atEnd) chat.scrollTop = chat.scrollHeight;
}

function drawMenu(menu) {
  if (!changed("menu", menu)) return;
  const button = (each) => make("button", { type: "button", onclick: () => act("press", { button: each }) }, each.name);
  $("menu").replaceChildren(...menu.map((each) => make("div", {},
    ...(each.sub_button && each.sub_button.length
      ? [make("strong", {}, each.name), ...each.sub_button.map(button)]
      : [button(each)]))));
}

function drawFaults(faults) {
  if (!changed("faults", faults)) return;
  $("faults").replaceChildren(...faults.map((each) => make("button", {
    type: "button", "aria-pressed": String(each.on),
    onclick: async () => {
      await ask("/_sim/fault", { kind: each.kind, on: !each.on, path: $("fault-path").value.trim() });
      refresh();
    },
  }, each.words + (each.on && each.path ? "：" + each.path : ""))));
}

function entry(each) {
  const head = [make("time", {}, each.time + " "), make("span", { class: each.bad ? "bad" : "" }, each.title)];
  if (!each.detail) return make("li", {}, ...head);
  return make("li", {}, make("details", {}, make("summary", {}, ...head), make("pre", {}, each.detail)));
}

function drawLog(name, entries) {
  if (changed(name, entries)) $(name).replaceChildren(...entries.map(entry));
}

function drawChoices(state) {
  if (changed("scenes", state.scenes)) {
    $("scenes").replaceChildren(...state.scenes.map((each) => make("option", { value: each })));
  }
  if (changed("scripts", state.scripts)) {
    $("script-name").replaceChildren(...Object.entries(state.scripts).map(
      ([name, words]) => make("option", { value: name }, words)));
  }
  $("running").textContent = state.running;
  $("callback").textContent = state.callback;
}

let asking = false;
async function refresh() {
  if (asking) return;
  asking = true;
  try {
    const state = await ask(`/_sim/state?who=${encodeURIComponent(who)}&since=${last}`);
    $("lost").hidden = true;
    if (!state.person && state.people.length) return void setTimeout(() => choose(state.people[0].openid));
    drawPeople(state.people);
    drawPerson(state.person);
    drawLines(state.lines);
    drawMenu(state.menu);
    drawFaults(state.faults);
    drawChoices(state);
    drawLog("deliveries", state.deliveries);
    drawLog("calls", state.calls);
  } catch {
    $("lost").hidden = false;
  } finally {
    asking = false;
  }
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  if (text) act("text", { text });
});
$("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  act("scan", { scene: $("scene").value.trim() });
});
$("new-person").addEventListener("submit", async (event) => {
  event.preventDefault();
  const found = await ask("/_sim/person", { name: $("new-name").value });
  $("new-name").value = "";
  if (found.openid) choose(found.openid);
});
$("script").addEventListener("submit", async (event) => {
  event.preventDefault();
  await ask("/_sim/script", {
    name: $("script-name").value, count: Number($("script-count").value), rate: Number($("script-rate").value),
  });
  refresh();
});
$("acts").addEventListener("click", (event) => {
  const name = event.target.dataset.act;
  if (name) act(name);
});
if (matchMedia("(max-width: 899px)").matches) {
  for (const part of document.querySelectorAll(".panel > details")) part.open = false;
}
refresh();
setInterval(refresh, 1000);
