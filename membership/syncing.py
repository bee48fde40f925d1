"""Followers and tags compared with WeChat's: page by page, resumable, the gone marked as gone.

What WeChat answers is a moment old when it is stored: what happened here meanwhile (somebody left,
a colleague put a tag on or wrote a remark) is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    known = list(FollowerTag.objects.filter(account=client.account))
    tags = _take_tags(client.account, client.tags.list(), known)
    scenes = dict(SceneCode.objects.filter(account=client.account).values_list("scene_str", "pk"))
    walk = PageWalk(
        account=client.account,
        name="followers",
        fetch=client.followers.page,
        now=lambda: now,
    )
    for page in walk:
        for index, some in enumerate(_slices(page.openids)):
            versions = _versions(client.account)
            infos = client.followers.infos(some)
            _take(client.account, infos, scenes, tags, versions, now)
            if report:
                report(walk.done + (index + 1) * INFOS, page.total, "正在取粉丝资料")
    gone = mark_gone(account_id=client.account.pk, before=walk.started_at, now=now)
    return {"met": walk.done, "gone": gone, "tags": len(tags)}


def _versions(account: Account) -> dict[int, int]:
    """Our tags' keys and versions, before WeChat is asked."""
    return dict(FollowerTag.objects.filter(account=account).values_list("pk", "version"))


def _unchanged(account: Account, versions: Mapping[int, int]) -> set[int]:
    """The keys of the tags of then that nobody has changed since; of a lock, where there is one."""
    rows = FollowerTag.objects.select_for_update().filter(account=account).order_by("pk")
    now = dict(rows.values_list("pk", "version"))
    return {pk for pk, version in versions.items() if now.get(pk) == version}


def _take_tags(
    account: Account, given: Sequence[Tag], known: Sequence[FollowerTag]
) -> dict[int, int]:
    """Our tags like WeChat's; WeChat's number → our key. ``known`` before WeChat was asked."""
    numbers = [each.id for each in given]
    with transaction.atomic():
        unchanged = _unchanged(account, {each.pk: each.version for each in known})
        rows = FollowerTag.objects.filter(account=account)
        rows.filter(pk__in=unchanged).exclude(number__in=numbers).delete()
        # Made, renamed or deleted by colleagues meanwhile.
        ours = set(rows.exclude(pk__in=unchanged).values_list("number", flat=True))
        ours |= {each.number for each in known if each.pk not in unchanged}
        FollowerTag.objects.bulk_create(
            [
                FollowerTag(account=account, number=each.id, name=each.name[:30])
                for each in given
                if each.id not in ours
            ],
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
    versions: Mapping[int, int],
    now: datetime,
) -> None:
    """One piece in one transaction; once more when somebody followed at this very moment."""
    given = {each.openid: each for each in infos if each.is_following}
    for is_last in (False, True):
        try:
            with transaction.atomic():
                unchanged = _unchanged(account, versions)  # tags first, as who puts one on does
                _store(account, given, scenes, now)
                _tag(account, given, tags, unchanged)
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
        if openid in known and _has_left_since(known[openid], info):
            continue
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


def _has_left_since(row: Follower, info: FollowerInfo) -> bool:
    """WeChat said that he follows, since a time before he left: it was asked before that."""
    if row.state != State.LEFT or row.left_at is None or info.followed_at is None:
        return False
    return info.followed_at < row.left_at


def _fill(row: Follower, info: FollowerInfo, scenes: dict[str, int], now: datetime) -> None:
    row.state, row.left_at, row.synced_at = State.FOLLOWING, None, now
    row.followed_at = info.followed_at or row.followed_at
    if not (row.remark_pending or row.remark_error):  # what WeChat has not from us is ours
        row.remark = masked_numbers(info.remark)[:60] or row.remark
    row.subscribe_scene = info.subscribe_scene[:60]
    if row.scene_id is None:
        row.scene_id = scenes.get(info.qr_scene_str)


def _tag(
    account: Account,
    given: dict[str, FollowerInfo],
    tags: dict[int, int],
    unchanged: Collection[int],
) -> None:
    """Each one's tags as WeChat has them, with as few writes as that needs; of ``unchanged`` ones.

    The caller's lock on the tags keeps colleagues from changing them meanwhile.
    """
    through = Follower.tags.through
    ids = dict(
        Follower.objects.filter(account=account, openid__in=given).values_list("openid", "pk")
    )
    wanted = {
        (ids[openid], tags[number])
        for openid, info in given.items()
        for number in info.tag_ids
        if tags.get(number) in unchanged
    }
    rows = through.objects.filter(follower_id__in=ids.values(), followertag_id__in=unchanged)
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
