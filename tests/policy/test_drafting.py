"""Drafts of the policy: copied, typed, compared, published for a month to come, taken back."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid
from haitang.policy import drafting, selectors, settled
from haitang.policy.comparing import compare
from haitang.policy.document import COMPARATOR_NAMES, DEFAULT, parse
from haitang.policy.forms import PolicyFields, field_key
from haitang.policy.models import PolicyDraft, PolicyVersion
from haitang.policy.names import Path, field_name, paths, value_at
from haitang.policy.options import OPTIONS
from haitang.policy.services import publish_policy
from haitang.policy.typed import document_of, faults_of, text_of, whole

NEXT = Month(2026, 12)  # the fixture's now is 3 November 2026


def _draft(by: User, now: datetime, name: str = "新制度") -> PolicyDraft:
    return drafting.copy_version(version=None, name=name, by=by, now=now)


def _save(draft: PolicyDraft, by: User, now: datetime, **texts: str) -> list[str]:
    """Type these fields (``coefficients__copy``) and save."""
    typed = {tuple(key.split("__")): text for key, text in texts.items()}
    changes = drafting.save_draft(
        draft=draft,
        name=draft.name,
        document=document_of(typed, before=draft.document),
        seen=draft.revision,
        by=by,
        now=now,
    )
    return [change.sentence for change in changes]


def _publish(draft: PolicyDraft, by: User, now: datetime, month: Month = NEXT) -> PolicyVersion:
    return drafting.publish_draft(draft=draft, seen=draft.revision, month=month, by=by, now=now)


# --- typing and comparing, without a database


def test_change_is_a_sentence_with_both_values() -> None:
    texts: dict[Path, str] = {("coefficients", "copy"): "0.12", ("coefficients", "art"): "8%"}
    document = document_of(texts, before=whole({}))
    assert [change.sentence for change in compare(whole({}), document)] == [
        "文案编辑的系数由 0.10 改为 0.12。",
        "美工的系数由 0.10 改为 0.08。",
    ]
    assert not faults_of(document)


@pytest.mark.parametrize(
    ("path", "text", "kept", "sentence"),
    [
        (("rules", "it.complaint"), "1/3", "1/3", "“其他部门投诉一次”的扣减比例由 10% 改为 1/3。"),
        (("pool_rate",), "２５％", "0.25", "提取比例由 20% 改为 25%。"),
        (("pool_rate",), "100/3%", "1/3", "提取比例由 20% 改为 1/3。"),
        (
            ("member_days",),
            "5， 15、25日",
            [5, 15, 25],
            "会员日由 8、18、28 日 改为 5、15、25 日。",
        ),
        (("member_days",), "", [], "会员日由 8、18、28 日 改为 没有。"),
        (("baseline", "weekend", "n"), "4", 4, "周末平均所需的天数由 3 改为 4。"),
        (("fund", "monthly"), "¥3,000", "3000", "每月注资由 ¥2,000.00 改为 ¥3,000.00。"),
        (("reads", "base_year"), "2026", 2026, "关注量目标的起始年份由 2018 改为 2026。"),
        (
            ("options", "cuts"),
            "add",
            "add",
            "“几种扣减怎么合在一起？”改为“比例相加，最多扣完”。",
        ),
        (
            ("comparators", "large", "weekend"),
            "weekend_average",
            "weekend_average",
            "大型（全连锁多日）周末活动的比较维度由 “上年同期” 改为 “前三个周末平均值”。",
        ),
    ],
)
def test_typed_text_is_understood_and_told(
    path: Path, text: str, kept: object, sentence: str
) -> None:
    document = document_of({path: text}, before=whole({}))
    assert value_at(document, path) == kept
    assert [change.sentence for change in compare(whole({}), document)] == [sentence]


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        (("coefficients", "copy"), "0.11", "各系数之和是 1.01，多了 0.01，必须正好是 1"),
        (("coefficients", "copy"), "1/11", "各系数之和是 109/110，少了 1/110，"),
        (("coefficients", "copy"), "十分之一", "文案编辑的系数：“十分之一”不是数"),
        (("coefficients", "copy"), "", "文案编辑的系数：还没有填"),
        (("coefficients", "copy"), "1/0", "文案编辑的系数：“1/0”不是数"),
        (("pool_rate",), "20.%%", "提取比例：“20.%%”不是数"),
        (("member_days",), "八号", "会员日：“八号”看不懂"),
        (("member_days",), "8、32", "会员日必须是 1 到 31 之间的日子"),
        (("baseline", "weekend", "n"), "2.5", "周末平均所需的天数：必须是整数"),
        (("baseline", "weekend", "n"), "0", "至少是 1"),
        (("fund", "annual_fee"), "2000.01", "年费超过了每月注资"),
        (("fund", "annual_fee"), "1.234", "公众号年费：金额最小到分"),
    ],
)
def test_fault_is_a_sentence_and_what_was_typed_stays(path: Path, text: str, sentence: str) -> None:
    document = document_of({path: text}, before=whole({}))
    found = faults_of(document).sentences
    assert len(found) == 1
    assert found[0].startswith(sentence) or sentence in found[0]
    compare(whole({}), document)  # can be shown in spite of it


def test_every_field_has_a_name_and_stands_in_the_form_once() -> None:
    form = PolicyFields(document=whole({}))
    shown = [line.bound.name for section in form.sections() for line in section.lines]
    assert sorted(shown) == sorted(field_key(path) for path in paths())
    assert len({field_name(path) for path in paths()}) == len(paths())
    assert len(paths()) == 64


_PLAIN = st.sampled_from(["0.05", "1/7", "12%", "3", "0"])
_TEXTS = st.fixed_dictionaries(
    {},
    optional={
        path: st.sampled_from([str(value).lower() for value in OPTIONS[path[1]].meanings])
        if path[0] == "options"
        else st.sampled_from(list(COMPARATOR_NAMES))
        if path[0] == "comparators"
        else st.sampled_from(["8、18、28", "1", ""])
        if path[0] == "member_days"
        else _PLAIN
        for path in paths()
    },
)


@given(texts=_TEXTS)
def test_document_is_the_same_after_the_form(texts: dict[Path, str]) -> None:
    """What was typed, shown in the form again and sent off unchanged, changes nothing."""
    document = document_of(texts, before=whole({}))
    again = {path: text_of(path, value_at(document, path)) for path in paths()}
    assert document_of(again, before=whole({})) == document
    assert compare(document, document_of(again, before=document)) == []


@pytest.mark.parametrize("key", list(OPTIONS))
def test_each_option_goes_through_the_form_and_back(key: str) -> None:
    for value in OPTIONS[key].meanings:
        data = {field_key(("options", key)): str(value).lower()}
        form = PolicyFields(data, document=whole({}))
        assert form.is_valid(), form.errors
        assert parse(form.document()).options[key] == value
        assert type(form.document()["options"][key]) is type(value)


# --- the services


@pytest.mark.django_db
def test_draft_is_a_copy_and_saving_tells_what_changed(planner: User, now: datetime) -> None:
    version = publish_policy(document={"code": "a", "pool_rate": "0.25"}, by=None, now=now)
    draft = drafting.copy_version(version=version, name=" 新制度 ", by=planner, now=now)
    assert (draft.name, draft.document["pool_rate"], draft.revision) == ("新制度", "0.25", 1)
    assert _save(draft, planner, now, pool_rate="0.3") == ["提取比例由 25% 改为 30%。"]
    assert draft.revision == 2
    version.refresh_from_db()
    assert version.document["pool_rate"] == "0.25"


@pytest.mark.django_db
def test_save_over_somebody_elses_is_refused(
    planner: User, supervisor: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    stale = PolicyDraft.objects.get(pk=draft.pk)
    _save(draft, planner, now, pool_rate="0.3")
    with pytest.raises(Conflict, match="刚由刘策划改过"):
        _save(stale, supervisor, now, pool_rate="0.1")
    assert PolicyDraft.objects.get().document["pool_rate"] == "0.3"


@pytest.mark.django_db
def test_faulty_draft_is_kept_but_not_published(
    planner: User, general_manager: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    _save(draft, planner, now, coefficients__copy="0.12", pool_rate="很多")
    with pytest.raises(Invalid, match="提取比例：“很多”不是数"):
        _publish(draft, general_manager, now)
    assert not PolicyVersion.objects.exists()
    _save(draft, planner, now, pool_rate="0.2")
    with pytest.raises(Invalid, match=r"各系数之和是 1\.02"):
        _publish(draft, general_manager, now)


@pytest.mark.django_db
def test_published_draft_holds_from_its_month_on(
    planner: User, general_manager: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    _save(draft, planner, now, pool_rate="0.3")
    version = _publish(draft, general_manager, now)
    assert selectors.policy_for(Month(2026, 11)).code == "default"
    assert selectors.policy_for(NEXT).code == "新制度"
    assert str(version.valid_from) == version.document["valid_from"] == "2026-12-01"
    assert version.recorded_by == general_manager
    draft.refresh_from_db()
    assert (draft.state, draft.published) == ("published", version)
    with pytest.raises(Conflict, match="已发布，不能再改"):
        _save(draft, planner, now, pool_rate="0.4")


@pytest.mark.django_db
@pytest.mark.parametrize("month", [Month(2026, 11), Month(2026, 10), Month(2018, 1)])
def test_month_that_has_begun_gets_no_other_policy(
    month: Month, planner: User, general_manager: User, now: datetime
) -> None:
    with pytest.raises(Conflict, match="请选2026年12月或以后的月份"):
        _publish(_draft(planner, now), general_manager, now, month)


@pytest.mark.django_db
def test_two_versions_do_not_begin_in_one_month(
    planner: User, general_manager: User, now: datetime
) -> None:
    _publish(_draft(planner, now, "甲"), general_manager, now)
    second = _draft(planner, now, "乙")
    with pytest.raises(Conflict, match="已经发布了“甲”"):
        _publish(second, general_manager, now)
    _publish(second, general_manager, now, NEXT.plus(1))
    assert [selectors.policy_for(NEXT.plus(n)).code for n in (0, 1)] == ["甲", "乙"]


@pytest.mark.django_db
def test_publication_of_another_revision_than_seen_is_refused(
    planner: User, general_manager: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    seen = draft.revision
    _save(draft, planner, now, pool_rate="0.3")
    with pytest.raises(Conflict, match="与您看到的不同"):
        drafting.publish_draft(draft=draft, seen=seen, month=NEXT, by=general_manager, now=now)
    assert not PolicyVersion.objects.exists()


@pytest.mark.django_db
def test_publication_is_taken_back_before_its_month_and_published_anew(
    planner: User, general_manager: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    version = _publish(draft, general_manager, now)
    drafting.withdraw_version(version=version, reason="写错了", by=general_manager, now=now)
    assert selectors.policy_for(NEXT).code == "default"
    assert selectors.member_days_of([NEXT]) == {NEXT: {8, 18, 28}}
    with pytest.raises(Conflict, match="已经撤回了"):
        drafting.withdraw_version(version=version, reason="再来", by=general_manager, now=now)
    draft.refresh_from_db()
    _save(draft, planner, now, pool_rate="0.3")
    assert _publish(draft, general_manager, now).pk != version.pk
    assert str(selectors.policy_for(NEXT).pool_rate) == "3/10"


@pytest.mark.django_db
def test_publication_stays_once_its_month_began(
    planner: User, general_manager: User, now: datetime
) -> None:
    version = _publish(_draft(planner, now), general_manager, now)
    december = now + timedelta(days=28)
    with pytest.raises(Conflict, match="已经生效，不能撤回"):
        drafting.withdraw_version(version=version, reason="晚了", by=general_manager, now=december)
    with pytest.raises(Invalid, match="理由"):
        drafting.withdraw_version(version=version, reason=" ", by=general_manager, now=now)


@pytest.mark.django_db
def test_settled_month_keeps_its_policy(
    planner: User, general_manager: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = _draft(planner, now)
    version = _publish(_draft(planner, now, "先前"), general_manager, now)
    monkeypatch.setattr(settled, "_questions", [lambda month: f"{month} 已提交。"])
    with pytest.raises(Conflict, match="2027-01 已提交"):
        _publish(draft, general_manager, now, Month(2027, 1))
    with pytest.raises(Conflict, match="2026-12 已提交"):
        drafting.withdraw_version(version=version, reason="改", by=general_manager, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "act", ["UPDATE policy_policyversion SET code = 'x'", "DELETE FROM policy_policyversion"]
)
def test_database_refuses_to_change_what_was_published(act: str, now: datetime) -> None:
    publish_policy(document={"code": "a"}, by=None, now=now)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)
    assert PolicyVersion.objects.get().code == "a"


@pytest.mark.django_db
def test_trail_tells_who_changed_which_field_from_what_to_what(
    planner: User, general_manager: User, now: datetime
) -> None:
    draft = _draft(planner, now)
    _save(draft, planner, now, coefficients__copy="0.12", coefficients__art="0.08")
    _publish(draft, general_manager, now)
    published, changed, copied = audit.trail_of(draft)
    assert [each.act for each in (copied, changed, published)] == [
        "copy_policy",
        "change_policy",
        "publish_policy",
    ]
    assert changed.actor == planner
    assert changed.details["changes"][0] == {
        "path": "coefficients.copy",
        "field": "文案编辑的系数",
        "before": "0.10",
        "after": "0.12",
    }
    assert [each["after"] for each in published.details["changes"]] == ["0.12", "0.08"]
    assert list(audit.verify("policy")) == []


def test_default_is_not_touched_by_typing() -> None:
    before: dict[str, Any] = deepcopy(DEFAULT)
    document_of({("comparators", "small", "weekend"): "year_on_year"}, before=whole({}))
    assert before == DEFAULT
    medium = document_of({("comparators", "small", "weekend"): "year_on_year"}, before=whole({}))[
        "comparators"
    ]["medium"]
    assert medium["weekend"] == "weekend_average"
