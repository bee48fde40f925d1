"""Which automatic reply answers what a follower did. Pure; regular expressions run in RE2.

RE2 needs time in proportion to the text whatever the pattern is, so that no pattern of an editor
can stop the product. It knows no look-around and no back-references.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

import re2

from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Invalid

LONGEST_PATTERN, LONGEST_TEXT, MOST_WORDS = 200, 2_000, 50
EXACT, CONTAINS, REGEX = "exact", "contains", "regex"
KEYWORD, FOLLOW, SCAN, MENU, OTHER = "keyword", "follow", "scan", "menu", "other"
_MEMORY = 1 << 20


@dataclass(frozen=True)
class Schedule:
    """The days and the hours (Asia/Shanghai) in which a rule applies; None is no bound.

    Both days are included. Hours that end before they begin reach over midnight.
    """

    first_day: date | None = None
    last_day: date | None = None
    from_time: time | None = None
    to_time: time | None = None

    def holds(self, at: datetime) -> bool:
        local = at.astimezone(SHANGHAI)
        if self.first_day and local.date() < self.first_day:
            return False
        if self.last_day and local.date() > self.last_day:
            return False
        return self._within(local.time())

    def _within(self, moment: time) -> bool:
        begin, end = self.from_time or time.min, self.to_time or time.max
        if begin <= end:
            return begin <= moment <= end
        return moment >= begin or moment <= end


@dataclass(frozen=True)
class Rule:
    """An active rule as the matcher sees it; ``words`` are patterns when ``match`` is regex."""

    pk: int
    trigger: str
    match: str = CONTAINS
    words: tuple[str, ...] = ()
    scene: int | None = None
    priority: int = 100
    schedule: Schedule = Schedule()


def rule_for_text(rules: Iterable[Rule], text: str, *, at: datetime) -> Rule | None:
    """The first keyword rule, by priority, that this text meets at that moment."""
    plain = normal(text)
    met = (each for each in _ordered(rules, KEYWORD, at) if _meets(each, plain, text))
    return next(met, None)


def rule_for_menu(rules: Iterable[Rule], key: str, *, at: datetime) -> Rule | None:
    """The first rule whose words name the menu's key."""
    return next((each for each in _ordered(rules, MENU, at) if key in each.words), None)


def rule_for_arrival(
    rules: Iterable[Rule], *, trigger: str, scene: int | None, at: datetime
) -> Rule | None:
    """The welcome for a follow or a scan: one for that very code before one for any."""
    fitting = [each for each in _ordered(rules, trigger, at) if each.scene in (None, scene)]
    return min(fitting, key=lambda each: each.scene is None, default=None)


def rule_for_rest(rules: Iterable[Rule], *, at: datetime) -> Rule | None:
    """What is said when nothing else answers."""
    return next(iter(_ordered(rules, OTHER, at)), None)


def normal(text: str) -> str:
    """Full-width letters as half-width ones, small, without blanks around."""
    return unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold().strip()


def words_of(text: str, *, match: str) -> tuple[str, ...]:
    """The words of a rule, one a line; Invalid when there are too many or one cannot be used."""
    words = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(words) > MOST_WORDS:
        raise Invalid(f"关键词太多：一条规则最多 {MOST_WORDS} 个，请分成几条规则。")
    for word in words:
        if len(word) > LONGEST_PATTERN:
            raise Invalid(f"“{word[:20]}…”太长：一个关键词最多 {LONGEST_PATTERN} 个字。")
        if match == REGEX:
            checked(word)
    return words


def checked(pattern: str) -> Any:
    """The compiled pattern; Invalid, with what is wrong, when it cannot be used."""
    try:
        found = _compiled(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise Invalid(
            f"正则表达式“{pattern}”用不了（{said}）：不支持环视 (?=…) 和反向引用 \\1，"
            "请检查括号是否成对。"
        ) from error
    if found.search("") is not None:
        raise Invalid(f"正则表达式“{pattern}”什么都符合（连空的也符合）：请写得具体一些。")
    return found


def _meets(rule: Rule, plain: str, text: str) -> bool:
    if rule.match == REGEX:
        bounded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT])
        return any(_compiled(each).search(bounded) is not None for each in rule.words)
    words = (normal(each) for each in rule.words)
    if rule.match == EXACT:
        return any(each == plain for each in words)
    return any(each in plain for each in words if each)


def _ordered(rules: Iterable[Rule], trigger: str, at: datetime) -> Sequence[Rule]:
    fitting = (each for each in rules if each.trigger == trigger and each.schedule.holds(at))
    return sorted(fitting, key=lambda each: (each.priority, each.pk))


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(pattern, options)
