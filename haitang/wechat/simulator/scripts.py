"""Followers who act by themselves: a morning at the pharmacy, and a load of messages."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from haitang.wechat.simulator.acts import NotPossible

if TYPE_CHECKING:
    from haitang.wechat.simulator.delivery import Delivery
    from haitang.wechat.simulator.server import Simulator

SCRIPTS = {
    "morning": "一个上午：关注、扫码、询问、投诉",
    "stores": "门店扫码：新老顾客扫各店二维码",
    "complaints": "投诉：没人回复、系统故障",
}
NAMES = (
    *("王阿姨", "李先生", "陈大爷", "赵女士", "刘奶奶", "黄先生", "周女士", "吴大叔"),
    *("徐小姐", "郑先生", "何阿姨", "罗女士", "梁伯", "谢先生", "宋女士", "唐阿姨"),
)
QUESTIONS = (
    "请问布洛芬缓释胶囊有货吗？",
    "会员日是哪一天？",
    "中山路店几点关门？",
    "阿司匹林和降压药能一起吃吗？",
    "积分怎么兑换？",
    "可以送货上门吗？",
    "上次买的维生素 C 想退，包装没拆",
    "孩子发烧 38 度 5，用什么药好？",
    "医保卡能用吗？",
    "这个药还有小盒装吗？",
)
COMPLAINTS = (
    "昨天下午问的到现在没人回复，我要投诉",
    "小程序一直打不开，券也用不了，系统是不是坏了",
    "店员态度很差，说话不耐烦",
    "等了一个小时没人理，投诉客服！",
)
REMINDERS = (
    "在吗？",
    "还在等回复",
    "另外，周末也营业吗？",
    "方便的话给个电话，我打过去问",
    "我下午过来，帮我留一盒",
)
SCENES = ("store-001", "store-002", "store-003")
Step = Callable[[], object]


def run_script(
    simulator: Simulator, name: str, *, count: int = 8, rate: float = 60, seed: int = 1
) -> int:
    """Play a script of SCRIPTS with ``count`` people at ``rate`` acts a minute; returns how many.

    Ends early when the simulator stops. What a person cannot do (twice following) is left out.
    """
    steps = {"morning": _morning, "stores": _stores, "complaints": _complaints}[name]
    done = 0
    for step in steps(simulator, count, random.Random(seed)):  # noqa: S311 (no secret)
        if done and simulator.stopping.wait(60 / rate):
            break
        try:
            step()
        except NotPossible:
            continue
        done += 1
    return done


def _people(count: int) -> list[str]:
    rounds = [
        f"{name}{n if n > 1 else ''}" for n in range(1, 1 + -(-count // 16)) for name in NAMES
    ]
    return rounds[:count]


def _scenes(simulator: Simulator) -> list[str]:
    """The codes that the product made, or invented ones."""
    with simulator.world.lock:
        made = [each.scene_str for each in simulator.world.scenes.values() if each.scene_str]
    return made or list(SCENES)


def _menu_keys(simulator: Simulator) -> list[str]:
    """The keys of the menu's click buttons."""
    menu = simulator.world.menu or {"button": []}
    buttons = [each for top in menu["button"] for each in (top["sub_button"] or [top])]
    return [str(each["key"]) for each in buttons if each.get("type") == "click"]


def _morning(simulator: Simulator, count: int, dice: random.Random) -> Iterator[Step]:
    people, scenes, keys = _people(count), _scenes(simulator), _menu_keys(simulator)
    for place, name in enumerate(people):
        if place % 3:
            scene = dice.choice(scenes)
            yield partial(simulator.scan, name, scene)
        else:
            yield partial(simulator.follow, name)
        text = QUESTIONS[(place + dice.randrange(3)) % len(QUESTIONS)]
        yield partial(simulator.send, name, text)
        if place % 4 == 1:
            yield partial(simulator.send_image, name)
        if place % 3 == 2 and keys:
            yield partial(simulator.click, name, dice.choice(keys))
        if place % 5 == 2:
            text = dice.choice(COMPLAINTS)
            yield partial(simulator.send, name, text)
        if place % 7 == 6:
            yield partial(simulator.unfollow, name)
    for name in dice.sample(people, len(people) // 3):
        yield partial(simulator.send, name, dice.choice(REMINDERS))


def _stores(simulator: Simulator, count: int, dice: random.Random) -> Iterator[Step]:
    scenes = _scenes(simulator)
    for name in _people(count):
        scene = dice.choice(scenes)
        yield partial(simulator.scan, name, scene)


def _complaints(simulator: Simulator, count: int, dice: random.Random) -> Iterator[Step]:
    for name in _people(count):
        first, second = dice.choice(QUESTIONS), dice.choice(COMPLAINTS)
        yield partial(simulator.send, name, first)
        yield partial(simulator.send, name, second)


@dataclass
class LoadResult:
    """How a load went: counts of deliveries, whole seconds, seconds of each answered one."""

    seconds: float = 0
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many had no good answer after all tries."""
        return sum(each.state != "answered" for each in self.deliveries)

    def percentile(self, share: float) -> float:
        """The seconds within which that share of the tries was answered."""
        times = sorted(each.attempts[-1].seconds for each in self.deliveries if each.attempts)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


def load(
    simulator: Simulator,
    count: int,
    *,
    connections: int = 8,
    duplicates: int = 0,
    people: int = 200,
) -> LoadResult:
    """Send ``count`` texts over so many connections at once, as fast as they are answered.

    ``duplicates`` percent of the deliveries repeat an earlier message of their hundred, as
    WeChat's second try does. Nothing is shown on phones.
    """
    with simulator.world.lock:
        openids = [simulator.follower(f"压测 {n}").openid for n in range(min(people, count))]
    result, places, taking = LoadResult(), iter(range(count)), threading.Lock()

    def fields(place: int) -> dict[str, object]:
        block, inside = divmod(place, 100)
        number = block * 100 + inside % (100 - min(99, duplicates))
        return {
            "ToUserName": simulator.account.original_id,
            "FromUserName": openids[number % len(openids)],
            "CreateTime": int(started),
            "MsgType": "text",
            "Content": f"第 {number} 条：请问有货吗？",
            "MsgId": first + number,
        }

    def work() -> None:
        while True:
            with taking:
                place = next(places, None)
            if place is None:
                simulator.carrier.close()
                return
            result.deliveries.append(simulator.carry(fields(place)))

    started, first = simulator.world.now(), int(time.time() * 1000) * 1_000_000
    begun = time.monotonic()
    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.monotonic() - begun
    return result
