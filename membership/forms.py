"""What a person fills in on the pages of the inbox, replies, complaints, followers and codes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import Department
from campaigns.models import Campaign, Store
from membership.answering import RuleFacts
from membership.complaining import Told
from membership.models import (
    Complaint,
    Conversation,
    ConversationTag,
    Follower,
    FollowerTag,
    ReplyRule,
    SceneCode,
)
from membership.selectors import Search

if TYPE_CHECKING:
    RuleModelForm = forms.ModelForm[ReplyRule]
else:
    RuleModelForm = forms.ModelForm

_DAY = {"type": "date"}
_TIME = {"type": "time"}


class InboxSearch(forms.Form):
    """The filters of the inbox, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="找", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="种类", required=False, choices=[("", "全部种类"), *Conversation.Kind.choices]
    )
    tag = forms.ModelChoiceField(
        ConversationTag.objects.all(), label="标签", required=False, empty_label="全部标签"
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.filter(conversations__isnull=False).distinct().order_by("-start"),
        label="活动",
        required=False,
        empty_label="全部活动",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs |= {"type": "search", "placeholder": "备注名、内容、负责人"}

    def search(self, show: str) -> Search:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        tag, campaign = given.get("tag"), given.get("campaign")
        return Search(
            show=show,
            text=given.get("q", "").strip(),
            kind=given.get("kind", ""),
            tag=tag.pk if tag else None,
            campaign=campaign.pk if campaign else None,
        )


class FollowerSearch(forms.Form):
    """The filters of the followers, in the address."""

    q = forms.CharField(label="备注名或编号", required=False, max_length=60)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部状态"), *Follower.State.choices]
    )
    tag = forms.ModelChoiceField(
        FollowerTag.objects.all(), label="标签", required=False, empty_label="全部标签"
    )
    scene = forms.ModelChoiceField(
        SceneCode.objects.all(), label="来自二维码", required=False, empty_label="不限"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"


class RuleForm(RuleModelForm):
    """An automatic reply; the article's four parts are fields of their own."""

    picture = forms.FileField(
        label="选一张图片",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text="JPG 或 PNG；保存时放进公众号的素材库",
    )
    title = forms.CharField(label="图文标题", required=False, max_length=64)
    description = forms.CharField(label="图文摘要", required=False, max_length=120)
    url = forms.URLField(label="图文链接", required=False, max_length=500, assume_scheme="https")
    picurl = forms.URLField(
        label="图文封面网址", required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = ReplyRule
        fields = [
            "name",
            "trigger",
            "match",
            "words",
            "scene",
            "answer",
            "text",
            "media_id",
            "priority",
            "is_active",
            "first_day",
            "last_day",
            "from_time",
            "to_time",
        ]
        widgets = {
            "words": forms.Textarea(attrs={"rows": 3}),
            "text": forms.Textarea(attrs={"rows": 4}),
            "first_day": forms.DateInput(format="%Y-%m-%d", attrs=_DAY),
            "last_day": forms.DateInput(format="%Y-%m-%d", attrs=_DAY),
            "from_time": forms.TimeInput(format="%H:%M", attrs=_TIME),
            "to_time": forms.TimeInput(format="%H:%M", attrs=_TIME),
        }

    def __init__(
        self, data: Any = None, files: Any = None, *, instance: ReplyRule | None = None
    ) -> None:
        initial = instance.article if instance else None
        super().__init__(data, files, instance=instance, initial=initial)
        self.fields["media_id"].label = "或填素材编号"
        scene: Any = self.fields["scene"]
        scene.queryset = SceneCode.objects.filter(retired_at=None)
        scene.empty_label = "不限"

    def _get_validation_exclusions(self) -> set[str]:
        # The service says in a sentence what a name that is taken means.
        return super()._get_validation_exclusions() | {"name"}  # type: ignore[misc,no-any-return]

    def facts(self) -> RuleFacts:
        """The rule as filled in; call after ``is_valid``."""
        given = self.cleaned_data
        names = set(RuleFacts.__dataclass_fields__) - {"article"}
        parts = ("title", "description", "url", "picurl")
        article = {name: given[name] for name in parts} if given["title"] else {}
        return RuleFacts(**{name: given[name] for name in names}, article=article)


class TargetsForm(forms.Form):
    """Within how many minutes of which hours an answer is due."""

    minutes = forms.IntegerField(label="多少分钟内回复", min_value=1, max_value=2880)
    opens = forms.TimeField(label="每天从", widget=forms.TimeInput(format="%H:%M", attrs=_TIME))
    closes = forms.TimeField(label="每天到", widget=forms.TimeInput(format="%H:%M", attrs=_TIME))


class ComplaintForm(forms.Form):
    """A complaint; ``of_house`` asks for the department that complains."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    kind = forms.ChoiceField(label="种类", choices=Complaint.Kind.choices)
    department = forms.ModelChoiceField(
        Department.objects.all(), label="提出的部门", empty_label=None, required=False
    )
    channel = forms.ChoiceField(
        label="渠道",
        choices=[each for each in Complaint.Channel.choices if each[0] != "house"],
        initial=Complaint.Channel.MESSAGE,
    )
    happened_on = forms.DateField(
        label="哪一天", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DAY)
    )
    about_role = forms.ChoiceField(label="关于哪个岗位", required=False)
    store = forms.ModelChoiceField(
        Store.objects.all(), label="关于哪家门店", required=False, empty_label="不针对门店"
    )
    text = forms.CharField(label="内容", max_length=500, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any = None, *, of_house: bool = False, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex
        role = Complaint._meta.get_field("about_role")
        about: Any = self.fields["about_role"]
        about.choices = [("", "不针对岗位"), *(role.choices or ())]
        if of_house:
            del self.fields["channel"]
            self.fields["department"].required = True
        else:
            del self.fields["department"]

    def told(self, messages: tuple[int, ...] = ()) -> Told:
        """The complaint as filled in; call after ``is_valid``."""
        given = self.cleaned_data
        return Told(
            kind=given["kind"],
            text=given["text"],
            happened_on=given["happened_on"],
            channel=given.get("channel", Complaint.Channel.HOUSE),
            about_role=given["about_role"],
            store=given["store"],
            messages=messages,
            key=given["key"] or None,
        )


class SceneForm(forms.Form):
    """A code: what it is for, the store, the campaign, and how long it serves."""

    name = forms.CharField(label="用途", max_length=60, help_text="例如：收银台台卡、店庆海报")
    store = forms.ModelChoiceField(
        Store.objects.all(), label="门店", required=False, empty_label="不属于一家门店"
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.exclude(status="cancelled"),
        label="活动",
        required=False,
        empty_label="不属于一场活动",
    )
    days = forms.TypedChoiceField(
        label="有效期",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "永久"), ("1", "1 天"), ("7", "7 天"), ("30", "30 天")],
        help_text="印在海报上的选永久；一个公众号最多 10 万个永久二维码",
    )


class SpanForm(forms.Form):
    """The days of a report, in the address."""

    first = forms.DateField(
        label="从", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=_DAY)
    )
    last = forms.DateField(
        label="到", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=_DAY)
    )
