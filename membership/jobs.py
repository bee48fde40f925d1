"""What the jobs of the membership do: one service call each."""

from __future__ import annotations

from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("send_message", title="发送消息")
def send_message(context: JobContext) -> Result:
    """Send one queued message; a message that is gone or done is nothing to do."""
    from membership.delivering import deliver

    message, job = context.payload["message"], context.job.pk
    return {"state": deliver(message, now=context.now, job=job)}


@job_handler("fetch_media", title="取粉丝发来的图片和语音")
def fetch_media(context: JobContext) -> Result:
    """Fetch what came with one message while WeChat keeps it."""
    from membership.media import fetch

    is_last = context.job.attempts >= context.job.max_attempts
    return {"error": fetch(context.payload["message"], now=context.now, is_last=is_last)}


@job_handler("look_after_notice", title="核对订阅通知的结果")
def look_after_notice(context: JobContext) -> Result:
    """See that a notification has come to an end."""
    from membership.notifying import look_after

    return {"state": look_after(context.payload["notice"], now=context.now)}


@job_handler("drop_old_media", title="删除过了保存期的图片和语音")
def drop_old_media(context: JobContext) -> Result:
    """Delete what followers sent long enough ago."""
    from membership.media import drop_old

    return {"files": drop_old(now=context.now)}


@job_handler("tell_remark", title="把备注名告诉微信")
def tell_remark(context: JobContext) -> Result:
    """Tell WeChat what staff call a follower, as it stands when the job runs."""
    from membership.conversing import tell_remark as tell

    is_last = context.job.attempts >= context.job.max_attempts
    by = context.job.created_by
    return {"error": tell(context.payload["follower"], by=by, is_last=is_last)}


@job_handler("take_up_members", title="登记会员")
def take_up_members(context: JobContext) -> Result:
    """Make the members of imports since the last time, and the files of cards that took part."""
    from membership.archiving import take_up_participations
    from membership.members import take_up_members as take_up

    members = take_up(now=context.now, report=context.report)
    return {"members": members, "files": take_up_participations(now=context.now)}


@job_handler("sync_followers", title="同步粉丝与标签")
def sync_followers(context: JobContext) -> Result:
    """Compare our followers and tags with WeChat's, page by page."""
    from membership.syncing import sync_followers as sync

    return sync(now=context.now, report=context.report)
