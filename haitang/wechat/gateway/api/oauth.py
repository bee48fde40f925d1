"""网页授权, snsapi_base: who opened a page in WeChat, and nothing more about them."""

from __future__ import annotations

from urllib.parse import urlencode

from haitang.wechat.gateway.api.base import Group


class OAuth(Group):
    """The way out to WeChat and back."""

    def url(self, redirect_uri: str, state: str) -> str:
        """Where the browser goes; WeChat sends it to ``redirect_uri?code=…&state=…``."""
        query = urlencode(
            {
                "appid": self._client.credentials.app_id,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            }
        )
        return f"{self._client.host('open')}/connect/oauth2/authorize?{query}#wechat_redirect"

    def exchange(self, code: str) -> str:
        """The openid behind a code, once. Raises WeChatError 40029 or 40163 for a used-up code."""
        credentials = self._client.credentials
        answer = self._get(
            "/sns/oauth2/access_token",
            {
                "appid": credentials.app_id,
                "secret": credentials.secret,
                "code": code,
                "grant_type": "authorization_code",
            },
            with_token=False,
        )
        return str(answer["openid"])
