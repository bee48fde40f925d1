"""What stands for the braces in the addresses of docs/permissions.md: real objects, and others'."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date

from accounts.models import ApiToken, Department, Deputy, SavedView, User
from accounts.roles import Role
from campaigns.models import Campaign, CampaignPaper, MemberCard, SalesImport, SourceMapping, Store
from campaigns.services import compute_uplift
from content.models import Manuscript
from haitang.datapack.uploads import submit_pack
from haitang.kernel import clock, files
from haitang.kernel.clock import Month
from haitang.kernel.models import Notice
from haitang.policy import drafting
from haitang.policy.document import DEFAULT
from haitang.policy.models import PolicyVersion
from haitang.policy.services import publish_policy
from haitang.wechat.models import MassSend, MenuVersion, Publication
from incentives.calculation.services import calculate_month
from incentives.funds.fees import take_up_fees
from incentives.models import (
    ArticleFee,
    Journal,
    KpiEvent,
    LedgerAccount,
    Objection,
    Payment,
    ReserveExpense,
    Settlement,
)
from incentives.payments.bank_file import default_layout
from incentives.whatif.trials import start_trial
from membership.models import Participant, QuickReply
from tests.factories.followers import (
    make_code,
    make_complaint,
    make_conversation,
    make_picture,
    make_rule,
    make_tag,
)
from tests.factories.people import make_holder, make_tenure, make_user
from tests.factories.wechat import make_account, make_event
from tests.web import scene


@dataclass(frozen=True)
class PermissionScene:
    """``own`` fills the braces with what the person may meet, ``foreign`` with other people's."""

    user: User
    own: dict[str, object] = field(default_factory=dict)
    foreign: dict[str, object] = field(default_factory=dict)

    def address(self, pattern: str) -> str:
        """The address with the person's own objects."""
        return pattern.format_map(self.own)

    def foreign_address(self, pattern: str) -> str | None:
        """The address with other people's objects; None when nothing in it is anybody's."""
        address = pattern.format_map({**self.own, **self.foreign})
        return None if address == self.address(pattern) else address


def make_person(role: str) -> User:
    """A person with that role of the table; ``administrator`` is the superuser."""
    if role == "administrator":
        return make_user(username="root", is_superuser=True)
    return make_holder(Role(role), store_code="S01" if role == Role.STORE_MANAGER else "")


def make_scene(role: str) -> PermissionScene:
    """A chain with a calculated month; S01 and C1 are the store manager's, S02 and C2 are not."""
    scene.make_chain()
    scene.make_team()
    scene.make_campaign("C2", stores=[Store.objects.get(code="S02")])
    user, colleague = make_person(role), make_user(name="同事")
    month = Month(2026, 10)
    publish_policy(document={"code": "test"}, by=None, now=scene.MOMENT)
    compute_uplift(now=scene.MOMENT, codes=["C1", "C2"])
    calculate_month(month=month, by=colleague, now=scene.MOMENT)
    kept = files.store_file(
        name="销售.csv", content="门店,销售日期\n".encode(), by=colleague, now=scene.MOMENT
    )
    sales = SalesImport.objects.get()
    SalesImport.objects.filter(pk=sales.pk).update(file=kept)
    mapping = SourceMapping.objects.create(
        name="收银", document={"columns": {}}, updated_at=scene.MOMENT
    )
    own: dict[str, object] = {
        "月": month,
        "年": 2026,
        "日": scene.EVENT,
        "活动": "C1",
        "推文": "A1",
        "门店": "S01",
        "导入": sales.pk,
        "文件": kept.pk,
        "对应": mapping.pk,
        "数据包": submit_pack(
            file=io.BytesIO(b"PK"),
            name="搬家.zip",
            skip_bad_rows=False,
            by=colleague,
            now=scene.MOMENT,
        ).pk,
        "卡": MemberCard.objects.latest("pk").pk,
        "制度": PolicyVersion.objects.latest("pk").pk,
        "草稿": drafting.copy_version(version=None, name="草稿", by=colleague, now=scene.MOMENT).pk,
        "试算": start_trial(
            document=DEFAULT, name="试", first=month, until=month, by=colleague, now=scene.MOMENT
        ).pk,
        "扣减": _deduction().pk,
        "材料": CampaignPaper.objects.create(
            campaign=Campaign.objects.get(code="C1"),
            kind="plan",
            text="一、目的",
            submitted_at=scene.MOMENT,
            submitted_by=colleague,
        ).pk,
        "本人": user.pk,
        "别人": colleague.pk,
        "任职": make_tenure(user=colleague, role=Role.EMPLOYEE).pk,
        "部门": Department.objects.create(name="公关部").pk,
        "稿费": _fee(),
        "付款": _payment(month).pk,
        "格式": default_layout(now=scene.MOMENT).pk,
        "记账凭证": Journal.objects.latest("number").pk,
        "科目": "outstanding",
        "消息": make_event(state="failed").pk,
        **_outbound(colleague),
        **_followers(user),
        **_personal(user, deputy=colleague),
    }
    foreign = {
        "活动": "C2",
        "门店": "S02",
        "渠道码": _code("S02", colleague),
        "投诉": make_complaint(colleague).pk,
        **_personal(colleague, deputy=make_user()),
    }
    return PermissionScene(user, own, foreign)


def _payment(month: Month) -> Payment:
    """A payment that waits in a month of which the approval was taken back."""
    settlement, _ = Settlement.objects.get_or_create(month=str(month))
    account = LedgerAccount.objects.create(
        code="payable:planner", name="应付提成·planner", group="payable", side=-1
    )
    return Payment.objects.create(
        settlement=settlement,
        account=account,
        payee="planner",
        name="planner",
        purpose="提成",
        amount_fen=100,
        changed_at=scene.MOMENT,
    )


def _followers(user: User) -> dict[str, object]:
    """A conversation with its message, a complaint that the person recorded, rules and a code."""
    conversation = make_conversation()
    return {
        "留言": conversation.pk,
        "留言消息": conversation.messages.latest("pk").pk,
        "粉丝标签": make_tag().pk,
        "图片消息": make_picture(conversation).pk,
        "粉丝": conversation.follower_id,
        "投诉": make_complaint(user).pk,
        "自动回复": make_rule().pk,
        "常用回复": QuickReply.objects.create(title="您好", text="您好，请讲。").pk,
        "渠道码": _code("S01", user),
        "档案": Participant.objects.create(
            campaign=Campaign.objects.get(code="C1"), name="王阿姨", recorded_at=scene.MOMENT
        ).pk,
    }


def _code(store: str, by: User) -> int:
    """A code of that store, with its picture."""
    picture = files.store_file(name="码.png", content=b"\x89PNG\r\n", by=by, now=scene.MOMENT)
    return make_code(store=Store.objects.get(code=store), picture=picture).pk


def _personal(user: User, *, deputy: User) -> dict[str, object]:
    """What is one person's alone."""
    today: date = clock.business_day(clock.now())
    notice = Notice.objects.create(
        recipient=user, key="permissions", text="您好。", created_at=scene.MOMENT
    )
    token = ApiToken.objects.create(
        user=user, name="测试", digest=f"{user.pk}", created_at=scene.MOMENT
    )
    stand_in = Deputy.objects.create(
        person=user,
        deputy=deputy,
        valid_from=today,
        valid_to=today,
        reason="休假",
        created_by=user,
        created_at=scene.MOMENT,
    )
    view = SavedView.objects.create(
        user=user, page="campaigns", name="本月", query="q=x", created_at=scene.MOMENT
    )
    return {
        "用户名": user.username,
        "收款人": "team_planner",
        "异议": _objection(user).pk,
        "公费": _expense(user).pk,
        "条件": view.pk,
        "通知": notice.pk,
        "令牌": token.pk,
        "代理": stand_in.pk,
    }


def _expense(user: User) -> ReserveExpense:
    """An expense that the person asked for, with its voucher."""
    voucher = files.store_file(
        name="发票.png", content=b"\x89PNG\r\n\x1a\n", by=user, now=scene.MOMENT
    )
    return ReserveExpense.objects.create(
        date=scene.EVENT,
        kind="team",
        amount=120,
        payee="图文店",
        voucher=voucher,
        state="requested",
        key=f"permissions:{user.pk}",
        recorded_at=scene.MOMENT,
        recorded_by=user,
    )


def _outbound(by: User) -> dict[str, object]:
    """A publication, a sending and a menu of the official account."""
    account, made = make_account(), {"by": by, "created_at": scene.MOMENT}
    publication = Publication.objects.create(key="permissions", title="秋燥", **made)
    sending = MassSend.objects.create(
        account=account, key="permissions", title="秋燥", kind="text", content="您好", **made
    )
    menu = MenuVersion.objects.create(account=account, buttons=[], **made)
    return {"发布": publication.pk, "群发": sending.pk, "菜单": menu.pk}


def _fee() -> int:
    """The fee of a manuscript adopted in October, with its journal."""
    Manuscript.objects.create(
        code="G1", title="秋燥", author_kind="employee", adopted_on=scene.EVENT
    )
    take_up_fees(now=scene.MOMENT, first=Month(2026, 10))
    return ArticleFee.objects.get().pk


def _deduction() -> KpiEvent:
    """A deduction that waits for its assessor."""
    return KpiEvent.objects.create(
        month="2026-10",
        rule="it.complaint",
        quantity="1",
        key="permissions",
        recorded_at=scene.MOMENT,
    )


def _objection(user: User) -> Objection:
    """An objection of the person, not yet answered."""
    return Objection.objects.create(
        month="2026-10",
        person=user,
        role="it",
        line="uplift",
        text="少算了一场活动。",
        raised_at=scene.MOMENT,
    )
