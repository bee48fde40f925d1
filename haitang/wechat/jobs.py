"""What the jobs of the gateway do: one service call each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from haitang.kernel.jobs import JobContext, Result, job_handler
from haitang.wechat import capabilities, gateway, mass_sending, publishing
from haitang.wechat.gateway import quotas
from haitang.wechat.models import CallLog, MassSend, Publication
from haitang.wechat.statistics import pulling

KEEP_CALLS = timedelta(days=90)
# Whatever is still being submitted then has no process any more.
LONG_AGO = timedelta(hours=1)


@job_handler("wechat_publish", title="发布草稿")
def publish(context: JobContext) -> Result:
    """Submit the publication that ``request_publication`` put on record."""
    done = publishing.submit_publication(
        publication_id=context.payload["publication"],
        client=gateway.client(by=context.job.created_by),
        now=context.now,
        is_last=_is_last(context),
    )
    return {"state": done.state}


@job_handler("wechat_ask_publication", title="查询发布结果")
def ask_publication(context: JobContext) -> Result:
    """Ask once; if it has not come to an end, again after a longer while."""
    publication = Publication.objects.get(pk=context.payload["publication"])
    attempt = context.payload["attempt"]
    if not publishing.ask_publication(
        publication=publication, client=gateway.client(), now=context.now
    ):
        publishing.ask_later("publication", publication.pk, attempt=attempt + 1, now=context.now)
    return {"state": publication.state}


@job_handler("wechat_mass_send", title="群发")
def mass_send(context: JobContext) -> Result:
    """Send what ``request_mass_send`` put on record."""
    done = mass_sending.submit_mass_send(
        mass_send_id=context.payload["mass_send"],
        client=gateway.client(by=context.job.created_by),
        now=context.now,
        is_last=_is_last(context),
    )
    return {"state": done.state}


@job_handler("wechat_ask_mass_send", title="查询群发结果")
def ask_mass_send(context: JobContext) -> Result:
    """Ask once; if it has not come to an end, again after a longer while."""
    sending = MassSend.objects.get(pk=context.payload["mass_send"])
    attempt = context.payload["attempt"]
    if not mass_sending.ask_mass_send(sending=sending, client=gateway.client(), now=context.now):
        publishing.ask_later("mass_send", sending.pk, attempt=attempt + 1, now=context.now)
    return {"state": sending.state}


@job_handler("wechat_statistics", title="同步公众号统计")
def statistics(context: JobContext) -> Result:
    """Pull the figures named in the payload, or all of them."""
    client = gateway.client(by=context.job.created_by)
    names = context.payload.get("names") or ()
    faults = pulling.pull_all(client=client, now=context.now, names=names, report=context.report)
    return {"faults": faults}


@job_handler("wechat_capabilities", title="查询公众号的能力")
def find_capabilities(context: JobContext) -> Result:
    """Ask WeChat what the account may do."""
    client = gateway.client(by=context.job.created_by)
    return dict(capabilities.find_out(client=client, now=context.now).capabilities)


@job_handler("wechat_results", title="查询发布和群发的结果")
def results(context: JobContext) -> Result:
    """Ask for every publication and sending that has not come to an end.

    One of which WeChat knows nothing keeps none of the others waiting. Those whose process died in
    every try become uncertain.
    """
    client, asked, faults = gateway.client(), 0, []
    open_ones: list[tuple[str, Callable[[], object]]] = [
        *(
            (each.title, partial(publishing.ask_publication, publication=each))
            for each in Publication.objects.filter(state=Publication.State.SUBMITTED)
        ),
        *(
            (each.title, partial(mass_sending.ask_mass_send, sending=each))
            for each in MassSend.objects.filter(state=MassSend.State.SUBMITTED)
        ),
    ]
    for title, ask in open_ones:
        try:
            ask(client=client, now=context.now)  # type: ignore[call-arg]
        except gateway.WeChatError as error:
            faults.append(f"“{title}”：{error.sentence}")
        asked += 1
    long_ago = Publication.objects.filter(submitted_at__lt=context.now - LONG_AGO)
    publishing.give_up(long_ago, now=context.now)
    for sending in MassSend.objects.filter(state=MassSend.State.WAITING):
        mass_sending.give_up(sending, now=context.now)
    return {"asked": asked, "faults": faults}


@job_handler("wechat_clean", title="清理接口调用记录")
def clean(context: JobContext) -> Result:
    """Drop what was logged of calls more than ninety days ago, and old counts."""
    old = CallLog.objects.filter(started_at__lt=context.now - KEEP_CALLS)
    return {"calls": old.delete()[0], "counts": quotas.forget_old(now=context.now)}


def _is_last(context: JobContext) -> bool:
    return context.job.attempts >= context.job.max_attempts
