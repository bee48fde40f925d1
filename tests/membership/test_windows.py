"""How many messages WeChat lets the account send, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.windows import LEFT, NEVER, OVER, USED, allowance
from tests.factories.followers import NOW

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def left(
    *,
    message: timedelta | None = None,
    touch: timedelta | None = None,
    sends: list[timedelta] | None = None,
    follows: bool = True,
) -> tuple[int, str]:
    """(remaining, reason); the times are how long ago it was."""
    found = allowance(
        message_at=NOW - message if message is not None else None,
        touch_at=NOW - touch if touch is not None else None,
        sends=[NOW - each for each in sends or []],
        now=NOW,
        follows=follows,
    )
    return found.remaining, found.reason


def test_message_allows_five_in_48_hours() -> None:
    assert left(message=HOUR) == (5, "")
    assert left(message=48 * HOUR - SECOND) == (5, "")
    assert left(message=48 * HOUR) == (0, OVER)


def test_each_send_since_the_message_uses_one() -> None:
    assert left(message=HOUR, sends=[HOUR / 2] * 4) == (1, "")
    assert left(message=HOUR, sends=[HOUR / 2] * 5) == (0, USED)
    assert left(message=HOUR, sends=[2 * HOUR] * 5) == (5, "")


def test_touch_allows_three_within_a_minute() -> None:
    assert left(touch=SECOND) == (3, "")
    assert left(touch=60 * SECOND) == (0, OVER)
    assert left(touch=10 * SECOND, sends=[SECOND] * 3) == (0, USED)


def test_of_two_open_windows_the_one_that_leaves_more_counts() -> None:
    sends = [HOUR / 2] * 5
    assert left(message=HOUR, touch=10 * SECOND, sends=sends) == (3, "")
    assert left(message=HOUR, touch=10 * SECOND) == (5, "")


def test_nobody_who_left_or_never_wrote_can_be_written_to() -> None:
    assert left() == (0, NEVER)
    assert left(message=HOUR, follows=False) == (0, LEFT)


def test_end_of_the_window_is_told() -> None:
    at = NOW - HOUR
    found = allowance(message_at=at, touch_at=None, sends=[], now=NOW)
    assert found.until == at + 48 * HOUR


@given(
    contacts=st.lists(st.integers(0, 200_000), max_size=6),
    touches=st.lists(st.integers(0, 200_000), max_size=6),
    tries=st.lists(st.integers(0, 200_000), max_size=40),
)
def test_who_obeys_is_never_refused_by_wechat(
    contacts: list[int], touches: list[int], tries: list[int]
) -> None:
    """Against the rule as the simulator has it: every contact has a count of its own."""
    start = datetime(2026, 11, 1, tzinfo=NOW.tzinfo)
    sends: list[int] = []
    for second in sorted(tries):
        messages = [each for each in contacts if each <= second]
        touched = [each for each in touches if each <= second]
        found = allowance(
            message_at=start + timedelta(seconds=max(messages)) if messages else None,
            touch_at=start + timedelta(seconds=max(touched)) if touched else None,
            sends=[start + timedelta(seconds=each) for each in sends],
            now=start + timedelta(seconds=second),
        )
        if found.is_open:
            assert _wechat_allows(messages, touched, sends, second)
            sends.append(second)


def _wechat_allows(messages: list[int], touches: list[int], sends: list[int], now: int) -> bool:
    spans = [(each, 5, 48 * 3600) for each in messages] + [(each, 3, 60) for each in touches]
    return any(
        now < at + span and sum(send >= at for send in sends) < most for at, most, span in spans
    )


@pytest.mark.parametrize("used", range(6))
def test_remaining_never_falls_below_zero(used: int) -> None:
    assert left(message=HOUR, sends=[SECOND] * (used + 3))[0] == max(0, 5 - used - 3)
