"""The way in to the API, its description, and the page that shows it to people."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.rest import ApiView
from accounts.rules import allow, anyone
from haitang.web.api.describing import described

_ENTRIES = {
    "me": "api-me",
    "stores": "api-stores",
    "campaigns": "api-campaigns",
    "settlements": "api-settlements",
    "policy": "api-policy",
    "imports": "api-imports",
    "schema": "api-schema",
    "docs": "api-docs",
}


class RootApi(ApiView):
    """Where each thing begins."""

    predicate = anyone
    summary = "入口"
    explanation = "每一类东西从哪里开始。"

    class OutputSerializer(serializers.Serializer[dict[str, str]]):
        me = serializers.URLField(help_text="我是谁")
        stores = serializers.URLField(help_text="门店")
        campaigns = serializers.URLField(help_text="活动和增加值")
        settlements = serializers.URLField(help_text="月度结算")
        policy = serializers.URLField(help_text="制度")
        imports = serializers.URLField(help_text="销售导入")
        schema = serializers.URLField(help_text="OpenAPI 描述")
        docs = serializers.URLField(help_text="给人看的接口说明")

    def get(self, request: Request) -> Response:
        return self.answer({key: reverse(name, request=request) for key, name in _ENTRIES.items()})


class NothingHereApi(ApiView):
    """Any other address below ``/api/``: the same shape of error as everywhere."""

    schema = None
    authentication_classes = ()
    permission_classes = ()

    def check_permissions(self, request: Request) -> None:
        """Whoever asks, there is nothing."""
        raise NotFound("没有这个地址：请核对编号，并看看结尾有没有“/”；全部地址见 /api/docs/。")


class SchemaApi(SpectacularAPIView):
    """The OpenAPI 3 description, as JSON or YAML; open to anyone, since it holds no data."""

    renderer_classes = [
        OpenApiJsonRenderer,
        OpenApiJsonRenderer2,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]
    content_negotiation_class = DefaultContentNegotiation
    authentication_classes = ()
    schema = None


@require_safe
@allow(anyone)
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page: each operation with what it takes and gives."""
    generated: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return render(request, "web/api_docs.html", described(generated))
