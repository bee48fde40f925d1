"""What WeChat's error codes mean for a person: Chinese sentences (docs/wechat.md). Pure.

``{ip}`` and ``{errmsg}`` are filled from WeChat's own words. A code is permanent when trying the
same again within minutes is of no use: a person has to do something, or another day has to come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What this product says where WeChat itself said nothing.
NOT_CONFIGURED, UNREACHABLE, NO_ANSWER, BAD_ANSWER = -100, -101, -102, -103
BUSY = -1
TOKEN_CODES = frozenset({40001, 40014, 42001})
NOT_AUTHORISED = 48001


@dataclass(frozen=True)
class Meaning:
    """A code in words; ``is_passing`` when it may be gone in a few minutes by itself."""

    sentence: str
    is_passing: bool = False


_UNTRUSTED = (
    "微信不认可访问令牌，换了新的仍然不行。请信息部对接人核对 WECHAT_APP_ID 和 WECHAT_APP_SECRET，"
    "并确认没有别的系统用旧接口抢着换同一个公众号的令牌。"
)
MEANINGS: dict[int, Meaning] = {
    NOT_CONFIGURED: Meaning(
        "还没有接上公众号：请管理员设置 WECHAT_APP_ID 和 WECHAT_APP_SECRET（见 docs/wechat.md），"
        "然后重启服务。"
    ),
    UNREACHABLE: Meaning(
        "连不上微信的服务器，这一步没有发出。请过几分钟再试；一直连不上，请管理员检查服务器的网络。",
        is_passing=True,
    ),
    NO_ANSWER: Meaning(
        "已经发给微信，但没有等到回答，不知道办成了没有。请先到公众号后台核对，再决定要不要重做。",
        is_passing=True,
    ),
    BAD_ANSWER: Meaning(
        "微信的回答看不懂，不知道办成了没有。请先到公众号后台核对；反复出现，请管理员检查"
        " WECHAT_API_BASE 和服务器的代理。",
        is_passing=True,
    ),
    BUSY: Meaning("微信系统繁忙，试了几次都没有办成。请过几分钟再试。", is_passing=True),
    40001: Meaning(_UNTRUSTED),
    40014: Meaning(_UNTRUSTED),
    42001: Meaning(_UNTRUSTED),
    40003: Meaning("微信不认识这个 openid：它不是这个公众号的粉丝。请刷新粉丝列表，核对后再试。"),
    40004: Meaning("这种媒体文件微信不收。请换成图片（JPG、PNG）再试。"),
    40005: Meaning("这种文件格式微信不收。请换成 JPG 或 PNG 图片再试。"),
    40007: Meaning("素材已经不在微信那里了（临时素材只保存 3 天）。请重新上传这个素材再试。"),
    40009: Meaning("图片太大，微信不收。请压缩到 1 MB 以内（永久素材 10 MB 以内）再试。"),
    40013: Meaning("AppID 不对。请信息部对接人在公众号后台“基本配置”里核对 WECHAT_APP_ID。"),
    40029: Meaning("这次微信授权的凭证无效或已经过期。请回到上一页，重新点一次微信授权。"),
    40163: Meaning("这次微信授权的凭证已经用过。请回到上一页，重新点一次微信授权。"),
    40008: Meaning("这种消息微信不收。请改用文字、图片或一条图文。"),
    40032: Meaning("一次给的粉丝太多：查询资料每次最多 100 个，打标签每次最多 50 个。"),
    40037: Meaning("模板编号不对。请在公众号后台“订阅通知”里核对模板，再重新选。"),
    40054: Meaning("菜单里的网址不对。请写完整的 https:// 地址，再推送一次。"),
    40055: Meaning("菜单里的网址太长或不对。请换短一些的 https:// 地址，再推送一次。"),
    40097: Meaning("交给微信的参数不对（{errmsg}）。请核对填写的内容；仍不行，请联系管理员。"),
    40125: Meaning(
        "AppSecret 不对，可能在公众号后台重置过。请信息部对接人更新 WECHAT_APP_SECRET 并重启服务。"
    ),
    40164: Meaning(
        "服务器的 IP{ip} 不在公众号的 IP 白名单里。请信息部对接人在公众号后台"
        "“设置与开发 → 基本配置 → IP 白名单”里加上它，几分钟后再试。"
    ),
    41001: Meaning("调用里没有带访问令牌：这是程序的问题，请联系管理员查看服务日志。"),
    41030: Meaning("通知里的小程序或网页地址不对。请核对跳转地址再试。"),
    43004: Meaning("对方没有关注公众号（或已经取消关注），微信不让发。只能等对方重新关注。"),
    43019: Meaning("对方在公众号的黑名单里。请先在公众号后台把对方移出黑名单。"),
    43101: Meaning(
        "对方没有订阅这个通知，或一次订阅的额度已经用掉（订阅一次只能发一次）。请让对方重新订阅。"
    ),
    43107: Meaning("公众号的订阅通知功能被封禁。请登录公众号后台查看站内信，处理后再试。"),
    44002: Meaning("交给微信的内容是空的。请填好内容再试。"),
    44004: Meaning("消息内容是空的。请写好内容再发。"),
    45002: Meaning("消息太长：微信客服消息最多约 2048 个字节（约 680 个汉字）。请分成几条发。"),
    45003: Meaning("标题太长：最多 32 个字（图文草稿）。请改短再试。"),
    45004: Meaning("摘要太长：最多 128 个字。请改短再试。"),
    45007: Meaning("语音太长：最多 60 秒。请换一段短的。"),
    45008: Meaning("图文条数超过限制：客服消息只能一条图文，一份草稿最多 8 条。"),
    45009: Meaning(
        "这个接口今天的调用次数已经用完。请明天再试；"
        "急用时可在公众号后台“接口权限”里清零（每月 10 次）。"
    ),
    45011: Meaning("一分钟内调用太多次。请等一分钟再试。", is_passing=True),
    45015: Meaning(
        "超过了可以回复的时间：对方最近 48 小时没有来过消息，或已经取消关注。只能等对方再发来消息。"
    ),
    45026: Meaning("模板数量已到上限。请在公众号后台删掉不用的模板再加。"),
    45028: Meaning(
        "本期的群发次数已经用完（公众号每天 1 次，服务号每个粉丝每月 4 次）。"
        "请等下一天或下个月，或改用“发布”。"
    ),
    45029: Meaning("永久二维码已经有 10 万个，不能再建。请改用临时二维码（最长 30 天）。"),
    45047: Meaning(
        "回复条数到了上限：对方发来一条消息后最多回 5 条。请等对方再发来消息，之后才能继续。"
    ),
    45056: Meaning("标签已经有 100 个，不能再建。请先删掉不用的标签。"),
    45057: Meaning("这个标签下的粉丝超过 10 万，不能直接删除。请先在公众号后台减少粉丝。"),
    45058: Meaning("这是微信自带的标签，不能改也不能删。"),
    45059: Meaning("有粉丝身上的标签已经满 20 个。请先取消他的一个标签。"),
    45064: Meaning("菜单里的小程序没有与公众号关联。请先在公众号后台关联小程序。"),
    45065: Meaning("这一次群发以前已经提交过，微信没有再发。请在发布记录里查看那一次的结果。"),
    45066: Meaning("同一次群发重试太快。请等一分钟再试。", is_passing=True),
    45067: Meaning("群发的防重编号太长（最多 64 个字节）：这是程序的问题，请联系管理员。"),
    45072: Meaning("输入状态的命令不对：这是程序的问题，请联系管理员。"),
    45080: Meaning("对方 30 秒内没有互动，微信不显示“正在输入”。可以直接回复。"),
    45081: Meaning("“正在输入”已经显示着，不用再设。", is_passing=True),
    45109: Meaning("作者名太长：最多 16 个字。请改短再试。"),
    45110: Meaning("作者名太长：最多 16 个字。请改短再试。"),
    45157: Meaning("标签名不合规，或已经有同名的标签。请换一个名字。"),
    45158: Meaning("标签名太长：最多 30 个字节，约 10 个汉字。请改短再试。"),
    45159: Meaning("微信那里没有这个标签，可能刚被删掉。请同步标签后再试。"),
    46003: Meaning("公众号现在没有自定义菜单。请在菜单页编好后推送。"),
    47001: Meaning("交给微信的数据格式不对：这是程序的问题，请联系管理员查看服务日志。"),
    47003: Meaning("通知里有一项内容不合模板的要求（{errmsg}）。请按模板的说明改好再发。"),
    48001: Meaning(
        "这个公众号没有这个接口的权限（多半因为没有认证，或账号类型不支持）。"
        "请在“公众号”页查看有哪些能力；没有的，请在公众号后台手工操作，再回来登记结果。"
    ),
    48002: Meaning("对方关闭了接收消息。只能等对方重新打开。"),
    48003: Meaning("公众号还没有同意群发协议。请登录公众号后台，在群发功能里点同意。"),
    48004: Meaning("这个接口被微信封禁。请登录公众号后台查看站内信，按里面的说明处理。"),
    48006: Meaning("这个月清零的 10 次机会已经用完。请等到下个月，或明天次数恢复后再试。"),
    48008: Meaning("这种消息没有发送权限。请改用文字或图片。"),
    49003: Meaning("这个 openid 属于别的公众号。请刷新粉丝列表，核对后再试。"),
    50002: Meaning("公众号被冻结或封禁。请登录公众号后台查看站内信，处理后再试。"),
    50005: Meaning("对方没有关注公众号。只能等对方关注。"),
    53500: Meaning("发布功能被微信封禁。请登录公众号后台查看站内信，处理后再试。"),
    53501: Meaning("发布得太频繁。请过一会儿再发布。", is_passing=True),
    53502: Meaning("发布参数不对（{errmsg}）。请核对草稿；仍不行，请在公众号后台发布后回来登记。"),
    53503: Meaning("草稿没有通过发布检查。请在公众号后台打开这份草稿，按提示改好后再发布。"),
    53504: Meaning("这份草稿要到公众号后台发布。请在后台发布，再回来登记网址和日期。"),
    53505: Meaning("这份草稿要先在公众号后台手工保存一次。请打开它、保存，再回来发布。"),
    53600: Meaning("没有这篇已发布的文章：编号不对，或已经被删除。请到公众号后台核对。"),
    61500: Meaning("统计日期的格式不对：这是程序的问题，请联系管理员。"),
    61501: Meaning("统计日期超出微信允许的范围：只能查昨天及以前，每次有天数限制。请改短日期。"),
    61503: Meaning(
        "微信的统计数据还没有算好（每天 8 点以后才有昨天的）。请晚些再试。", is_passing=True
    ),
    65301: Meaning("微信那里没有这个个性化菜单。请在菜单页重新推送。"),
}

_IP = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")
_RID = re.compile(r"\s*(hint|rid): ?\[?[\w\-.@ ]+\]?")


def meaning_of(code: int, errmsg: str = "") -> Meaning:
    """The code in words; one that is not in the table names itself and WeChat's own words."""
    plain = _RID.sub("", errmsg).strip()[:120]
    found = MEANINGS.get(code)
    if found is None:
        said = f"：{plain}" if plain else ""
        return Meaning(
            f"微信没有接受这一步（错误码 {code}{said}）。请把错误码告诉信息部对接人，"
            "对照微信的“全局返回码”查原因。"
        )
    ip = _IP.search(errmsg)
    words = found.sentence.replace("{ip}", f" {ip[1]}" if ip else "")
    return Meaning(words.replace("{errmsg}", plain or "没有说明"), found.is_passing)
