"""API: who am I, and the tokens by which programs act as me."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import tokens
from accounts.models import ApiToken, User
from accounts.rest import ApiView, caller
from accounts.rules import anyone, standing
from haitang.kernel import clock


class MeApi(ApiView):
    """The person behind the session or the token, with the roles of today."""

    predicate = anyone
    summary = "我是谁"
    explanation = "会话或令牌背后的人，和他今天的任职。"
    tag = "me"

    class OutputSerializer(serializers.Serializer[User]):
        username = serializers.CharField(help_text="用户名")
        name = serializers.CharField(help_text="姓名")
        roles = serializers.SerializerMethodField(help_text="今天有效的任职，代号")
        stores = serializers.SerializerMethodField(help_text="任店长的门店编码")
        is_administrator = serializers.SerializerMethodField(help_text="是不是系统管理员")

        def get_roles(self, user: User) -> list[str]:
            return sorted(standing(user).roles)

        def get_stores(self, user: User) -> list[str]:
            return sorted(standing(user).stores)

        def get_is_administrator(self, user: User) -> bool:
            return standing(user).is_administrator

    def get(self, request: Request) -> Response:
        return self.answer(caller(request))


class TokenListApi(ApiView):
    """One's own tokens; the text of one is shown only when it is made."""

    predicate = anyone
    summary = "我的接口令牌"
    explanation = "自己的令牌，新的在前。令牌的内容只在建立时显示一次。"
    tag = "me"
    paginated = True

    class OutputSerializer(serializers.ModelSerializer[ApiToken]):
        class Meta:
            model = ApiToken
            fields = ["id", "name", "created_at", "last_used_at", "last_day", "revoked_at"]

    def get(self, request: Request) -> Response:
        return self.page(request, tokens.tokens_of(caller(request)))


class TokenRevokeApi(ApiView):
    """Ends one of one's own tokens for good."""

    predicate = anyone
    summary = "作废我的一个令牌"
    explanation = "立即、永久作废自己的一个令牌。"
    tag = "me"
    answer_status = 204

    def post(self, request: Request, pk: int, **kwargs: Any) -> Response:
        by = caller(request)
        tokens.revoke_token(token=tokens.token_in_force(by, key=pk), by=by, now=clock.now())
        return Response(status=self.answer_status)
