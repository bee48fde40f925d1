"""Whose address a request comes from, when proxies stand before the product.

A proxy appends the address of whoever asked it to ``X-Forwarded-For``; everything further left was
said by that client and may be invented. So the header is read from the right, and only as far as
proxies that are trusted by ``TRUSTED_PROXIES`` wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

_BAD = (
    "TRUSTED_PROXIES 写得不对：请写反向代理的层数（例如 1），"
    "或它们的地址、网段（例如 127.0.0.1,10.0.0.0/8）。"
)


@dataclass(frozen=True)
class Trusted:
    """How many proxies stand before the product, or in which networks they are; none by default."""

    count: int = 0
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def holds(self, address: str) -> bool:
        """Whether a proxy with that address is trusted."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)


def parse_trusted(given: Sequence[str]) -> Trusted:
    """The setting's parts: one number, or addresses and networks. ImproperlyConfigured else."""
    if len(given) == 1 and given[0].isascii() and given[0].isdigit():
        return Trusted(count=int(given[0]))
    try:
        return Trusted(networks=tuple(ip_network(part, strict=False) for part in given))
    except ValueError as error:
        raise ImproperlyConfigured(_BAD) from error


def client_address(peer: str, forwarded: str, trusted: Trusted) -> str:
    """The address of the client: the first from the right that no trusted proxy has.

    ``peer`` is who connected, ``forwarded`` the header. By count, the peer and the hops right of
    the client are the proxies; a header shorter than that came past them, and the peer counts.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if trusted.count:
        return _bare(hops[-trusted.count]) if len(hops) >= trusted.count else peer
    address = peer
    while hops and trusted.holds(address):
        address = _bare(hops.pop())
    return address


def _bare(hop: str) -> str:
    """Without the port that some proxies write: ``203.0.113.7:4711``, ``[2001:db8::1]:4711``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


class ClientAddressMiddleware:
    """Puts the client's address where everything looks for it: ``REMOTE_ADDR``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = parse_trusted(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_address(peer, forwarded, self.trusted)
        return self.get_response(request)
