"""Articles: the list, one article, entering and changing, and the page of a month's reads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rules import allow, person, visible_stores
from content import figures, rules, selectors, services
from content.forms import ArticleForm, ArticleSearch
from content.models import Article
from haitang.kernel import audit, clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.policy.selectors import policy_for

PAGE = 25
HISTORY = 12


@require_safe
@allow(rules.may_see_articles)
def article_list(request: HttpRequest) -> HttpResponse:
    """Articles, newest first, narrowed by the filters in the address."""
    form, today = ArticleSearch(request.GET), clock.business_day(clock.now())
    found = selectors.articles_found(form.search(), today=today)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [
            (each, selectors.due_on(each), selectors.is_due(each, today=today)) for each in page
        ],
        "is_filtered": any(request.GET.get(name) for name in form.fields if name != "sort"),
        "sees_all": visible_stores(request.user) is None,
        "may_edit": rules.may_edit_articles(request.user),
    }
    return render(request, "content/article_list.html", context)


@require_safe
@allow(rules.may_see_articles)
def export(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The articles that the filters leave, all pages, as a file."""
    search = ArticleSearch(request.GET).search()
    found = selectors.articles_found(search, today=clock.business_day(clock.now()))
    return sheets.download(
        fmt,
        name="推文",
        columns=["编号", "标题", "类别", "发布日期", "阅读量", "新增关注"],
        rows=(_exported(each) for each in found),
        by=person(request),
        now=clock.now(),
    )


@require_safe
@allow(rules.may_see_articles)
def article_page(request: HttpRequest, code: str) -> HttpResponse:
    """One article: facts, figures, the campaigns that it belongs to, and what was done to it."""
    article, stores = found(code), visible_stores(request.user)
    may_link = rules.may_link_campaigns(request.user)
    context = {
        "article": article,
        "month": Month.of(article.published_on),
        "due_on": selectors.due_on(article),
        "is_due": selectors.is_due(article, today=clock.business_day(clock.now())),
        "campaigns": list(selectors.campaigns_of(article, stores)),
        "may_edit": rules.may_edit_articles(request.user),
        "can_count": selectors.can_be_counted() if article.wechat_msgid else None,
        "may_link": may_link,
        "offered": selectors.campaigns_near(article) if may_link else [],
        "history": list(audit.trail_of(article).filter(stream=services.STREAM)[:HISTORY])
        if stores is None
        else [],
    }
    return render(request, "content/article.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_articles)
def article_new(request: HttpRequest) -> HttpResponse:
    """A new article."""
    form = ArticleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            article = services.add_article(
                code=form.cleaned_data["code"],
                facts=form.facts(),
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记推文“{article.title}”，编号 {article.code}。")
            return redirect("article", code=article.code)
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_articles)
def article_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Changes an article's title, category and day."""
    article = found(code)
    form = ArticleForm(request.POST or None, article=article)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change_article(
                article=article, facts=form.facts(), by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已保存。" if changed else "没有改动。")
            return redirect("article", code=code)
    return _form_page(request, form, article)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_enter_reads)
def reads(request: HttpRequest) -> HttpResponse:
    """The articles of a month with their figures at seven days, to be typed one under another."""
    month = _month(request)
    articles = list(selectors.articles_of(month))
    if request.method != "POST":
        return _reads_page(request, month, articles)
    typed = figures.read(request.POST.dict(), articles)
    try:
        if typed.faults:
            raise services.Unkept(typed.faults)
        changed = services.enter_figures(figures=typed.figures, by=person(request), now=clock.now())
    except services.Unkept as refusal:
        return _reads_page(request, month, articles, refusal)
    if changed:
        messages.success(request, f"已保存 {changed} 篇推文的数字。")
    else:
        messages.info(request, "没有改动。")
    return redirect(f"{reverse('reads')}?month={month}")


def found(code: str) -> Article:
    """The article of that code, or NotThere."""
    article = Article.objects.filter(code=code).first()
    if article is None:
        raise NotThere(f"没有编号为“{code}”的推文：请从推文列表里再找一次。")
    return article


def _month(request: HttpRequest) -> Month:
    """The month in the address; else the newest one with articles, at most this month."""
    try:
        return Month.parse(request.GET.get("month", ""))
    except Invalid:
        return selectors.newest_month(today=clock.business_day(clock.now()))


def _reads_page(
    request: HttpRequest,
    month: Month,
    articles: list[Article],
    refusal: services.Unkept | None = None,
) -> HttpResponse:
    today = clock.business_day(clock.now())
    needed = str(policy_for(month).options["attention"])
    shown = figures.rows(
        articles,
        today=today,
        needed=needed,
        entered=selectors.entered_by(articles),
        data=request.POST.dict() if refusal else None,
        faults=refusal.rows if refusal else None,
    )
    context = {
        "month": month,
        "months": selectors.months_with_articles(today=today),
        "rows": shown,
        "needed": selectors.FIGURES[needed],
        "columns": [(name, label, name == needed) for name, label in selectors.FIGURES.items()],
        "missing": sum(row.is_missing and row.is_due for row in shown),
        "any_due": any(row.is_due for row in shown),
        "refusal": refusal,
    }
    return render(request, "content/reads.html", context, status=400 if refusal else 200)


def _form_page(request: HttpRequest, form: ArticleForm, article: Article | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "article": article}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "content/article_form.html", context, status=status)


def _exported(article: Article) -> list[sheets.Cell]:
    return [
        article.code,
        article.title,
        article.get_category_display(),
        article.published_on,
        article.reads,
        article.follows,
    ]
