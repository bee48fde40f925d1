"""WeChat's tags: made, renamed, deleted, put on followers and taken off; WeChat first, then here.

WeChat is the keeper: what it refuses is not done here either, and the nightly comparison
(membership.syncing) brings over what was done in its back office.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, QuerySet

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat import gateway
from haitang.wechat.accounts import current_account
from haitang.wechat.gateway.api.followers import TAGGED
from membership.models import Follower, FollowerTag

STREAM = "tags"
# Numbers below are WeChat's own (星标组 and the like): neither renamed nor deleted.
FIRST_OWN = 100


def counted_tags() -> QuerySet[FollowerTag]:
    """All tags with ``number_of`` followers who have them. One query."""
    return FollowerTag.objects.annotate(number_of=Count("follower")).order_by("name")


def create_tag(*, name: str, by: User, now: datetime) -> FollowerTag:
    """A new tag. Raises Invalid for a name that cannot be, WeChatError where WeChat says no."""
    if FollowerTag.objects.filter(name=name.strip()).exists():
        raise Invalid(f"已经有标签“{name.strip()}”：请换一个名称。")
    made = gateway.client(by=by).tags.create(name)
    with transaction.atomic():
        tag, _ = FollowerTag.objects.update_or_create(
            account=current_account(now), number=made.id, defaults={"name": made.name[:30]}
        )
        _record("create_tag", tag, by, now, {"name": tag.name})
    return tag


def rename_tag(*, tag: FollowerTag, name: str, by: User, now: datetime) -> None:
    """Another name; raises as ``create_tag`` does, Conflict for WeChat's own."""
    _check_own(tag)
    before, name = tag.name, name.strip()
    gateway.client(by=by).tags.rename(tag.number, name)
    with transaction.atomic():
        FollowerTag.objects.filter(pk=tag.pk).update(name=name[:30], version=F("version") + 1)
        _record("rename_tag", tag, by, now, {"before": before, "name": name})


def delete_tag(*, tag: FollowerTag, by: User, now: datetime) -> None:
    """Its followers lose it. Conflict for WeChat's own."""
    _check_own(tag)
    gateway.client(by=by).tags.delete(tag.number)
    with transaction.atomic():
        _record("delete_tag", tag, by, now, {"name": tag.name})
        tag.delete()


def tag_followers(
    *, tag: FollowerTag, followers: Sequence[Follower], on: bool, by: User, now: datetime
) -> int:
    """Put the tag on those of them who follow, or take it off; how many. At most 50 at once."""
    chosen = [each for each in followers if each.state == Follower.State.FOLLOWING]
    if not chosen:
        raise Invalid("没有选中正在关注的粉丝：微信只给关注着的人打标签。")
    if len(chosen) > TAGGED:
        raise Invalid(f"一次最多给 {TAGGED} 个粉丝打标签，这里有 {len(chosen)} 个：请分几次。")
    tags = gateway.client(by=by).tags
    change = tags.give if on else tags.take
    change(tag.number, [each.openid for each in chosen])
    with transaction.atomic():
        details: dict[str, object] = {
            "name": tag.name,
            "followers": [each.pk for each in chosen],
        }
        # Whoever compares with WeChat learns that what WeChat said before is out of date.
        FollowerTag.objects.filter(pk=tag.pk).update(version=F("version") + 1)
        if on:
            tag.follower_set.add(*chosen)
            _record("tag_followers", tag, by, now, details)
        else:
            tag.follower_set.remove(*chosen)
            _record("untag_followers", tag, by, now, details)
    return len(chosen)


def _check_own(tag: FollowerTag) -> None:
    if tag.number < FIRST_OWN:
        raise Conflict(f"“{tag}”是微信自带的标签，不能改也不能删。")


def _record(
    act: str, tag: FollowerTag, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(stream=STREAM, act=act, obj=tag, by=by, now=now, details=details)
