"""What a person fills in to enter a campaign, to move it on and to link its article."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms

from campaigns.articles import articles_near
from campaigns.entry import CampaignEntry, entry_of
from campaigns.models import Campaign, Store
from haitang.kernel.clock import Month

WHOLE, PICKED = "whole", "picked"
_BETWEEN = re.compile(r"[\s,，、;；]+")
_FOUR_WEEKS = timedelta(days=28)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": f"请填{label}。",
            "invalid": f"{label}不是日期：请写成 2026-10-17 这样。",
        },
    )


class CampaignEntryForm(forms.Form):
    """A campaign's facts. The code is asked for only while the campaign is new."""

    title = forms.CharField(
        label="名称",
        max_length=200,
        error_messages={"required": "请填活动名称。", "max_length": "活动名称最多 200 个字。"},
    )
    code = forms.CharField(
        label="编号",
        max_length=40,
        required=False,
        help_text="空着由系统编；之后不能改。",
        error_messages={"max_length": "活动编号最多 40 个字。"},
    )
    kind = forms.ChoiceField(label="类型", choices=Campaign.Kind.choices)
    scale = forms.ChoiceField(label="规模", choices=Campaign.Scale.choices)
    start = _day("开始日期")
    end = _day("结束日期")
    reach = forms.ChoiceField(
        label="参与门店",
        choices=[(PICKED, "选门店"), (WHOLE, "全部门店（首日营业的）")],
        widget=forms.RadioSelect,
        initial=PICKED,
        error_messages={"required": "请选全部门店，或选几家。"},
    )
    stores = forms.MultipleChoiceField(
        label="门店",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "没有编码为 %(value)s 的门店：请重新选。"},
    )
    focus_items = forms.CharField(
        label="主推商品编码",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="几个编码用逗号、顿号或换行隔开；没有就空着。",
    )
    article = forms.CharField(
        label="推文编号",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"list": "articles", "autocomplete": "off"}),
        help_text="可以先空着，推文发布后再关联。",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: Any = None, is_new: bool = True) -> None:
        super().__init__(data, initial=initial)
        if not is_new:
            del self.fields["code"]
        stores = Store.objects.order_by("code")
        picked: Any = self.fields["stores"]
        picked.choices = [(store.code, _store_label(store)) for store in stores]
        day = (initial or {}).get("start")
        self.offered = articles_near(day if isinstance(day, date) else None)

    def entry(self) -> CampaignEntry:
        """The facts as filled in; call after ``is_valid``. The service sets the status."""
        given = self.cleaned_data
        return CampaignEntry(
            code=given.get("code", "").strip(),
            title=given["title"].strip(),
            scale=given["scale"],
            kind=given["kind"],
            start=given["start"],
            end=given["end"],
            stores=None if given["reach"] == WHOLE else tuple(given["stores"]),
            focus_items=tuple(dict.fromkeys(filter(None, _BETWEEN.split(given["focus_items"])))),
            status=Campaign.Status.PLANNED,
            article=given["article"].strip(),
        )


class StatusForm(forms.Form):
    """A step of the campaign's life."""

    was = forms.ChoiceField(choices=Campaign.Status.choices)
    to = forms.ChoiceField(choices=Campaign.Status.choices)
    reason = forms.CharField(required=False)


def facts_of(campaign: Campaign) -> dict[str, Any]:
    """The campaign as the form shows it."""
    entry = entry_of(campaign)
    return {
        "title": entry.title,
        "kind": entry.kind,
        "scale": entry.scale,
        "start": entry.start,
        "end": entry.end,
        "reach": WHOLE if entry.stores is None else PICKED,
        "stores": list(entry.stores or ()),
        "focus_items": "、".join(entry.focus_items),
        "article": entry.article,
    }


def copied_facts(campaign: Campaign) -> dict[str, Any]:
    """The campaign again, next time: same facts, later days, no article and no code."""
    start, end = next_days(campaign)
    return {**facts_of(campaign), "start": start, "end": end, "article": ""}


def next_days(campaign: Campaign) -> tuple[date, date]:
    """When it comes again: a member-day campaign on the same days of the next month, others
    four weeks later, on the same weekdays."""
    length = campaign.end - campaign.start
    start = campaign.start + _FOUR_WEEKS
    if campaign.kind == Campaign.Kind.MEMBER_DAY:
        start = Month.of(campaign.start).plus(1).day(campaign.start.day) or start
    return start, start + length


def _store_label(store: Store) -> str:
    closed = f"（{store.closed_on} 停业）" if store.closed_on else ""
    return f"{store.code} {store.name}{closed}"
