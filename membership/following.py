"""Who follows: rows of followers, and the history of what they did."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from membership.models import Follower, FollowerChange, SceneCode

State, Change = Follower.State, FollowerChange.Kind
_SCENE_PREFIX = "qrscene_"
_AT_ONCE = 1000


def follower_of(*, account_id: int, openid: str, now: datetime) -> Follower:
    """The follower's row, locked until the transaction ends; made when absent.

    Whoever changes a follower's conversation or sends to him holds this lock, so that windows and
    counts are not overtaken.
    """
    follower, _ = Follower.objects.get_or_create(
        account_id=account_id, openid=openid, defaults={"created_at": now}
    )
    return locked(follower)


def locked(follower: Follower) -> Follower:
    """The row as it now stands, locked until the transaction ends."""
    return Follower.objects.select_for_update().get(pk=follower.pk)


def scene_of(*, account_id: int, key: str) -> tuple[SceneCode | None, str]:
    """The code that an EventKey names, and the scene as WeChat sent it."""
    text = key.removeprefix(_SCENE_PREFIX)[:64]
    if not text:
        return None, ""
    return SceneCode.objects.filter(account_id=account_id, scene_str=text).first(), text


def follow(
    *, follower: Follower, at: datetime, scene: SceneCode | None, scene_text: str, event: int
) -> FollowerChange:
    """The follower follows, for the first time or again; ``at`` is WeChat's time."""
    was_here = follower.changes.filter(kind__in=[Change.FOLLOW, Change.LEAVE, Change.GONE]).exists()
    if not _is_outdated(follower, at):
        follower.state, follower.followed_at, follower.left_at = State.FOLLOWING, at, None
        follower.scene = scene or follower.scene
    touch(follower, at)
    return _keep(
        follower, Change.RETURN if was_here else Change.FOLLOW, at, scene, scene_text, event
    )


def leave(*, follower: Follower, at: datetime, event: int) -> FollowerChange:
    """The follower does not follow any more, unless he has come back since."""
    if not _is_outdated(follower, at):
        follower.state, follower.left_at = State.LEFT, at
        follower.save(update_fields=["state", "left_at"])
    return _keep(follower, Change.LEAVE, at, None, "", event)


def scan(
    *, follower: Follower, at: datetime, scene: SceneCode | None, scene_text: str, event: int
) -> FollowerChange:
    """Somebody who follows already scans a code."""
    touch(follower, at)
    return _keep(follower, Change.SCAN, at, scene, scene_text, event)


def touch(follower: Follower, at: datetime) -> None:
    """A follow, a scan or a click: it opens the short window. The row is saved."""
    follower.last_touch_at = max(filter(None, (follower.last_touch_at, at)))
    _is_here(follower, at)
    follower.save()


def heard_from(follower: Follower, at: datetime) -> None:
    """A message: it opens the long window. The row is saved."""
    follower.last_message_at = max(filter(None, (follower.last_message_at, at)))
    _is_here(follower, at)
    follower.save()


def _is_here(follower: Follower, at: datetime) -> None:
    """Who writes or clicks follows, whatever was known before."""
    if follower.state in (State.UNKNOWN, State.GONE):
        follower.state = State.FOLLOWING


def _is_outdated(follower: Follower, at: datetime) -> bool:
    """Whether something later is known: events may come out of order."""
    known = [each for each in (follower.followed_at, follower.left_at) if each]
    return bool(known) and at < max(known)


def _keep(
    follower: Follower,
    kind: str,
    at: datetime,
    scene: SceneCode | None,
    scene_text: str,
    event: int | None,
) -> FollowerChange:
    return FollowerChange.objects.create(
        follower=follower, kind=kind, at=at, scene=scene, scene_text=scene_text, event=event
    )


def mark_gone(*, account_id: int, before: datetime, now: datetime) -> int:
    """Who follows according to us but was not met by the sync that began at ``before`` is gone.

    Who followed after it began, or is heard from meanwhile, is left alone. Returns how many; piece
    by piece, each once.
    """
    absent = Follower.objects.filter(
        Q(synced_at=None) | Q(synced_at__lt=before),
        Q(followed_at=None) | Q(followed_at__lt=before),
        Q(last_message_at=None) | Q(last_message_at__lt=before),
        Q(last_touch_at=None) | Q(last_touch_at__lt=before),
        account_id=account_id,
        state__in=[State.FOLLOWING, State.UNKNOWN],
    ).order_by("pk")
    gone = 0
    while some := list(absent.values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            ids = list(absent.select_for_update().filter(pk__in=some).values_list("pk", flat=True))
            Follower.objects.filter(pk__in=ids).update(state=State.GONE, left_at=now)
            FollowerChange.objects.bulk_create(
                FollowerChange(follower_id=pk, kind=Change.GONE, at=now) for pk in ids
            )
        gone += len(ids)
    return gone
