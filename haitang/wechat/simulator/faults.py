"""What goes wrong on request: slow, dead, an error of WeChat's, doubled or swapped deliveries."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

# kind → errcode, and the sentence of the page's panel
ERRORS = {
    "busy": (-1, "系统繁忙（-1）"),
    "token": (40001, "access_token 一直无效（40001）"),
    "ip": (40164, "IP 不在白名单（40164）"),
    "daily_quota": (45009, "当日额度用完（45009）"),
    "minute_quota": (45011, "调用太频繁（45011）"),
    "window_closed": (45015, "会话窗口已关（45015）"),
    "window_count": (45047, "窗口内条数用完（45047）"),
    "unauthorized": (48001, "没有接口权限（48001）"),
}
CALLS = {
    "slow": "接口很慢",
    "dead": "接口不通（断开连接）",
    "lost_answer": "办成了，但回答丢失",
}
DELIVERIES = {
    "duplicates": "每条推送送达两次（同时）",
    "out_of_order": "相邻两条推送颠倒顺序",
}
KINDS = {**CALLS, **{kind: words for kind, (_, words) in ERRORS.items()}, **DELIVERIES}
TOKEN_PATHS = ("/cgi-bin/token", "/cgi-bin/stable_token")


@dataclass
class Fault:
    """One fault; ``path`` is the beginning of the addresses it meets, ``times`` how often."""

    kind: str
    path: str = ""
    seconds: float = 8
    errcode: int | None = None
    times: int | None = None

    def meets(self, path: str) -> bool:
        """Whether a call of that path meets it. A bad token and a limit spare the token itself."""
        if self.path:
            return path.startswith(self.path)
        if self.kind in CALLS or self.kind == "busy":
            return True
        if self.kind == "ip":
            return path in TOKEN_PATHS
        if self.kind in ("window_closed", "window_count"):
            return path == "/cgi-bin/message/custom/send"
        return path not in TOKEN_PATHS


@dataclass
class Faults:
    """The faults in force; safe to use from several threads."""

    active: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Put a fault in force, instead of an earlier one of its kind and path."""
        with self.lock:
            same = (fault.kind, fault.path, fault.errcode)
            self.active = [a for a in self.active if (a.kind, a.path, a.errcode) != same]
            self.active.append(fault)

    def clear(self, kind: str | None = None) -> None:
        """End every fault, or those of one kind."""
        with self.lock:
            self.active = [each for each in self.active if kind and each.kind != kind]

    def take(self, kinds: set[str], path: str = "") -> Fault | None:
        """The first fault of those kinds that the path meets; counts down its ``times``."""
        with self.lock:
            for fault in self.active:
                if fault.kind in kinds and (fault.kind in DELIVERIES or fault.meets(path)):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self.active.remove(fault)
                    return fault
        return None
