"""What every operation of the API has in common: who may, how a list is cut into pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, RegexField, Serializer
from rest_framework.views import APIView

from accounts.models import User
from accounts.rules import Predicate, anyone, enter, refusal
from haitang.kernel.errors import NotAllowed, NotThere

# A month in a query or an address, as the description says it: 2026-10.
MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class MonthField(RegexField):
    """``2026-10`` in a query, kept as text."""

    def __init__(self, **kwargs: Any) -> None:
        sentence = "月份写得不对：请写成 2026-10 这样的年-月。"
        super().__init__(MONTH, error_messages={"invalid": sentence}, **kwargs)


class Pages(PageNumberPagination):
    """``?page=2&page_size=100``; at most 200 a page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = "第几页，从 1 起"
    page_size_query_description = "每页几条，最多 200"
    invalid_page_message = "没有第 {page_number} 页：请从第 1 页起，用 next 里的地址翻页。"


class ApiView(APIView):
    """One operation: names its predicate and its serializers, from which the schema is made.

    ``summary`` and ``explanation`` are what people read of it. ``InputSerializer`` is the body,
    ``FilterSerializer`` the query, ``OutputSerializer`` the answer, or one row of it when the
    operation is ``paginated``.
    """

    predicate: ClassVar[Predicate] = anyone
    summary: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    tag: ClassVar[str] = ""
    paginated: ClassVar[bool] = False
    answer_status: ClassVar[int] = 200
    pagination_class = Pages
    InputSerializer: ClassVar[type[Serializer[Any]] | None] = None
    FilterSerializer: ClassVar[type[Serializer[Any]] | None] = None
    OutputSerializer: ClassVar[type[Serializer[Any]] | None] = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, with its predicate on it, where ``allow`` puts that of a page."""
        view: Any = super().as_view(**initkwargs)
        view.predicate = cls.predicate
        return view

    def check_permissions(self, request: Request) -> None:
        """The anonymous have to log in (401), a colleague without the right is refused (403)."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if not enter(request.user, self.predicate):
            raise NotAllowed(refusal(request.user, self.predicate, "这个接口"))
        if "\0" in request.path:  # PostgreSQL refuses such text in a query
            raise NotThere("地址里有不能用的字符：请核对编号。")

    def filters(self, request: Request) -> dict[str, Any]:
        """The query as ``FilterSerializer`` understands it; ValidationError when it does not."""
        return _checked(self.FilterSerializer, request.query_params)

    def given(self, request: Request) -> dict[str, Any]:
        """The body as ``InputSerializer`` understands it; ValidationError when it does not."""
        return _checked(self.InputSerializer, request.data)

    def answer(self, found: Any, **context: Any) -> Response:
        """One object through ``OutputSerializer``."""
        return Response(self._shown(found, context).data, status=self.answer_status)

    def page(self, request: Request, found: QuerySet[Any, Any], **context: Any) -> Response:
        """One page of a queryset through ``OutputSerializer``."""
        pages = self.pagination_class()
        rows = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(self._shown(rows, context, many=True).data)

    def _shown(
        self, found: Any, context: dict[str, Any], *, many: bool = False
    ) -> BaseSerializer[Any]:
        if self.OutputSerializer is None:
            raise TypeError(f"{type(self).__name__} names no OutputSerializer")
        return self.OutputSerializer(found, many=many, context=context)


def caller(request: Request) -> User:
    """Who asks, behind ``check_permissions``."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def _checked(serializer: type[Serializer[Any]] | None, data: Any) -> dict[str, Any]:
    if serializer is None:
        raise TypeError("the operation names no such serializer")
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found
