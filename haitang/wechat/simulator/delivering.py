"""From an act to the webhook: faults of deliveries, results that come later, what is shown."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from haitang.wechat.simulator.delivery import Carrier, Delivery
from haitang.wechat.simulator.faults import Faults
from haitang.wechat.simulator.wire import UNAVAILABLE, check_query
from haitang.wechat.simulator.world import World


class Delivering:
    """The part of the simulator that brings messages and events to the webhook."""

    world: World
    faults: Faults
    carrier: Carrier
    deliveries: deque[Delivery]

    def start_delivering(self) -> None:
        """Begin with an empty log of deliveries (the newest 20,000 are kept)."""
        self.deliveries = deque(maxlen=20_000)
        self._held: list[tuple[float, Delivery]] = []
        self._holding = threading.Lock()

    def deliver(self, fields: dict[str, Any]) -> Delivery:
        """Carry the fields to the webhook, through the faults of deliveries that are in force."""
        delivery = Delivery(fields)
        self.deliveries.append(delivery)
        if self.faults.take({"out_of_order"}) is None:
            self._carry(delivery)
        else:
            self._swap(delivery)
        return delivery

    def carry(self, fields: dict[str, Any]) -> Delivery:
        """Carry the fields past every fault; nothing is shown, nothing kept."""
        return self.carrier.carry(Delivery(fields))

    def release_held(self, *, older_than: float = 0) -> None:
        """Deliver what waits (so many seconds already) for a partner to be swapped with."""
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
            head = {
                "ToUserName": self.world.account.original_id,
                "FromUserName": job.openid,
                "CreateTime": int(job.due),
                "MsgType": "event",
            }
            self.deliver(head | job.fields)

    def check_address(self) -> bool:
        """Whether the webhook passes the check with which its address is saved at WeChat."""
        echo = str(time.monotonic_ns())
        try:
            status, body = self.carrier.get(check_query(self.world.account, echo))
        except OSError:
            return False
        return status == 200 and body == echo.encode()

    def _swap(self, delivery: Delivery) -> None:
        """Hold it back, or carry it before what is held."""
        with self._holding:
            if not self._held:
                self._held.append((time.monotonic(), delivery))
                return
        self._carry(delivery)
        self.release_held()

    def _carry(self, delivery: Delivery) -> None:
        if self.faults.take({"duplicates"}) is None:
            self.carrier.carry(delivery)
        else:
            double = Delivery(delivery.fields)
            self.deliveries.append(double)
            beside = threading.Thread(target=self.carrier.carry, args=(double,), daemon=True)
            beside.start()
            self.carrier.carry(delivery)
            beside.join()
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
