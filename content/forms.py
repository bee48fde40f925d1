"""What a person fills in on the pages of articles."""

from __future__ import annotations

from typing import Any

from django import forms

from content.models import Article
from content.selectors import ENTERED, MISSING, SORTS, WAITING, Search
from content.services import ArticleFacts
from haitang.kernel.forms import MonthField
from haitang.wechat.statistics.spans import msgid_of


class ArticleSearch(forms.Form):
    """The filters of the list, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="编号或标题", required=False, max_length=100)
    month = MonthField(label="发布月份", required=False)
    category = forms.ChoiceField(
        label="类别", required=False, choices=[("", "全部类别"), *Article.Category.choices]
    )
    figure = forms.ChoiceField(
        label="阅读量",
        required=False,
        choices=[("", "不限"), (ENTERED, "已填"), (MISSING, "满 7 天未填"), (WAITING, "未满 7 天")],
    )
    sort = forms.ChoiceField(
        label="排序",
        required=False,
        choices=[(key, sort.name) for key, sort in SORTS.items()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    def search(self) -> Search:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        return Search(
            text=given.get("q", "").strip(),
            category=given.get("category", ""),
            month=given.get("month"),
            figure=given.get("figure", ""),
            sort=given.get("sort", ""),
        )


class ArticleForm(forms.Form):
    """An article's facts. The code is asked for only while the article is new."""

    title = forms.CharField(
        label="标题",
        max_length=200,
        error_messages={"required": "请填推文标题。", "max_length": "推文标题最多 200 个字。"},
    )
    code = forms.CharField(
        label="编号",
        max_length=40,
        required=False,
        help_text="空着由系统编；之后不能改。",
        error_messages={"max_length": "推文编号最多 40 个字。"},
    )
    category = forms.ChoiceField(
        label="类别",
        choices=Article.Category.choices,
        help_text="专题活动文章和公益文章计入关注量考核。",
    )
    published_on = forms.DateField(
        label="发布日期",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="满 7 天之后填阅读量。",
        error_messages={
            "required": "请填发布日期。",
            "invalid": "发布日期不是日期：请写成 2026-10-17 这样。",
        },
    )

    url = forms.URLField(
        label="网址",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="可以空着；在微信里打开文章，点右上角“复制链接”。",
        error_messages={"invalid": "网址要写完整：https:// 开头。"},
    )
    wechat_msgid = forms.CharField(
        label="微信图文编号",
        max_length=60,
        required=False,
        help_text="形如 2247490098_1；填了，满 7 天后阅读量自动填上。网址里有编号的可以空着。",
    )

    def __init__(self, data: Any = None, *, article: Article | None = None) -> None:
        names = ("title", "category", "published_on", "url", "wechat_msgid")
        super().__init__(data, initial={n: getattr(article, n) for n in names} if article else {})
        if article:
            del self.fields["code"]

    def facts(self) -> ArticleFacts:
        """The facts as filled in; call after ``is_valid``."""
        given = self.cleaned_data
        return ArticleFacts(
            title=given["title"].strip(),
            category=given["category"],
            published_on=given["published_on"],
            url=given["url"],
            wechat_msgid=given["wechat_msgid"].strip() or msgid_of(given["url"]),
        )
