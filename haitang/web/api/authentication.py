"""Log-in by token: ``Authorization: Bearer ht_…`` (or ``Token ht_…``)."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.tokens import find_token
from haitang.kernel import clock

_SCHEMES = (b"bearer", b"token")


class TokenAuthentication(BaseAuthentication):
    """Finds the person of a token; a wrong token is refused, none leaves it to the session."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in _SCHEMES:
            return None
        token = find_token(words[1].decode("latin-1"), now=clock.now()) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
