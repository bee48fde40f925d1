"""Which rule answers a text; no pattern can stop the product."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from haitang.kernel.errors import Invalid
from membership.replies import (
    CONTAINS,
    EXACT,
    FOLLOW,
    KEYWORD,
    MENU,
    OTHER,
    REGEX,
    Rule,
    Schedule,
    checked,
    rule_for_arrival,
    rule_for_menu,
    rule_for_rest,
    rule_for_text,
    words_of,
)
from tests.factories.followers import NOW


def rule(pk: int = 1, *words: str, match: str = CONTAINS, priority: int = 100) -> Rule:
    return Rule(pk, KEYWORD, match, words, priority=priority)


def answered(rules: list[Rule], text: str, at: datetime = NOW) -> int | None:
    found = rule_for_text(rules, text, at=at)
    return found.pk if found else None


def test_exact_means_the_whole_text() -> None:
    rules = [rule(1, "地址", match=EXACT)]
    assert answered(rules, " 地址 ") == 1
    assert answered(rules, "地址在哪") is None


def test_contains_finds_any_of_the_words_in_any_width_and_case() -> None:
    rules = [rule(1, "会员卡", "VIP")]
    assert answered(rules, "办会员卡要钱吗") == 1
    assert answered(rules, "ｖｉｐ 有什么好处") == 1
    assert answered(rules, "你好") is None


def test_regular_expression_is_searched() -> None:
    rules = [rule(1, r"(退|换)货", r"\d{6}号", match=REGEX)]
    assert answered(rules, "怎么换货？") == 1
    assert answered(rules, "单子 １２３４５６号") == 1
    assert answered(rules, "货到了吗") is None


def test_smaller_priority_comes_first_then_the_older_rule() -> None:
    rules = [rule(1, "会员"), rule(2, "会员日", priority=10), rule(3, "会员")]
    assert answered(rules, "会员日是哪天") == 2
    assert answered(rules, "会员有什么好处") == 1


@pytest.mark.parametrize(
    ("schedule", "holds"),
    [
        (Schedule(), True),
        (Schedule(first_day=date(2026, 11, 3), last_day=date(2026, 11, 3)), True),
        (Schedule(first_day=date(2026, 11, 4)), False),
        (Schedule(last_day=date(2026, 11, 2)), False),
        (Schedule(from_time=time(9), to_time=time(11)), True),
        (Schedule(from_time=time(20), to_time=time(8)), False),
        (Schedule(from_time=time(20), to_time=time(10, 30)), True),
    ],
)
def test_rule_holds_in_its_days_and_hours(schedule: Schedule, holds: bool) -> None:
    found = rule_for_text([Rule(1, KEYWORD, words=("好",), schedule=schedule)], "你好", at=NOW)
    assert (found is not None) is holds


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*,){30}x", r"((a*)*)*b"])
def test_pattern_that_would_explode_elsewhere_is_answered_within_a_moment(pattern: str) -> None:
    """Python's own engine needs longer than the age of the world for the first of them."""
    assert answered([rule(1, pattern, match=REGEX)], "a" * 1999 + "!") is None


@pytest.mark.parametrize("pattern", ["(", "[a", "(?=a)b", r"(a)\1", "a*", "", "x{1000}{1000}"])
def test_pattern_that_cannot_be_used_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(Invalid, match="正则表达式"):
        checked(pattern)


def test_words_are_bounded_in_number_and_length() -> None:
    assert words_of(" 甲\n\n乙 \n甲", match=CONTAINS) == ("甲", "乙")
    with pytest.raises(Invalid, match="最多 50 个"):
        words_of("\n".join(map(str, range(51))), match=CONTAINS)
    with pytest.raises(Invalid, match="最多 200 个字"):
        words_of("长" * 201, match=REGEX)


def test_menu_is_answered_by_its_key() -> None:
    rules = [Rule(1, MENU, EXACT, ("HOURS", "ADDRESS"))]
    assert rule_for_menu(rules, "ADDRESS", at=NOW) is rules[0]
    assert rule_for_menu(rules, "address", at=NOW) is None


def test_welcome_of_the_very_code_comes_before_the_general_one() -> None:
    rules = [Rule(1, FOLLOW, priority=1), Rule(2, FOLLOW, scene=7), Rule(3, FOLLOW, scene=8)]
    assert rule_for_arrival(rules, trigger=FOLLOW, scene=7, at=NOW) is rules[1]
    assert rule_for_arrival(rules, trigger=FOLLOW, scene=None, at=NOW) is rules[0]


def test_rest_is_answered_by_its_own_rule_only() -> None:
    rules = [rule(1, "好"), Rule(2, OTHER)]
    assert rule_for_rest(rules, at=NOW) is rules[1]
    assert rule_for_rest(rules[:1], at=NOW) is None
