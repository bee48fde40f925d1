"""What a person fills in on the pages of publications and sendings."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms import day_field
from haitang.wechat.gateway.api.drafts import AUTHOR, DIGEST, TITLE
from haitang.wechat.models import MassSend
from haitang.wechat.statistics.spans import is_msgid


class _Keyed(forms.Form):
    """A form that does its deed once, however often it is sent."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4().hex


class RecordForm(_Keyed):
    """A publication made by hand in WeChat's back office."""

    title = forms.CharField(
        label="标题", max_length=200, error_messages={"required": "请填文章标题。"}
    )
    url = forms.CharField(
        label="网址",
        max_length=500,
        help_text="在微信里打开文章，点右上角“复制链接”。",
        error_messages={"required": "请填文章的网址。"},
    )
    published_on = day_field("发布日期")
    msgid = forms.CharField(
        label="微信图文编号",
        max_length=60,
        required=False,
        help_text="可以空着；形如 2247490098_1。填了才能自动取 7 天阅读量。",
    )

    def clean_msgid(self) -> str:
        given = str(self.cleaned_data["msgid"]).strip()
        if given and not is_msgid(given):
            raise forms.ValidationError(
                "微信图文编号要写成 2247490098_1 这样：数字、下划线、第几篇。"
            )
        return given


class DraftForm(_Keyed):
    """A draft to publish."""

    draft = forms.ChoiceField(
        label="草稿",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选一份草稿。",
            "invalid_choice": "这份草稿已经不在草稿箱里。",
        },
    )

    def __init__(self, *args: Any, drafts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(drafts)
        field: Any = self.fields["draft"]
        field.choices = list(drafts)


class NewDraftForm(forms.Form):
    """A draft of one article, in plain paragraphs."""

    title = forms.CharField(
        label="标题", max_length=TITLE, error_messages={"required": "请填标题。"}
    )
    author = forms.CharField(label="作者", max_length=AUTHOR, required=False)
    digest = forms.CharField(
        label="摘要",
        max_length=DIGEST,
        required=False,
        help_text="可以空着：微信会取正文的开头",
    )
    text = forms.CharField(
        label="正文",
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="一行一段",
        error_messages={"required": "请写正文。"},
    )
    cover = forms.FileField(
        label="封面图片",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text="JPG 或 PNG",
        error_messages={"required": "请选一张封面图片：没有封面，微信不收草稿。"},
    )


class MassForm(_Keyed):
    """Something to send to all, or to those with a tag."""

    kind = forms.ChoiceField(label="种类", choices=MassSend.Kind.choices)
    draft = forms.ChoiceField(label="草稿（图文）", required=False)
    text = forms.CharField(
        label="文字", required=False, widget=forms.Textarea(attrs={"rows": 4}), max_length=600
    )
    tag = forms.ChoiceField(label="发给", required=False)
    sure = forms.BooleanField(
        label="我核对过内容：群发之后收不回来，而且用掉一次群发次数",
        error_messages={"required": "请核对内容，再勾选这一项。"},
    )

    def __init__(
        self,
        *args: Any,
        drafts: Sequence[tuple[str, str]],
        tags: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.titles = dict(drafts)
        draft: Any = self.fields["draft"]
        draft.choices = [("", "（选一份）"), *drafts]
        tag: Any = self.fields["tag"]
        tag.choices = [("", "全部粉丝"), *((str(pk), f"标签：{name}") for pk, name in tags)]

    def content(self) -> tuple[str, str]:
        """(content, title) of what is to be sent; call after ``is_valid``."""
        given = self.cleaned_data
        if given["kind"] == MassSend.Kind.TEXT:
            return given["text"], given["text"][:40]
        return given["draft"], self.titles.get(given["draft"], "")

    def tag_id(self) -> int | None:
        """The tag, or None for all; call after ``is_valid``."""
        chosen = self.cleaned_data["tag"]
        return int(chosen) if chosen else None
