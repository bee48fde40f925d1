"""What may be called how often: counted here, and refused before WeChat refuses.

The limits are those of 接口调用频次限制说明 for a new account; an account with others sets them by
``WECHAT_QUOTAS`` (docs/wechat.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F

from haitang.kernel import clock
from haitang.kernel.clock import SHANGHAI
from haitang.wechat.gateway.errors import WeChatError
from haitang.wechat.models import Account, QuotaUse

KEEP_DAYS = 30
TOKEN, FORCED = "/cgi-bin/stable_token", "stable_token:force"
A_DAY: dict[str, int] = {
    TOKEN: 500_000,
    FORCED: 20,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/tags/create": 1_000,
    "/cgi-bin/tags/get": 1_000,
    "/cgi-bin/tags/update": 1_000,
    "/cgi-bin/tags/members/batchtagging": 100_000,
    "/cgi-bin/tags/members/batchuntagging": 100_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/media/get": 200_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info/batchget": 500_000,
    "/cgi-bin/user/info/updateremark": 10_000,
}
A_MINUTE: dict[str, int] = {TOKEN: 10_000}
NAMES: dict[str, str] = {
    TOKEN: "取访问令牌",
    FORCED: "强制更换访问令牌",
    "/cgi-bin/menu/create": "推送菜单",
    "/cgi-bin/menu/get": "查询菜单",
    "/cgi-bin/get_current_selfmenu_info": "查询现用菜单",
    "/cgi-bin/menu/delete": "删除菜单",
    "/cgi-bin/tags/create": "新建标签",
    "/cgi-bin/tags/get": "查询标签",
    "/cgi-bin/tags/update": "改标签",
    "/cgi-bin/tags/delete": "删除标签",
    "/cgi-bin/tags/members/batchtagging": "打标签",
    "/cgi-bin/tags/members/batchuntagging": "取消标签",
    "/cgi-bin/user/tag/get": "标签下的粉丝",
    "/cgi-bin/media/upload": "上传临时素材",
    "/cgi-bin/media/uploadimg": "上传文章图片",
    "/cgi-bin/material/add_material": "上传永久素材",
    "/cgi-bin/material/get_materialcount": "素材总数",
    "/cgi-bin/media/get": "下载素材",
    "/cgi-bin/message/custom/send": "客服消息",
    "/cgi-bin/message/custom/typing": "输入状态",
    "/cgi-bin/message/mass/sendall": "群发",
    "/cgi-bin/message/mass/get": "查询群发结果",
    "/cgi-bin/message/mass/preview": "群发预览",
    "/cgi-bin/message/subscribe/bizsend": "订阅通知",
    "/wxaapi/newtmpl/gettemplate": "查询通知模板",
    "/cgi-bin/qrcode/create": "带参数二维码",
    "/cgi-bin/showqrcode": "下载二维码",
    "/cgi-bin/user/get": "粉丝列表",
    "/cgi-bin/user/info/batchget": "粉丝资料",
    "/cgi-bin/user/info/updateremark": "改备注名",
    "/cgi-bin/draft/add": "新建草稿",
    "/cgi-bin/draft/count": "草稿总数",
    "/cgi-bin/draft/batchget": "草稿列表",
    "/cgi-bin/draft/update": "改草稿",
    "/cgi-bin/draft/get": "查询草稿",
    "/cgi-bin/draft/delete": "删除草稿",
    "/cgi-bin/freepublish/submit": "提交发布",
    "/cgi-bin/freepublish/get": "查询发布结果",
    "/cgi-bin/freepublish/batchget": "已发布列表",
    "/datacube/getusersummary": "粉丝增减",
    "/datacube/getusercumulate": "粉丝总数",
    "/datacube/getupstreammsg": "收到的消息数",
    "/datacube/getarticletotal": "文章统计（旧接口）",
    "/datacube/getarticletotaldetail": "文章统计（新接口）",
    "/datacube/getbizsummary": "公众号阅读概况",
    "/sns/oauth2/access_token": "网页授权",
}


@dataclass(frozen=True)
class Used:
    """An interface today: ``limit`` None when none is known."""

    name: str
    api: str
    used: int
    limit: int | None

    @property
    def is_near(self) -> bool:
        """Nine tenths are used."""
        return self.limit is not None and self.used * 10 >= self.limit * 9


def name_of(api: str) -> str:
    """What people call an interface."""
    return NAMES.get(api, api)


def limit_a_day(api: str) -> int | None:
    """The calls a day of an interface; None when none is known."""
    own: dict[str, int] = settings.WECHAT_QUOTAS
    return own.get(api, A_DAY.get(api))


def take(account: Account, api: str, *, now: datetime) -> None:
    """Count a call about to be made. Raises WeChatError 45009 or 45011 when none is left."""
    minute = A_MINUTE.get(api)
    if minute is not None and not _count(account, api, _minute(now), minute):
        raise WeChatError(45011, path=api)
    limit = limit_a_day(api)
    if not _count(account, api, _day(now), limit):
        raise WeChatError(
            45009,
            path=api,
            sentence=f"“{name_of(api)}”今天已经用了 {limit:,} 次，到了每天的上限，"
            "这一次没有发给微信。请明天再试；急用时可在公众号后台“接口权限”里清零（每月 10 次）。",
        )


def take_forced(account: Account, *, now: datetime) -> bool:
    """Count a forced renewal of the token if one is left today."""
    return _count(account, FORCED, _day(now), limit_a_day(FORCED))


def used_on(account: Account, day: date) -> list[Used]:
    """What was used on that day, those nearest to their limit first. One query."""
    rows = QuotaUse.objects.filter(account=account, period=day.isoformat())
    found = [Used(name_of(row.api), row.api, row.used, limit_a_day(row.api)) for row in rows]
    return sorted(found, key=lambda each: (-each.used / (each.limit or 10**9), -each.used))


def forget_old(*, now: datetime) -> int:
    """Drop the counts of more than thirty days ago, and yesterday's minutes."""
    days = QuotaUse.objects.filter(period__lt=_day(now - timedelta(days=KEEP_DAYS)))
    minutes = QuotaUse.objects.filter(period__contains="T", period__lt=_day(now))
    return days.delete()[0] + minutes.delete()[0]


def _count(account: Account, api: str, period: str, limit: int | None) -> bool:
    rows = QuotaUse.objects.filter(account=account, api=api, period=period)
    left = rows if limit is None else rows.filter(used__lt=limit)
    if left.update(used=F("used") + 1):
        return True
    if limit == 0:
        return False
    # No row yet, or none left: only the row's own count may refuse, since another makes it too.
    _, is_new = rows.get_or_create(account=account, api=api, period=period, defaults={"used": 1})
    return is_new or bool(left.update(used=F("used") + 1))


def _day(now: datetime) -> str:
    return clock.business_day(now).isoformat()


def _minute(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
