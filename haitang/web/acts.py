"""The acts of the audit trail in words, and the pages of the objects that they were done to.

Whoever writes ``audit.record(act="…")`` adds the act here; a test compares this with the code.
"""

from __future__ import annotations

from collections.abc import Callable

from django.urls import NoReverseMatch

from haitang.kernel.addresses import address
from haitang.kernel.models import AuditEntry

ACTS: dict[str, str] = {
    # people
    "create_person": "新增人员",
    "change_person": "改姓名或部门",
    "reset_password": "重设密码",
    "change_password": "改自己的密码",
    "close_account": "登记最后一天",
    "reopen_account": "重新启用账号",
    "add_tenure": "登记任职",
    "end_tenure": "结束任职",
    "correct_tenure": "更正任职",
    "remove_tenure": "撤销任职",
    "add_department": "新增部门",
    "change_department": "改部门",
    "set_deputy": "登记代理人",
    "end_deputy": "结束代理",
    "create_token": "建立接口令牌",
    "revoke_token": "作废接口令牌",
    # sales
    "import": "导入销售",
    "withdraw": "撤回导入",
    "save_mapping": "保存列的对应",
    "delete_mapping": "删除列的对应",
    "load_item_costs": "载入商品成本",
    # campaigns and articles
    "add_campaign": "新建活动",
    "change_campaign": "改活动",
    "set_campaign_status": "改活动状态",
    "link_article": "关联活动与推文",
    "freeze_reads": "自动填入 7 天阅读量",
    "request_publication": "发布草稿",
    "record_publication": "登记手工发布",
    "settle_mass_send": "核对群发的结果",
    "settle_publication": "核对发布结果",
    "request_mass_send": "群发",
    "add_draft": "写公众号草稿",
    "delete_draft": "删除公众号草稿",
    "save_menu": "保存公众号菜单",
    "push_menu": "推送公众号菜单",
    "create_tag": "新建粉丝标签",
    "rename_tag": "改粉丝标签",
    "delete_tag": "删除粉丝标签",
    "tag_followers": "给粉丝打标签",
    "untag_followers": "取消粉丝的标签",
    "send_notice": "发订阅通知",
    "bind_wechat": "绑定自己的微信",
    "unbind_wechat": "解除绑定微信",
    "add_article": "登记推文",
    "change_article": "改推文",
    "enter_reads": "手工录入阅读量",
    # stores, calendar, personal data
    "add_store": "新增门店",
    "change_store": "改门店",
    "set_days": "改日历",
    "confirm_year": "确认一年的日历",
    "personal.reveal": "看个人信息的全文",
    "download": "下载文件",
    # WeChat
    "replay_event": "重新处理微信消息",
    # the funds
    "take_up_fee": "登记稿费",
    "submit_paper": "提交活动材料",
    "approve_paper": "批准活动材料",
    "return_paper": "退回活动材料",
    "load_pack": "载入数据包",
    "correct_fee": "更正稿费",
    "change_fee": "改稿费的所得类别",
    "request_expense": "申请公费支出",
    "approve_expense": "批准公费支出",
    "refuse_expense": "不批准公费支出",
    "verify_ledger": "核对账本",
    # the policy
    "copy_policy": "起草制度",
    "change_policy": "改制度草稿",
    "discard_policy": "作废制度草稿",
    "publish_policy": "发布制度",
    "withdraw_policy": "撤回发布的制度",
    # deductions and objections
    "propose_event": "提出扣减",
    "confirm_event": "确认扣减",
    "change_event": "更改扣减",
    "waive_event": "免除扣减",
    "raise_objection": "提出异议",
    "answer_objection": "答复异议",
    "withdraw_objection": "撤回异议",
    # followers, conversations, complaints, codes
    "assign_conversation": "交给负责人",
    "close_conversation": "结束留言",
    "reopen_conversation": "重新打开留言",
    "settle_message": "核对消息的结果",
    "drop_old_media": "删除过了保存期的图片和语音",
    "link_member": "关联会员",
    "unlink_member": "取消会员关联",
    "save_reply_rule": "保存自动回复",
    "delete_reply_rule": "删除自动回复",
    "set_reply_targets": "定回复时限",
    "record_complaint": "登记投诉",
    "decide_complaint": "写投诉的结果",
    "tell_complaint": "登记已告知投诉人",
    "close_complaint": "办结投诉",
    "make_scene": "做渠道二维码",
    "retire_scene": "停用渠道二维码",
    "record_participant": "登记客户档案",
    "change_participant": "改客户档案",
    "remove_participant": "删除客户档案",
    "take_up_participants": "给参与的会员卡建档案",
    "set_archive_required": "定客户档案的必填项",
    # a month's way, its payments
    "let_problem_pass": "放行问题",
    "submit_month": "提交月度结算",
    "withdraw_month": "撤回提交",
    "return_month": "退回月度结算",
    "approve_month": "批准月度结算",
    "reverse_month": "撤销批准",
    "pay_month": "登记发放完毕",
    "close_month": "关账",
    "open_payments": "开出付款",
    "void_payments": "作废付款",
    "retry_payment": "重新付款",
    "payment_paid": "登记已付",
    "payment_failed": "登记未付成",
    "payment_returned": "登记退回",
    "pay_all": "全部登记为已付",
    "set_payee_account": "登记收款账户",
    "save_bank_layout": "改银行文件格式",
    "delete_bank_layout": "删除银行文件格式",
    "personal.export": "导出个人信息",
    # the product itself
    "demo.loaded": "载入演示数据",
    "demo.opened": "准备演示的公众号",
    "demo.replies": "准备演示的自动回复",
    "verify_audit": "核对操作记录",
    "export_audit": "导出操作记录",
}
OBJECTS: dict[str, str] = {
    "accounts.user": "人员",
    "accounts.tenure": "任职",
    "accounts.department": "部门",
    "accounts.deputy": "代理",
    "accounts.apitoken": "接口令牌",
    "campaigns.salesimport": "销售导入",
    "campaigns.sourcemapping": "列的对应",
    "campaigns.campaign": "活动",
    "campaigns.membercard": "会员卡",
    "content.article": "推文",
    "wechat.publication": "发布",
    "wechat.masssend": "群发",
    "wechat.menuversion": "公众号菜单",
    "campaigns.store": "门店",
    "campaigns.calendarday": "日历",
    "campaigns.calendaryear": "日历的一年",
    "campaigns.itemcost": "商品成本",
    "demo_pack": "演示数据包",
    "incentives.settlementrun": "月度结算",
    "incentives.settlement": "月度结算",
    "incentives.problemoverride": "放行的问题",
    "incentives.payment": "付款",
    "incentives.payeeaccount": "收款账户",
    "incentives.banklayout": "银行文件格式",
    "incentives.kpievent": "考核事件",
    "incentives.objection": "异议",
    "incentives.articlefee": "稿费",
    "incentives.reserveexpense": "公费支出",
    "wechat.inboundevent": "微信消息",
    "wechat.account": "公众号",
    "membership.conversation": "留言",
    "membership.message": "消息",
    "membership.follower": "粉丝",
    "membership.replyrule": "自动回复",
    "membership.inboxsettings": "回复时限",
    "membership.complaint": "投诉",
    "membership.scenecode": "渠道二维码",
    "membership.followertag": "粉丝标签",
    "membership.followernotice": "订阅通知",
    "membership.participant": "客户档案",
    "membership.archivesettings": "客户档案必填项",
    "campaigns.participation": "活动参与",
    "policy.policydraft": "制度草稿",
    "policy.policyversion": "制度",
    "kernel.job": "试算",
    "ledger": "账本",
    "file": "下载的文件",
    "audit": "操作记录",
}


def _code(entry: AuditEntry) -> str:
    """The object's own code, where the entry tells it."""
    return str(entry.details.get("code", ""))


# Object type → how its page is found from an entry; types without a page are not here.
_PAGES: dict[str, Callable[[AuditEntry], str]] = {
    "accounts.user": lambda entry: address("person", entry.object_id),
    "accounts.tenure": lambda entry: address("tenure", entry.object_id),
    "accounts.department": lambda entry: address("department", entry.object_id),
    "accounts.deputy": lambda entry: address("deputies"),
    "campaigns.campaign": lambda entry: address("campaign", _code(entry)),
    "content.article": lambda entry: address("article", _code(entry)),
    "campaigns.membercard": lambda entry: address("card", entry.object_id),
    "campaigns.salesimport": lambda entry: address("import", entry.object_id),
    "incentives.kpievent": lambda entry: address("kpi-month", entry.details["month"]),
    "incentives.objection": lambda entry: address("objection", entry.object_id),
    "incentives.articlefee": lambda entry: address("fees"),
    "incentives.reserveexpense": lambda entry: address("expense", entry.object_id),
    "wechat.account": lambda entry: address("wechat-account"),
    "wechat.inboundevent": lambda entry: address("wechat-event", entry.object_id),
    "membership.conversation": lambda entry: address("conversation", entry.object_id),
    "membership.message": lambda entry: address("message", entry.object_id),
    "membership.follower": lambda entry: address("follower", entry.object_id),
    "membership.inboxsettings": lambda entry: address("reply-targets"),
    "membership.complaint": lambda entry: address("complaint", entry.object_id),
    "membership.followertag": lambda entry: address("follower-tags"),
    "membership.scenecode": lambda entry: address("scene", entry.object_id),
    "membership.participant": lambda entry: address("participant", entry.object_id),
    "membership.archivesettings": lambda entry: address("customer-files"),
    "policy.policydraft": lambda entry: address("policy-draft", entry.object_id),
    "policy.policyversion": lambda entry: address("policy-version", entry.object_id),
    "ledger": lambda entry: address("trial-balance"),
}
# Afterwards the object is no more.
_GONE = frozenset({"remove_tenure", "remove_participant"})


def act_name(act: str) -> str:
    """The act in words; one that is not in the catalogue as it is written."""
    return ACTS.get(act, act)


def object_kind(object_type: str) -> str:
    """The kind of object in words."""
    return OBJECTS.get(object_type, object_type)


def object_url(entry: AuditEntry) -> str:
    """The page of the entry's object, or an empty string."""
    page = _PAGES.get(entry.object_type)
    if page is None or entry.act in _GONE:
        return ""
    try:
        return page(entry)
    except NoReverseMatch:
        return ""
