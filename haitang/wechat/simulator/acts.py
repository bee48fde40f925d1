"""What followers do: each act becomes a message or an event for the webhook."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from haitang.wechat.simulator.delivery import Carrier, Delivery
from haitang.wechat.simulator.faults import Faults
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.wire import UNAVAILABLE
from haitang.wechat.simulator.world import World

Person = Follower | str


class Acts:
    """The part of the simulator that plays followers."""

    world: World
    faults: Faults
    carrier: Carrier
    deliveries: deque[Delivery]

    def start_acting(self) -> None:
        """Begin with an empty log of deliveries (the newest 20,000 are kept)."""
        self.deliveries = deque(maxlen=20000)
        self._held: list[tuple[float, Delivery]] = []
        self._holding = threading.Lock()

    def follower(self, name: str = "林女士", *, following: bool = True) -> Follower:
        """The person of that name, made if need be; silently a follower unless told otherwise."""
        with self.world.lock:
            for each in self.world.followers.values():
                if each.name == name:
                    return each
            made = self.world.new_follower(name)
            if following:
                made.subscribed, made.subscribe_time = True, int(self.world.now())
            return made

    def send(self, who: Person, text: str) -> Delivery:
        """The follower writes a text. Returns the delivery with attempts and passive reply."""
        return self.message(who, "text", {"Content": text}, shown={"content": text})

    def message(
        self, who: Person, kind: str, fields: dict[str, Any], *, shown: dict[str, Any]
    ) -> Delivery:
        """A message of any kind (接收普通消息): ``fields`` of its XML, ``shown`` on the phone."""
        follower = self._one(who)
        with self.world.lock:
            self.world.contact(follower, "message")
            self.world.show(follower, by="follower", kind=kind, body=shown)
            msg_id = 24_000_000_000_000_000 + self.world.number()
            built = self._fields(follower, kind) | fields | {"MsgId": msg_id}
        return self.deliver(built)

    def event(self, who: Person, event: str, fields: dict[str, Any] | None = None) -> Delivery:
        """Any event (接收事件推送) of a follower."""
        follower = self._one(who)
        with self.world.lock:
            built = self._fields(follower, "event") | {"Event": event} | (fields or {})
        return self.deliver(built)

    def deliver(self, fields: dict[str, Any]) -> Delivery:
        """Carry the fields to the webhook, through the faults of deliveries that are in force."""
        delivery = Delivery(fields)
        self.deliveries.append(delivery)
        if self.faults.take({"out_of_order"}) is not None and not self._swap(delivery):
            return delivery
        self._carry(delivery)
        return delivery

    def release_held(self, *, older_than: float = 0) -> None:
        """Deliver what waits for a partner to be swapped with."""
        with self._holding:
            limit = time.monotonic() - older_than
            ready = [each for since, each in self._held if since <= limit]
            self._held = [pair for pair in self._held if pair[0] > limit]
        for delivery in ready:
            self._carry(delivery)

    def run_due(self) -> None:
        """Deliver the events whose time has come: results of publications and mass sends."""
        with self.world.lock:
            ready = self.world.due()
        for job in ready:
            self.deliver(
                {
                    "ToUserName": self.world.account.original_id,
                    "FromUserName": job.openid,
                    "CreateTime": int(job.due),
                    "MsgType": "event",
                }
                | job.fields
            )

    def _swap(self, delivery: Delivery) -> bool:
        """Hold it back, or send it first and what was held after it; True when it was carried."""
        with self._holding:
            if not self._held:
                self._held.append((time.monotonic(), delivery))
                return False
        self._carry(delivery)
        self.release_held()
        return True

    def _carry(self, delivery: Delivery) -> None:
        if self.faults.take({"duplicates"}) is not None:
            double = Delivery(delivery.fields)
            self.deliveries.append(double)
            beside = threading.Thread(target=self.carrier.carry, args=(double,), daemon=True)
            beside.start()
            self.carrier.carry(delivery)
            beside.join()
        else:
            self.carrier.carry(delivery)
        self._show_outcome(delivery)

    def _show_outcome(self, delivery: Delivery) -> None:
        with self.world.lock:
            follower = self.world.followers.get(delivery.openid)
            if follower is None or not follower.subscribed:
                return
            if delivery.state == "failed":
                self.world.show(follower, by="system", kind="notice", body={"text": UNAVAILABLE})
            elif delivery.reply is not None:
                kind = str(delivery.reply["MsgType"])
                self.world.show(follower, by="account", kind=kind, body=delivery.reply)

    def _fields(self, follower: Follower, kind: str) -> dict[str, Any]:
        return {
            "ToUserName": self.world.account.original_id,
            "FromUserName": follower.openid,
            "CreateTime": int(self.world.now()),
            "MsgType": kind,
        }

    def _one(self, who: Person) -> Follower:
        return who if isinstance(who, Follower) else self.follower(who)
