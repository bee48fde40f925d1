"""The simulator's page and what it asks: for people on this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from haitang.wechat.simulator.acts import NotPossible
from haitang.wechat.simulator.answering import Call, as_json
from haitang.wechat.simulator.api.notify import TEMPLATES
from haitang.wechat.simulator.delivery import Delivery
from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.faults import KINDS, Fault
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.routing import JSON, Reply, Request
from haitang.wechat.simulator.scripts import SCRIPTS, run_script
from haitang.wechat.simulator.showing import shown, window

if TYPE_CHECKING:
    from haitang.wechat.simulator.server import Simulator

FOLDER = Path(__file__).parent / "page"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/_page/page.css": ("page.css", "text/css; charset=utf-8"),
    "/_page/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/_page/icon.svg": ("icon.svg", "image/svg+xml"),
}
LOCAL = {"127.0.0.1", "localhost", "::1"}
LOGGED = 40
REJECTION, AUDIT_FAILED = "publication", 4  # a publish_status
PATIENCE = 0.4  # seconds that an act may take before the page goes on without its result


class Pages:
    """Serves the page of one simulator; acts run beside the request, for the webhook is slow."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.running = ""
        self._acting = ThreadPoolExecutor(max_workers=4, thread_name_prefix="page")

    def close(self) -> None:
        """Let go of the threads."""
        self._acting.shutdown(wait=False, cancel_futures=True)

    def answer(self, request: Request) -> Reply | None:
        """The answer to a request of the page; None for an address that is WeChat's."""
        if request.path in FILES:
            return self._file(request.path)
        if not request.path.startswith("/_sim/"):
            return None
        if not _is_own(request):
            return as_json({"problem": "只能在本机的模拟器页面上操作。"}, status=403)
        found = {
            ("GET", "/_sim/state"): self._state,
            ("POST", "/_sim/act"): self._act,
            ("POST", "/_sim/fault"): self._fault,
            ("POST", "/_sim/person"): self._person,
            ("POST", "/_sim/script"): self._script,
        }.get((request.method, request.path))
        if found is None:
            return as_json({"problem": "没有这个地址。"}, status=404)
        try:
            return found(request)
        except (ApiError, ValueError):
            return as_json({"problem": "请求不对，请刷新页面。"}, status=400)

    def _file(self, path: str) -> Reply:
        name, kind = FILES[path]
        parts = urlsplit(self.simulator.carrier.url)
        pictures = f"'self' {parts.scheme}://{parts.netloc}"
        policy = f"default-src 'self'; img-src {pictures}; frame-ancestors 'none'"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return Reply((FOLDER / name).read_bytes(), kind, headers=headers)

    def _state(self, request: Request) -> Reply:
        simulator, world = self.simulator, self.simulator.world
        since = int(request.query.get("since") or 0)
        with world.lock:
            person = world.followers.get(request.query.get("who", ""))
            state: JSON = {
                "callback": simulator.carrier.url,
                "people": [_brief(each) for each in world.followers.values()],
                "person": _brief(person) | {"window": window(world, person)} if person else None,
                "lines": [
                    shown(world, each)
                    for each in (person.chat if person else [])
                    if each.number > since
                ],
                "menu": (world.menu or {"button": []})["button"],
                "scenes": [each.scene_str or str(each.scene_id) for each in world.scenes.values()],
                "calls": [self._call(each) for each in list(simulator.calls)[-LOGGED:]][::-1],
            }
        names = {each["openid"]: each["name"] for each in state["people"]}
        deliveries = list(simulator.deliveries)[-LOGGED:][::-1]
        return as_json(
            state
            | {
                "deliveries": [_delivery(each, names, world.local) for each in deliveries],
                "faults": self._faults(),
                "scripts": SCRIPTS,
                "running": self.running,
            }
        )

    def _faults(self) -> list[JSON]:
        active = {each.kind: each for each in list(self.simulator.faults.active)}
        rejects = self.simulator.world.next_status == AUDIT_FAILED
        rejection = {"kind": REJECTION, "words": "下一次发布审核不通过", "on": rejects, "path": ""}
        return [
            {
                "kind": kind,
                "words": words,
                "on": kind in active,
                "path": active[kind].path if kind in active else "",
            }
            for kind, words in KINDS.items()
        ] + [rejection]

    def _call(self, call: Call) -> JSON:
        title = f"{call.method} {call.path} → "
        title += "没有回答" if call.errcode is None else f"errcode {call.errcode}"
        asked = json.dumps(call.body, ensure_ascii=False) if call.body is not None else ""
        answer = json.dumps(call.answer, ensure_ascii=False) if call.answer else ""
        return {
            "time": self.simulator.world.local(call.at).strftime("%H:%M:%S"),
            "title": f"{title}，{call.seconds * 1000:.0f} 毫秒",
            "bad": call.errcode != 0,
            "detail": "\n".join(filter(None, [asked[:600], answer[:600]])),
        }

    def _act(self, request: Request) -> Reply:
        asked = request.json()
        simulator = self.simulator
        follower = simulator.world.followers.get(str(asked.get("who")))
        act = _acts(simulator, asked).get(str(asked.get("act")))
        if follower is None or act is None:
            return as_json({"problem": "请先选一个人。"})
        doing: Future[Delivery] = self._acting.submit(self._do, act, follower)
        try:
            doing.result(timeout=PATIENCE)
        except NotPossible as error:
            return as_json({"problem": str(error)})
        except StillRunning:
            pass  # the webhook takes its time; the log shows how it ends
        return as_json({"problem": ""})

    def _fault(self, request: Request) -> Reply:
        asked = request.json()
        kind = str(asked.get("kind"))
        if kind == REJECTION:
            self.simulator.world.next_status = AUDIT_FAILED if asked.get("on") else 0
        elif kind in KINDS and asked.get("on"):
            self.simulator.faults.add(Fault(kind, path=str(asked.get("path") or "")))
        else:
            self.simulator.clear_faults(kind)
        return as_json({"problem": ""})

    def _person(self, request: Request) -> Reply:
        name = str(request.json().get("name", "")).strip()[:20]
        if not name:
            return as_json({"problem": "请写一个名字。"})
        return as_json({"openid": self.simulator.follower(name, following=False).openid})

    def _script(self, request: Request) -> Reply:
        asked = request.json()
        name = str(asked.get("name"))
        if name not in SCRIPTS or self.running:
            return as_json({"problem": "剧本正在演，或没有这个剧本。"})
        count = min(500, max(1, int(asked.get("count") or 8)))
        rate = min(6000, max(1, int(asked.get("rate") or 60)))
        self.running = f"正在演：{SCRIPTS[name]}"
        threading.Thread(target=self._play, args=(name, count, rate), daemon=True).start()
        return as_json({"problem": ""})

    def _play(self, name: str, count: int, rate: int) -> None:
        try:
            run_script(self.simulator, name, count=count, rate=rate)
        finally:
            self.running = ""
            self.simulator.carrier.close()

    def _do(self, act: Act, follower: Follower) -> Delivery:
        """An act in a thread of the page's own, whose connection does not outlive it."""
        try:
            return act(follower)
        finally:
            self.simulator.carrier.close()


Act = Callable[[Follower], Delivery]


def _acts(simulator: Simulator, asked: JSON) -> dict[str, Act]:
    """The buttons of the page."""
    return {
        "text": lambda who: simulator.send(who, str(asked.get("text", ""))[:2000]),
        "follow": simulator.follow,
        "unfollow": simulator.unfollow,
        "image": simulator.send_image,
        "voice": simulator.send_voice,
        "location": lambda who: simulator.send_location(
            who, latitude=23.134521, longitude=113.358803, label="中山路 18 号"
        ),
        "subscribe": lambda who: simulator.subscribe_template(who, TEMPLATES[0]["priTmplId"]),
        "scan": lambda who: simulator.scan(who, str(asked.get("scene", ""))[:64]),
        "press": lambda who: simulator.press(who, dict(asked.get("button") or {})),
        "choose": lambda who: simulator.message(
            who,
            "text",
            {"Content": str(asked.get("content", "")), "bizmsgmenuid": str(asked.get("id", ""))},
            shown={"content": str(asked.get("content", ""))},
        ),
    }


def _brief(follower: Follower) -> JSON:
    return {
        "openid": follower.openid,
        "name": follower.name,
        "subscribed": follower.subscribed,
    }


def _delivery(delivery: Delivery, names: dict[str, str], local: Any) -> JSON:
    fields = delivery.fields
    what = fields.get("Event") or fields["MsgType"]
    tries = len(delivery.attempts)
    state = {
        "waiting": "还在路上",
        "answered": "已回复" if delivery.reply else "已收到",
        "failed": f"失败：{delivery.problem}",
    }[delivery.state]
    took = f"，{delivery.attempts[-1].seconds * 1000:.0f} 毫秒" if delivery.attempts else ""
    again = f"，试了 {tries} 次" if tries > 1 else ""
    return {
        "time": local(float(fields["CreateTime"])).strftime("%H:%M:%S"),
        "title": f"{names.get(delivery.openid, '系统')} {what} → {state}{took}{again}",
        "bad": delivery.state == "failed",
        "detail": json.dumps(fields, ensure_ascii=False)[:600],
    }


def _is_own(request: Request) -> bool:
    """From this machine's page: a local Host, and for a POST JSON from the same origin."""
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOCAL:
        return False
    if request.method == "GET":
        return True
    origin = request.headers.get("origin", f"http://{host}")
    is_json = request.headers.get("content-type", "").startswith("application/json")
    return is_json and origin == f"http://{host}"
