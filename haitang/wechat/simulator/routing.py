"""Which function answers which of WeChat's addresses."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import MIMEPart
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from haitang.wechat.simulator.errors import ApiError

if TYPE_CHECKING:
    from haitang.wechat.simulator.world import World

JSON = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file in a multipart form."""

    name: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came in."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> JSON:
        """The object in the body; ApiError 44002 or 47001 when there is none."""
        if not self.body:
            raise ApiError(44002)
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise ApiError(47001) from error
        if not isinstance(found, dict):
            raise ApiError(47001)
        return found

    def form(self) -> dict[str, str]:
        """The fields of an ordinary form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def uploads(self) -> list[Upload]:
        """The files of a multipart body, in order."""
        kind = self.headers.get("content-type", "")
        if not kind.startswith("multipart/"):
            return []
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = BytesParser(policy=policy.HTTP).parsebytes(head + self.body)
        return [
            Upload(
                name=str(part.get_param("name", "", "content-disposition")),
                filename=part.get_filename() or "",
                content_type=_type_of(part),
                content=bytes(part.get_payload(decode=True) or b""),
            )
            for part in message.iter_parts()
        ]


def _type_of(part: MIMEPart) -> str:
    """As the part says, else by its file's name, as WeChat goes by it."""
    if part["content-type"]:
        return part.get_content_type()
    return mimetypes.guess_type(part.get_filename() or "")[0] or "application/octet-stream"


@dataclass(frozen=True)
class Reply:
    """An answer that is not JSON with an errcode: a page, a picture, a redirect."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[["World", Request], JSON | Reply]


@dataclass(frozen=True)
class Route:
    """One address: its handler, its method, whether it wants an access_token."""

    method: str
    handler: Handler
    token: bool


ROUTES: dict[str, Route] = {}


def route(method: str, path: str, *, token: bool = True) -> Callable[[Handler], Handler]:
    """Register the decorated function for that path."""

    def register(handler: Handler) -> Handler:
        ROUTES[path] = Route(method, handler, token)
        return handler

    return register


def find(request: Request) -> Route:
    """The route of a request; ApiError 40066, 43001 or 43002 as WeChat answers."""
    found = ROUTES.get(request.path)
    if found is None:
        raise ApiError(40066)
    if found.method not in ("*", request.method):
        raise ApiError(43001 if found.method == "GET" else 43002)
    return found
