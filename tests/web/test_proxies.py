"""Whose address counts: nobody's header is believed unless the setting names the proxy."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.throttle import NAME_AT_ADDRESS
from haitang.web.proxies import client_address, parse_trusted

PROXY, CLIENT, INVENTED = "10.0.0.2", "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", PROXY, CLIENT, PROXY),
        ("1", PROXY, CLIENT, CLIENT),
        ("1", PROXY, f"{INVENTED}, {CLIENT}", CLIENT),
        ("2", PROXY, f"{INVENTED}, {CLIENT}, 10.0.0.3", CLIENT),
        ("2", PROXY, CLIENT, PROXY),
        ("1", PROXY, "", PROXY),
        ("10.0.0.0/8", PROXY, f"{INVENTED}, {CLIENT}", CLIENT),
        ("10.0.0.0/8", PROXY, f"{INVENTED}, {CLIENT}, 10.0.0.3", CLIENT),
        ("10.0.0.0/8", CLIENT, INVENTED, CLIENT),
        ("10.0.0.2", PROXY, "nonsense, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.2,::1", "::1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.2", PROXY, f"{CLIENT}:4711", CLIENT),
        ("10.0.0.2", "", CLIENT, ""),
    ],
)
def test_address_is_the_first_that_no_trusted_proxy_has(
    trusted: str, peer: str, forwarded: str, address: str
) -> None:
    parts = [part for part in trusted.split(",") if part]
    assert client_address(peer, forwarded, parse_trusted(parts)) == address


@pytest.mark.parametrize("bad", [["-1"], ["proxy.example"], ["1", "2.3"]])
def test_bad_setting_is_refused_with_the_cure(bad: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="反向代理的层数"):
        parse_trusted(bad)


def _is_refused(client_says: str) -> bool:
    """Whether a log-in with the right password is throttled, coming through the proxy."""
    answer = Client(REMOTE_ADDR=PROXY).post(
        "/login/",
        {"username": "planner", "password": "秋天的海棠果2026"},
        headers={"x-forwarded-for": client_says},
    )
    return answer.status_code != 302


def _guess(client_says: str) -> None:
    for _ in range(NAME_AT_ADDRESS + 1):
        Client(REMOTE_ADDR=PROXY).post(
            "/login/",
            {"username": "planner", "password": "wrong"},
            headers={"x-forwarded-for": client_says},
        )


@pytest.mark.django_db
def test_log_in_behind_a_trusted_proxy_counts_by_the_client(
    planner: User, settings: Settings
) -> None:
    planner.set_password("秋天的海棠果2026")
    planner.save()
    settings.TRUSTED_PROXIES = ["1"]
    _guess(CLIENT)
    assert _is_refused(f"{INVENTED}, {CLIENT}")
    assert not _is_refused("203.0.113.8")


@pytest.mark.django_db
def test_log_in_behind_an_unknown_proxy_counts_by_the_proxy(planner: User) -> None:
    planner.set_password("秋天的海棠果2026")
    planner.save()
    _guess(CLIENT)
    assert _is_refused("203.0.113.8")
