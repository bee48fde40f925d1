"""Publishing a draft: asked for by a row, submitted by a job, its end by event or by asking.

WeChat's answer to a submission says only that it was accepted. A submission whose answer was lost
is not repeated by itself: the draft may be out already.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from haitang.kernel import audit, clock, jobs, notices
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat.accounts import configured, current_account
from haitang.wechat.gateway import WeChatClient, WeChatError
from haitang.wechat.models import Publication
from haitang.wechat.statistics.spans import msgid_of

State = Publication.State
STREAM = "wechat"
# Asked again at these distances while WeChat works on it; afterwards nightly.
ASK_AFTER = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
ENDINGS = {
    2: "原创审核没有通过。请在公众号后台查看原因，改好后重新发布。",
    3: "微信没有发布成功。请在公众号后台查看原因，改好后重新发布。",
    4: "平台审核没有通过。请在公众号后台查看原因，改好后重新发布。",
    5: "发布之后，文章在公众号后台被删除了。",
    6: "发布之后，文章被微信封禁了。请登录公众号后台查看站内信。",
}
_OPEN = (State.SUBMITTING, State.SUBMITTED, State.UNCERTAIN)


def request_publication(
    *, draft_media_id: str, title: str, key: str, by: User, now: datetime
) -> Publication:
    """Have a draft published by a job; the same key gives back the row that is there.

    Raises Invalid without a draft, Conflict when that draft is being published already, NotThere
    when no account is configured.
    """
    if not draft_media_id.strip():
        raise Invalid("请选一份草稿。")
    account, rows = current_account(now), Publication.objects.filter(key=key)
    if known := rows.first():
        return known
    try:
        with transaction.atomic():
            publication = Publication.objects.create(
                account=account,
                key=key,
                title=title.strip()[:200] or "（没有标题）",
                draft_media_id=draft_media_id.strip(),
                by=by,
                created_at=now,
            )
            _record("request_publication", publication, by=by, now=now)
            jobs.enqueue(
                kind="wechat_publish",
                payload={"publication": publication.pk},
                by=by,
                now=now,
                key=f"wechat_publish:{publication.pk}",
                max_attempts=5,
            )
    except IntegrityError:  # of one form sent twice the first counts; of two, the draft's first
        if known := rows.first():
            return known
        raise Conflict("这份草稿已经在发布：请在发布记录里看它的结果，不要再提交一次。") from None
    return publication


def record_publication(
    *, title: str, url: str, published_on: date, msgid: str, key: str, by: User, now: datetime
) -> Publication:
    """Put on record what was published by hand in WeChat's own back office.

    Raises Invalid for an address that is none, and for a day to come.
    """
    if not title.strip():
        raise Invalid("请填文章标题。")
    try:
        URLValidator(schemes=["https", "http"])(url)
    except ValidationError:
        raise Invalid(
            "网址要写完整：在微信里打开文章，复制链接（https://mp.weixin.qq.com/…）。"
        ) from None
    if published_on > clock.business_day(now):
        raise Invalid("发布日期不能在将来：请核对。")
    given = {
        "account": current_account(now) if configured() else None,
        "title": title.strip()[:200],
        "by_hand": True,
        "state": State.PUBLISHED,
        "msg_data_id": (msgid or msgid_of(url)).partition("_")[0],
        "urls": [url],
        "published_on": published_on,
        "by": by,
        "created_at": now,
        "finished_at": now,
    }
    with transaction.atomic():
        publication, is_new = Publication.objects.get_or_create(key=key, defaults=given)
        if is_new:
            _record("record_publication", publication, by=by, now=now)
    return publication


def submit_publication(
    *, publication_id: int, client: WeChatClient, now: datetime, is_last: bool = False
) -> Publication:
    """Submit what waits, once. Raises WeChatError when WeChat is busy, unless ``is_last``."""
    publication = Publication.objects.get(pk=publication_id)
    rows = Publication.objects.filter(pk=publication_id)
    if not rows.filter(state=State.WAITING).update(state=State.SUBMITTING, submitted_at=now):
        # Taken before and not brought to an end: its worker died, and nobody knows how far.
        give_up(rows, now=now)
        publication.refresh_from_db()
        return publication
    try:
        done = client.publish.submit(publication.draft_media_id)
    except WeChatError as error:
        again = error.is_passing and not error.uncertain and not is_last
        state = State.UNCERTAIN if error.uncertain else State.FAILED
        rows.filter(state=State.SUBMITTING).update(
            state=State.WAITING if again else state,
            error=error.sentence,
            finished_at=None if again or error.uncertain else now,
        )
        if again:
            raise
    else:
        rows.filter(state=State.SUBMITTING).update(
            state=State.SUBMITTED,
            publish_id=done.publish_id,
            msg_data_id=done.msg_data_id,
            error="",
        )
        ask_later("publication", publication_id, attempt=0, now=now)
    publication.refresh_from_db()
    if publication.state in (State.FAILED, State.UNCERTAIN):
        tell(publication, now=now)
    return publication


def give_up(rows: QuerySet[Publication], *, now: datetime) -> int:
    """Of those that are being submitted nobody knows how far: a person is told to look."""
    lost = list(rows.filter(state=State.SUBMITTING).select_related("by"))
    for publication in lost:
        with transaction.atomic():
            still = Publication.objects.filter(pk=publication.pk, state=State.SUBMITTING)
            if still.update(state=State.UNCERTAIN, error=_LOST):
                publication.refresh_from_db()
                tell(publication, now=now)
    return len(lost)


def ask_publication(*, publication: Publication, client: WeChatClient, now: datetime) -> bool:
    """Ask WeChat where a publication stands and keep it; whether it has come to an end."""
    if publication.state in _OPEN and publication.publish_id:
        found = client.publish.get(publication.publish_id)
        take_result(
            publish_id=found.publish_id,
            status=found.status,
            article_id=found.article_id,
            urls=found.urls,
            failed=found.failed,
            now=now,
        )
        publication.refresh_from_db()
    return publication.state not in _OPEN


def take_result(
    *,
    publish_id: str,
    status: int,
    article_id: str = "",
    urls: Sequence[str] = (),
    failed: Sequence[int] = (),
    at: datetime | None = None,
    now: datetime,
) -> int:
    """Keep how a publication ended; how many rows that changed. Telling it twice does nothing.

    ``at`` is when, as WeChat's event says; who asks is not told, and takes the submission's day.
    A publication that is out and is deleted or banned later becomes so by the same way.
    """
    before = _OPEN if status not in (5, 6) else (*_OPEN, State.PUBLISHED)
    changed = 0
    with transaction.atomic():
        rows = Publication.objects.filter(publish_id=publish_id, state__in=before)
        for publication in rows.select_related("by"):
            changes = _ending(
                status,
                article_id=article_id,
                urls=urls,
                failed=failed,
                at=at or publication.submitted_at or now,
            )
            if changes and rows.filter(pk=publication.pk).update(**changes, finished_at=now):
                publication.refresh_from_db()
                tell(publication, now=now)
                changed += 1
    return changed


def tell(publication: Publication, *, now: datetime) -> None:
    """Tell whoever asked for it how it ended, once."""
    state = publication.get_state_display()
    notices.notify(
        recipients=[publication.by],
        key=f"publication:{publication.pk}:{publication.state}",
        text=f"“{publication.title}”{state}。{publication.error}",
        url=reverse("wechat-publications"),
        now=now,
    )


def _ending(
    status: int, *, article_id: str, urls: Sequence[str], failed: Sequence[int], at: datetime
) -> dict[str, Any]:
    """What a row becomes by WeChat's status; nothing while WeChat works on it."""
    if status == 1:
        return {}
    if status == 0:
        return {
            "state": State.PUBLISHED,
            "article_id": "".join(article_id.split()),
            "urls": list(urls),
            "published_on": clock.business_day(at),
            "error": "",
        }
    words = ENDINGS.get(status, f"微信报告发布没有成功（状态 {status}）。请到公众号后台查看原因。")
    if failed:
        words = f"第 {'、'.join(str(each) for each in failed)} 篇：{words}"
    return {"state": State.DELETED if status in (5, 6) else State.FAILED, "error": words}


def settle_uncertain(
    *, publication: Publication, is_out: bool, url: str, by: User, now: datetime
) -> Publication:
    """A person looked and says what became of an uncertain one. Raises Conflict for others."""
    state = State.PUBLISHED if is_out else State.FAILED
    with transaction.atomic():
        changed = Publication.objects.filter(pk=publication.pk, state=State.UNCERTAIN).update(
            state=state,
            urls=[url] if url else [],
            published_on=clock.business_day(publication.submitted_at or now) if is_out else None,
            error="" if is_out else "核对过公众号后台：没有发布。",
            finished_at=now,
        )
        if not changed:
            raise Conflict("这一条现在不是“结果不明”：请刷新页面再看。")
        _record("settle_publication", publication, by=by, now=now, out=is_out)
    publication.refresh_from_db()
    return publication


def ask_later(what: str, pk: int, *, attempt: int, now: datetime) -> None:
    """Have the result of a ``publication`` or a ``mass_send`` asked for in a while, in case the
    event does not come.
    """
    if attempt < len(ASK_AFTER):
        jobs.enqueue(
            kind=f"wechat_ask_{what}",
            payload={what: pk, "attempt": attempt},
            by=None,
            now=now,
            key=f"wechat_ask_{what}:{pk}:{attempt}",
            run_after=now + ASK_AFTER[attempt],
        )


_LOST = "提交到一半时服务中断，不知道微信收到没有。请到公众号后台核对，再在这里登记结果。"


def _record(
    act: str, publication: Publication, *, by: User, now: datetime, **details: object
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=publication,
        by=by,
        now=now,
        details={"title": publication.title, **details},
    )
