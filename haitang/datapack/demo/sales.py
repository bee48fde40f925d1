"""Sale lines: weekday, season, member days, holidays, returns, and what campaigns do to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from haitang.datapack.demo.chain import Store
from haitang.datapack.demo.items import BY_CODE, ITEMS, Item, demand
from haitang.datapack.demo.plan import Campaign, forgotten_days
from haitang.datapack.demo.seeded import chance, poisson, running_totals
from haitang.datapack.demo.span import MEMBER_DAYS, Span

# Monday first.
WEEKDAYS = (0.98, 0.94, 0.94, 0.96, 1.02, 1.15, 1.10)
# January first.
MONTHS = (1.12, 0.98, 1.0, 0.97, 0.98, 0.95, 0.94, 0.96, 1.0, 1.0, 1.06, 1.14)
LINES = (0.48, 0.78, 0.93, 1.0)
QUANTITIES = (0.62, 0.89, 0.97, 1.0)
MEMBER_SHARE, MEMBER_SHARE_ON_MEMBER_DAY = 0.58, 0.82
MEMBER_PRICE, MEMBER_DAY_PRICE = 98, 93
CARDS_A_STORE = 90
RETURN_RATE = 0.012
GROWTH_A_MONTH = 0.004
FOCUS_RATE = 0.3


@dataclass(frozen=True)
class Line:
    """One line of sales.csv; amount and cost in fen. A return has everything negative."""

    store: str
    date: date
    receipt: str
    item: str
    quantity: int
    amount: int
    cost: int
    member: str


@dataclass(frozen=True)
class Cards:
    """The member cards of a store: few of them spend most of the money."""

    numbers: list[str]
    bounds: list[float]

    @classmethod
    def of(cls, store: Store, seed: int) -> Cards:
        numbers = chance(seed, "cards", store.code)
        cards = [f"8800{store.code[1:]}{serial:04d}" for serial in range(1, CARDS_A_STORE + 1)]
        weights = [min(18.0, (1 - numbers.random()) ** -0.8) for _ in cards]
        return cls(cards, running_totals(weights))

    def draw(self, numbers: Random) -> str:
        return self.numbers[bisect_left(self.bounds, numbers.random())]


@dataclass(frozen=True)
class Market:
    """What a day's demand depends on, read once for all store-days."""

    span: Span
    seed: int
    plan: list[Campaign]
    demand: list[list[float]]

    def campaign(self, store: Store, day: date) -> Campaign | None:
        """The campaign that the store runs that day, if it takes place."""
        running = (
            campaign
            for campaign in self.plan
            if campaign.status == "completed"
            and day in campaign.days
            and campaign.takes_part(store.code)
        )
        return next(running, None)

    def customers(self, store: Store, day: date, campaign: Campaign | None) -> float:
        """The receipts to be expected."""
        age = (day.year - self.span.first.year) * 12 + day.month - self.span.first.month
        mean = store.customers * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        mean *= 1 + GROWTH_A_MONTH * age
        mean *= min(1.0, 0.5 + (day - store.opened_on).days / 240)
        if self.span.is_spring_festival(day):
            mean *= 0.45
        elif self.span.calendar.is_holiday(day):
            mean *= 0.85
        if day.day in MEMBER_DAYS:
            mean *= 1.4
        return mean * (campaign.lift if campaign else 1.0)


def sale_lines(span: Span, *, seed: int, chain: list[Store], plan: list[Campaign]) -> list[Line]:
    """All lines by date, store and receipt. A store-day depends on the seed and on itself only."""
    bounds = [running_totals(demand(month)) for month in range(1, 13)]
    market = Market(span, seed, plan, bounds)
    cards = {store.code: Cards.of(store, seed) for store in chain}
    forgotten = forgotten_days(span, plan)
    return [
        line
        for day in span.days
        for store in chain
        if store.is_open(day) and (store.code, day) not in forgotten
        for line in _store_day(market, store, day, cards[store.code])
    ]


def _store_day(market: Market, store: Store, day: date, cards: Cards) -> Iterator[Line]:
    numbers = chance(market.seed, "sales", store.code, day)
    campaign = market.campaign(store, day)
    receipts = max(1, poisson(numbers, market.customers(store, day, campaign)))
    for serial in range(1, receipts + 1):
        yield from _receipt(market, store, day, cards, campaign, serial, numbers)


def _receipt(
    market: Market,
    store: Store,
    day: date,
    cards: Cards,
    campaign: Campaign | None,
    serial: int,
    numbers: Random,
) -> Iterator[Line]:
    is_member_day = day.day in MEMBER_DAYS
    share = MEMBER_SHARE_ON_MEMBER_DAY if is_member_day else MEMBER_SHARE
    member = cards.draw(numbers) if numbers.random() < share else ""
    percent = (MEMBER_DAY_PRICE if is_member_day else MEMBER_PRICE) if member else 100
    receipt = f"{day:%y%m%d}{serial:03d}"
    for position in range(1 + bisect_left(LINES, numbers.random())):
        item, quantity = _choice(market, day, campaign, position, numbers)
        price = item.price * percent // 100
        if campaign and item.code in campaign.focus:
            price = round(price * campaign.discount)
        line = Line(
            store.code,
            day,
            receipt,
            item.code,
            quantity,
            price * quantity,
            item.cost * quantity,
            member,
        )
        yield line
        if numbers.random() < RETURN_RATE:
            yield _returned(line)


def _choice(
    market: Market, day: date, campaign: Campaign | None, position: int, numbers: Random
) -> tuple[Item, int]:
    """What a customer takes: on campaign days often first of all what the campaign is about."""
    quantity = 1 + bisect_left(QUANTITIES, numbers.random())
    if campaign and position == 0 and numbers.random() < FOCUS_RATE:
        return BY_CODE[campaign.focus[int(numbers.random() * len(campaign.focus))]], quantity
    item = ITEMS[bisect_left(market.demand[day.month - 1], numbers.random())]
    # Nobody carries two of a dear thing home.
    return item, quantity if item.price < 20000 else 1


def _returned(line: Line) -> Line:
    """One unit of the line brought back the same day, on a receipt of its own."""
    return Line(
        line.store,
        line.date,
        f"T{line.receipt}",
        line.item,
        -1,
        -line.amount // line.quantity,
        -line.cost // line.quantity,
        line.member,
    )
