"""Filters of lists kept under a name. Nobody else sees them, so they are no act of the audit."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from accounts.models import SavedView, User
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.masking import has_long_number

NAME_LENGTH = 30
QUERY_LENGTH = 500
MOST = 20


def plain_query(query: str) -> str:
    """The filters of an address, without the page number and without what is empty."""
    pairs = [(key, value.strip()) for key, value in parse_qsl(query.lstrip("?")) if key != "page"]
    return urlencode(sorted(pair for pair in pairs if pair[1]))


def save_view(*, page: str, name: str, query: str, by: User, now: datetime) -> SavedView:
    """Keep the filters of a list (its URL name) under a name; the same name again replaces them.

    Raises Invalid without a name, without filters or with a phone among them, Conflict above 20 a
    list.
    """
    name, query = name.strip(), plain_query(query)
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise Invalid(f"请给这组条件起个名称，{NAME_LENGTH} 个字以内。")
    if not query:
        raise Invalid("现在没有筛选条件：请先筛选，再保存。")
    if len(query) > QUERY_LENGTH:
        raise Invalid("这组条件太长，存不下：请少选几个条件。")
    if any(has_long_number(value, least=11) for _, value in parse_qsl(query)):
        raise Invalid("条件里有电话、卡号那样的长数字，不能保存：请去掉它再保存。")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)
        others = SavedView.objects.filter(user=by, page=page).exclude(name=name).count()
        if others >= MOST:
            raise Conflict(f"这个列表已经存了 {MOST} 组条件：请先删掉不用的。")
        view, _ = SavedView.objects.update_or_create(
            user=by, page=page, name=name, defaults={"query": query, "created_at": now}
        )
    return view


def delete_view(*, view: SavedView) -> None:
    """Forget saved filters."""
    view.delete()
