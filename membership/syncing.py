"""Followers and tags compared with WeChat's: page by page, resumable, the gone marked as gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from haitang.kernel.masking import masked_numbers
from haitang.wechat import gateway
from haitang.wechat.gateway.api.followers import INFOS, FollowerInfo, Tag
from haitang.wechat.gateway.paging import PageWalk
from haitang.wechat.models import Account
from membership.following import mark_gone
from membership.models import Follower, FollowerChange, FollowerTag, SceneCode

Report = Callable[[int, int, str], None]
State, Change = Follower.State, FollowerChange.Kind
_FIELDS = [
    "state",
    "followed_at",
    "left_at",
    "remark",
    "subscribe_scene",
    "scene",
    "synced_at",
]


def sync_followers(
    *, now: datetime, by: User | None = None, report: Report | None = None
) -> dict[str, object]:
    """Take over who follows, remarks and tags; how many were met and how many are gone.

    Broken off it goes on where it was; only a walk that reached the end marks anybody as gone.
    Raises WeChatError. Called in no transaction.
    """
    client = gateway.client(by=by)
    tags = _take_tags(client.account, client.tags.list())
    scenes = dict(SceneCode.objects.filter(account=client.account).values_list("scene_str", "pk"))
    walk = PageWalk(
        account=client.account,
        name="followers",
        fetch=client.followers.page,
        now=lambda: now,
    )
    for page in walk:
        for index, some in enumerate(_slices(page.openids)):
            _take(client.account, client.followers.infos(some), scenes, tags, now)
            if report:
                report(walk.done + (index + 1) * INFOS, page.total, "正在取粉丝资料")
    gone = mark_gone(account_id=client.account.pk, before=walk.started_at, now=now)
    return {"met": walk.done, "gone": gone, "tags": len(tags)}


def _take_tags(account: Account, given: Sequence[Tag]) -> dict[int, int]:
    """Our tags like WeChat's; WeChat's number → our key."""
    numbers = [each.id for each in given]
    with transaction.atomic():
        FollowerTag.objects.filter(account=account).exclude(number__in=numbers).delete()
        FollowerTag.objects.bulk_create(
            [FollowerTag(account=account, number=each.id, name=each.name[:30]) for each in given],
            update_conflicts=True,
            unique_fields=["account", "number"],
            update_fields=["name"],
        )
    return dict(FollowerTag.objects.filter(account=account).values_list("number", "pk"))


def _take(
    account: Account,
    infos: Sequence[FollowerInfo],
    scenes: dict[str, int],
    tags: dict[int, int],
    now: datetime,
) -> None:
    """One piece in one transaction; once more when somebody followed at this very moment."""
    given = {each.openid: each for each in infos if each.is_following}
    for is_last in (False, True):
        try:
            with transaction.atomic():
                _store(account, given, scenes, now)
                _tag(account, given, tags)
            return
        except IntegrityError:
            if is_last:
                raise


def _store(
    account: Account, given: dict[str, FollowerInfo], scenes: dict[str, int], now: datetime
) -> None:
    rows = Follower.objects.select_for_update().filter(account=account, openid__in=given)
    known = {row.openid: row for row in rows.order_by("pk")}
    changes = []
    for openid, info in given.items():
        row = known.get(openid) or Follower(account=account, openid=openid, created_at=now)
        was = row.state if row.pk else ""
        _fill(row, info, scenes, now)
        if was in ("", State.LEFT, State.GONE):
            kind = Change.RETURN if was else Change.FOLLOW
            at = info.followed_at or now
            changes.append(FollowerChange(follower=row, kind=kind, at=at, scene=row.scene))
        known[openid] = row
    Follower.objects.bulk_create([row for row in known.values() if row.pk is None])
    Follower.objects.bulk_update([row for row in known.values() if row.pk], _FIELDS)
    FollowerChange.objects.bulk_create(changes)


def _fill(row: Follower, info: FollowerInfo, scenes: dict[str, int], now: datetime) -> None:
    row.state, row.left_at, row.synced_at = State.FOLLOWING, None, now
    row.followed_at = info.followed_at or row.followed_at
    if not row.remark_error:  # what WeChat did not take over from us is ours
        row.remark = masked_numbers(info.remark)[:60] or row.remark
    row.subscribe_scene = info.subscribe_scene[:60]
    if row.scene_id is None:
        row.scene_id = scenes.get(info.qr_scene_str)


def _tag(account: Account, given: dict[str, FollowerInfo], tags: dict[int, int]) -> None:
    """Each one's tags as WeChat has them, with as few writes as that needs."""
    through = Follower.tags.through
    ids = dict(
        Follower.objects.filter(account=account, openid__in=given).values_list("openid", "pk")
    )
    wanted = {
        (ids[openid], tags[number])
        for openid, info in given.items()
        for number in info.tag_ids
        if number in tags
    }
    rows = through.objects.filter(follower_id__in=ids.values())
    present = {(row.follower_id, row.followertag_id): row.pk for row in rows}
    through.objects.filter(
        pk__in=[pk for pair, pk in present.items() if pair not in wanted]
    ).delete()
    through.objects.bulk_create(
        through(follower_id=follower, followertag_id=tag)
        for follower, tag in sorted(wanted - set(present))
    )


def _slices(openids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(openids), INFOS):
        yield openids[start : start + INFOS]
