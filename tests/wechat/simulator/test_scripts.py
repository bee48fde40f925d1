"""Scripts, load, the state file and the command."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from haitang.wechat.management.commands import wechat_simulator
from haitang.wechat.management.commands.wechat_simulator import (
    play_when_answered,
    refuse_foreign,
    the_account,
)
from haitang.wechat.simulator.account import SimulatedAccount
from haitang.wechat.simulator.delivery import Carrier
from haitang.wechat.simulator.keeping import restore, save
from haitang.wechat.simulator.kept import FILE, kept_account
from haitang.wechat.simulator.scripts import SCRIPTS, load, run_script
from haitang.wechat.simulator.server import Simulator
from haitang.wechat.simulator.wire import Envelope
from tests.wechat.simulator.conftest import Call, Webhook, opened

pytestmark = pytest.mark.once
AT_ONCE = 1e9  # acts a minute


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_plays_to_its_end(wechat: Simulator, webhook: Webhook, name: str) -> None:
    done = run_script(wechat, name, count=20, rate=AT_ONCE)
    assert len(webhook.envelopes) == done >= 20


def test_morning_has_followers_scans_questions_and_complaints(
    wechat: Simulator, webhook: Webhook
) -> None:
    button = {"type": "click", "name": "营业时间", "key": "HOURS", "sub_button": []}
    wechat.world.menu = {"button": [{"name": "更多", "sub_button": [button]}]}
    run_script(wechat, "morning", count=16, rate=AT_ONCE)
    told = [opened(wechat, each) for each in webhook.envelopes]
    kinds = Counter(each.get("Event") or each["MsgType"] for each in told)
    assert kinds["subscribe"] == 16
    assert {"text", "image", "unsubscribe", "CLICK"} <= set(kinds)
    scenes = {each["EventKey"] for each in told if each.get("Event") == "subscribe"}
    assert any(each.startswith("qrscene_store-") for each in scenes)
    assert any("投诉" in each.get("Content", "") for each in told)


def test_script_ends_when_the_simulator_stops(wechat: Simulator, webhook: Webhook) -> None:
    wechat.stopping.set()
    assert run_script(wechat, "stores", count=8, rate=1) == 1


def test_script_waits_until_the_webhook_answers(
    wechat: Simulator, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, False, True])
    asked: list[int] = []

    def answer() -> bool:
        asked.append(1)
        return next(answers)

    monkeypatch.setattr(wechat, "check_address", answer)
    monkeypatch.setattr(wechat_simulator, "LISTENING_SECONDS", 0)
    options = {"script": "stores", "count": 2, "rate": AT_ONCE}
    play_when_answered(wechat, options)
    assert (len(asked), len(webhook.envelopes)) == (3, 2)
    wechat.stopping.set()
    monkeypatch.setattr(wechat, "check_address", lambda: False)
    play_when_answered(wechat, options)
    assert len(webhook.envelopes) == 2


def test_load_sends_everything_and_repeats_what_it_should(
    wechat: Simulator, webhook: Webhook
) -> None:
    result = load(wechat, 200, connections=4, duplicates=30)
    assert (len(result.deliveries), result.failed) == (200, 0)
    keys = [opened(wechat, each)["MsgId"] for each in webhook.envelopes]
    assert len(keys) == 200
    assert len(set(keys)) == 140
    assert all(int(each) < 2**63 for each in keys)
    assert result.percentile(0.5) <= result.percentile(0.99)


def test_load_counts_what_failed(wechat: Simulator, webhook: Webhook) -> None:
    webhook.answers = iter([(500, b"")] * 3 + [(200, b"success")] * 9)
    assert load(wechat, 10, connections=1).failed == 1


def test_state_comes_back_from_its_file(
    wechat: Simulator, call: Call, tmp_path: Path, webhook: Webhook
) -> None:
    run_script(wechat, "morning", count=4, rate=AT_ONCE)
    call("POST", "/cgi-bin/tags/create", {"tag": {"name": "慢病"}})
    path = tmp_path / "state.json"
    save(wechat.world, path)
    assert path.stat().st_mode & 0o077 == 0
    other = Simulator(account=wechat.account, post=webhook)
    assert restore(other.world, path)
    assert other.world.followers == wechat.world.followers
    assert other.world.tags == wechat.world.tags
    assert other.world.media == wechat.world.media
    assert other.world.comings == wechat.world.comings


def test_state_of_another_account_is_left_alone(wechat: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert not restore(wechat.world, path)
    save(wechat.world, path)
    assert not restore(Simulator().world, path)


def test_demonstration_account_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    first = kept_account(tmp_path)
    assert kept_account(tmp_path) == first
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert (len(first.aes_key), len(first.key), len(first.app_id)) == (43, 32, 18)
    assert 3 <= len(first.token) <= 32


def test_account_of_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.delenv("WECHAT_APP_ID", raising=False)
    assert the_account()[0] == kept_account(tmp_path)
    named = SimulatedAccount("wx1", "secret", "token", "k" * 43)
    for name, value in named.environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    assert the_account()[0] == named
    monkeypatch.setenv("WECHAT_ENCODING_AES_KEY", "short")
    with pytest.raises(CommandError, match="43 个字符"):
        the_account()


def test_webhook_elsewhere_is_refused_unless_told() -> None:
    for address in ("http://127.0.0.1:1/", "http://localhost/", "http://[::1]:8000/"):
        refuse_foreign(address, allowed=False)
    with pytest.raises(CommandError, match="不是本机"):
        refuse_foreign("https://shop.example/wechat/callback/", allowed=False)
    refuse_foreign("https://shop.example/wechat/callback/", allowed=True)
    with pytest.raises(CommandError, match="不对"):
        refuse_foreign("shop.example", allowed=True)


def test_command_sends_a_load_and_tells_how_it_went(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.delenv("WECHAT_APP_ID", raising=False)
    sent: list[Envelope] = []

    def post(self: Carrier, signed: Envelope) -> tuple[int, bytes]:
        sent.append(signed)
        return 200, b"success"

    monkeypatch.setattr(Carrier, "post", post)
    out = StringIO()
    options: dict[str, Any] = {"port": 0, "load": 20, "connections": 2, "stdout": out}
    call_command("wechat_simulator", **options, state=tmp_path / "state.json")
    assert len(sent) == 20
    assert "推送 20 条，失败 0 条" in out.getvalue()
    assert (tmp_path / "state.json").exists()
