"""Reads of the inbox: the list, its counts, the thread, and whether there is anything new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Count,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
    prefetch_related_objects,
)

from accounts.models import Tenure, User, open_on
from accounts.roles import Role
from campaigns.models import Campaign
from haitang.kernel.clock import business_day
from haitang.kernel.masking import has_long_number, masked_numbers
from membership.models import Conversation, ConversationTag, Message, Note, Wait

State = Conversation.State
MINE, WAITING, OVERDUE, CLOSED = "mine", "waiting", "overdue", "closed"
# A search reads the words of so many messages at most, the newest of so many days.
SEARCHED, SEARCHED_DAYS = 3_000, 90
_PREVIEW = 60
# So long after its end a campaign is still written about.
LATELY = timedelta(days=60)
_KNOWN = ("pk", "newest", "unanswered")
THREAD = 200


@dataclass(frozen=True)
class Search:
    """What the list is narrowed to; ``show`` is empty for all that are open."""

    show: str = ""
    text: str = ""
    kind: str = ""
    tag: int | None = None
    campaign: int | None = None


@dataclass(frozen=True)
class Line:
    """A row of the list: the conversation, and its last message with long numbers masked."""

    conversation: Conversation
    preview: str
    from_us: bool
    unanswered: int = 0


@dataclass(frozen=True)
class Shown:
    """A message as colleagues read it; ``is_masked`` when a number in it is hidden."""

    message: Message
    text: str
    is_masked: bool


def conversations(search: Search, *, user: User, now: datetime) -> QuerySet[Conversation]:
    """Conversations that fit: the longest waiting first, then the newest."""
    found = _shown(search.show, user=user, now=now).select_related("follower", "owner", "campaign")
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.tag:
        found = found.filter(tags=search.tag)
    if search.campaign:
        found = found.filter(campaign=search.campaign)
    if search.text:
        found = found.filter(_named(search.text) | Q(pk__in=_saying(search.text, now=now)))
    if search.show == CLOSED:
        return found.order_by("-closed_at", "-pk")
    return found.order_by(F("waiting_since").asc(nulls_last=True), "-last_at", "-pk")


def lines(page: Iterable[Conversation]) -> list[Line]:
    """The rows with their previews and tags. Three queries.

    Of a follower who waits the question is shown, not what the account said to it by itself.
    """
    shown = list(page)
    prefetch_related_objects(shown, "tags")
    said = Message.objects.filter(conversation=OuterRef("pk")).exclude(kind=Message.Kind.EVENT)
    newest = said.order_by("-at", "-pk").values("pk")[:1]
    asked = said.filter(direction=Message.Direction.IN)
    newest_asked = asked.order_by("-at", "-pk").values("pk")[:1]
    keys = Conversation.objects.filter(pk__in=[each.pk for each in shown])
    came_since = Q(messages__direction=Message.Direction.IN, messages__at__gte=F("waiting_since"))
    found = keys.annotate(
        newest=Case(
            When(waiting_since__isnull=False, then=Subquery(newest_asked)),
            default=Subquery(newest),
        ),
        unanswered=Count("messages", filter=came_since & ~Q(messages__kind=Message.Kind.EVENT)),
    )
    known = {pk: (key or 0, number) for pk, key, number in found.values_list(*_KNOWN)}
    messages = Message.objects.in_bulk([key for key, _ in known.values() if key])
    return [
        _line(each, messages.get(known[each.pk][0]), known[each.pk][1])
        for each in shown
        if each.pk in known
    ]


def next_waiting(conversation: Conversation, *, user: User) -> Conversation | None:
    """Who has waited longest besides, for the user or for anybody. One query."""
    waits = Conversation.objects.filter(
        Q(owner=user) | Q(owner=None), state=State.OPEN, waiting_since__isnull=False
    )
    others = waits.exclude(pk=conversation.pk).select_related("follower")
    return others.order_by("waiting_since", "pk").first()


def counts(*, user: User, now: datetime) -> dict[str, int]:
    """How many the tabs hold. One query."""
    is_open = Q(state=State.OPEN)
    waits = is_open & Q(waiting_since__isnull=False)
    return Conversation.objects.filter(is_open).aggregate(
        open=Count("pk"),
        mine=Count("pk", filter=Q(owner=user)),
        waiting=Count("pk", filter=waits),
        overdue=Count("pk", filter=waits & Q(due_at__lte=now)),
    )


def list_token(now: datetime) -> str:
    """Changes when an open conversation does, or a minute goes by. One query."""
    found = Conversation.objects.filter(state=State.OPEN).aggregate(
        number=Count("pk"), versions=Sum("version"), newest=Max("pk")
    )
    parts = (found["number"], found["versions"] or 0, found["newest"] or 0, _minute(now))
    return "-".join(map(str, parts))


def thread_token(conversation: Conversation, now: datetime) -> str:
    """Changes when the conversation does, or a minute goes by."""
    return f"{conversation.version}-{_minute(now)}"


def thread(conversation: Conversation, *, before: Message | None = None) -> list[Shown | Note]:
    """The newest messages (of those older than ``before``) and the notes among them, in order.

    Two queries.
    """
    rows = conversation.messages.select_related("by", "rule", "file").order_by("-at", "-pk")
    notes = conversation.notes.select_related("by")
    if before is not None:
        rows = rows.filter(Q(at__lt=before.at) | Q(at=before.at, pk__lt=before.pk))
        notes = notes.filter(at__lt=before.at)
    messages = list(rows[:THREAD])
    if len(messages) == THREAD:
        notes = notes.filter(at__gte=messages[-1].at)
    return sorted([*map(shown, messages), *notes], key=_place)


def oldest_of(entries: Sequence[Shown | Note]) -> Message | None:
    """The oldest message of a full thread, before which there may be older ones; else None."""
    messages = [each.message for each in entries if isinstance(each, Shown)]
    return messages[0] if len(messages) == THREAD else None


def newest_of(entries: Sequence[Shown | Note]) -> int:
    """The key of the message that came or went last; 0 where there is none."""
    return max((each.message.pk for each in entries if isinstance(each, Shown)), default=0)


def _place(entry: Shown | Note) -> tuple[datetime, int]:
    row = entry if isinstance(entry, Note) else entry.message
    return row.at, row.pk


def shown(message: Message) -> Shown:
    """The message with the long numbers in it masked."""
    text = message.text.for_computing()
    return Shown(message, masked_numbers(text), has_long_number(text))


def _line(conversation: Conversation, message: Message | None, unanswered: int) -> Line:
    if message is None:
        return Line(conversation, "", False)
    from_us = message.direction == Message.Direction.OUT
    return Line(conversation, preview(message), from_us, unanswered)


def preview(message: Message) -> str:
    """One line of it, masked; what is no text by its kind."""
    words = message.text.for_computing()
    if message.kind == Message.Kind.NEWS:
        words = str(message.article.get("title", ""))
    elif message.kind != Message.Kind.TEXT:
        words = ""
    text = masked_numbers(" ".join(words.split()))
    if not text:
        return f"[{message.get_kind_display()}]"
    return text if len(text) <= _PREVIEW else f"{text[:_PREVIEW]}…"


def earlier(conversation: Conversation) -> list[Conversation]:
    """The follower's other conversations, newest first."""
    others = Conversation.objects.filter(follower=conversation.follower_id)
    return list(others.exclude(pk=conversation.pk).order_by("-pk")[:10])


def who_may_answer(*, now: datetime) -> list[User]:
    """Holders of 客服部对接人 today, to whom a conversation can be given. One query."""
    day = business_day(now)
    held = Tenure.objects.on(day).filter(role=Role.CS).values("user")
    return list(User.objects.filter(open_on(day), pk__in=held).order_by("name", "pk"))


def campaigns_of_late(*, now: datetime, besides: int | None = None) -> list[Campaign]:
    """Campaigns that followers may write about now, the newest first. One query."""
    lately = business_day(now) - LATELY
    found = Q(end__gte=lately) & ~Q(status=Campaign.Status.CANCELLED) | Q(pk=besides)
    return list(Campaign.objects.filter(found).order_by("-start", "-pk")[:30])


def tags() -> list[ConversationTag]:
    """All tags."""
    return list(ConversationTag.objects.all())


@dataclass(frozen=True)
class ReplyTimes:
    """How fast was answered: of the waits that began in a span."""

    number: int
    in_time: int
    late: int
    open: int
    closed: int
    median_seconds: float | None

    @property
    def share(self) -> int | None:
        """Percent answered in time, of those that are decided."""
        decided = self.in_time + self.late
        return round(100 * self.in_time / decided) if decided else None


def reply_times(*, since: datetime, now: datetime) -> ReplyTimes:
    """Of the waits since then; one that is late and still open counts as late. One query.

    One that ended without an answer is neither in time nor, ended before the target, late.
    """
    rows = list(
        Wait.objects.filter(since__gte=since).values_list(
            "since", "due_at", "answered_at", "closed_at"
        )
    )
    took = sorted((end - begin).total_seconds() for begin, _, end, _ in rows if end)
    return ReplyTimes(
        number=len(rows),
        in_time=sum(end is not None and end <= due for _, due, end, _ in rows),
        late=sum((end or closed or now) > due for _, due, end, closed in rows),
        open=sum(end is None and closed is None for *_, end, closed in rows),
        closed=sum(closed is not None for *_, closed in rows),
        median_seconds=took[len(took) // 2] if took else None,
    )


def unsettled() -> QuerySet[Message]:
    """Messages that did not go out, or of which nobody knows, in open conversations."""
    return (
        Message.objects.filter(state__in=[Message.State.UNCERTAIN], conversation__state=State.OPEN)
        .select_related("conversation__follower")
        .order_by("at")
    )


def _shown(show: str, *, user: User, now: datetime) -> QuerySet[Conversation]:
    if show == CLOSED:
        return Conversation.objects.filter(state=State.CLOSED)
    found = Conversation.objects.filter(state=State.OPEN)
    if show == MINE:
        return found.filter(owner=user)
    if show == WAITING:
        return found.filter(waiting_since__isnull=False)
    if show == OVERDUE:
        return found.filter(waiting_since__isnull=False, due_at__lte=now)
    return found


def _named(text: str) -> Q:
    """By the follower's remark or number, the owner's name, a tag."""
    found = Q(follower__remark__icontains=text) | Q(owner__name__icontains=text)
    found |= Q(pk__in=Conversation.objects.filter(tags__name__icontains=text).values("pk"))
    digits = text.removeprefix("粉丝").strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        found |= Q(follower_id=int(digits))
    return found


def _saying(text: str, *, now: datetime) -> Sequence[int]:
    """Conversations of which a message says so: the words lie encrypted and are read here."""
    recent = Message.objects.filter(
        at__gte=now - timedelta(days=SEARCHED_DAYS), conversation__isnull=False
    ).order_by("-at")
    wanted = text.casefold()
    return [
        key
        for key, words in recent.values_list("conversation_id", "text")[:SEARCHED]
        if key is not None and wanted in words.for_computing().casefold()
    ]


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60
