"""What another policy would have given: the same engine, posting and keeping nothing."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from content.models import Article
from haitang.kernel import jobs
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry, Job
from haitang.policy import drafting
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.options import OPTIONS
from haitang.policy.services import publish_policy
from haitang.policy.settled import objection_to
from incentives.calculation.document import document
from incentives.calculation.services import calculate_month
from incentives.calculation.settlement import settle
from incentives.models import (
    Entry,
    Journal,
    KpiEvent,
    Payout,
    Settlement,
    SettlementRun,
    SettlementStep,
)
from incentives.whatif.report import Report, is_same, report, sheet_rows
from incentives.whatif.trials import recent_trials, start_trial, trial_of
from incentives.whatif.whatif import Figures, MonthTrial, figures_of_document, try_policy
from tests.factories.rules import make_inputs, make_policy, make_uplift
from tests.web import scene

OCTOBER, SEPTEMBER = Month(2026, 10), Month(2026, 9)


@pytest.fixture
def chain(db: None) -> SettlementRun:
    """October 2026 calculated: pool 292.08 (tests/web/scene.py), every target of reads met."""
    scene.make_chain()
    Article.objects.update(reads=13_000)
    scene.make_team()
    scene.make_event("it.complaint", "1")
    return calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)


def _try(policy: Policy, *, first: Month = OCTOBER) -> Report:
    return report(try_policy(policy, first=first, until=OCTOBER), {})


def _pair(report_: Report, name: str) -> tuple[int, int, int]:
    found = next(each for each in (*report_.pairs, *report_.roles) if each.name == name)
    return found.standing, found.tried, found.difference


def test_larger_pool_rate_is_told_to_the_fen(chain: SettlementRun) -> None:
    """1,460.40 × 0.3 = 438.12 against 292.08; the planner's 15%: 65.72 against 43.81."""
    tried = _try(parse({"pool_rate": "0.3"}))
    assert _pair(tried, "提成池") == (29208, 43812, 14604)
    assert _pair(tried, "总策划") == (4381, 6572, 2191)
    assert sum(each.difference for each in tried.roles) == 14604
    assert tried.months[0].source == "已计算"
    assert not tried.months[0].data_changed


def test_other_coefficients_move_money_between_people(chain: SettlementRun) -> None:
    """The pool stays; 2% of 292.08 = 5.84 go from the artist to the copy editor."""
    document_ = {"coefficients": {"copy": "0.12", "art": "0.08"}}
    tried = _try(parse(document_))
    assert _pair(tried, "提成池")[2] == 0
    assert _pair(tried, "文案编辑") == (2921, 3505, 584)
    assert _pair(tried, "美工") == (2921, 2337, -584)
    people = {each.name: each.difference for each in tried.people}
    assert (people["team_copy"], people["team_art"]) == (584, -584)


def test_other_rate_of_a_rule_cuts_less(chain: SettlementRun) -> None:
    """One complaint at 1/3 instead of 10%: 29.21 × 2/3 = 19.47 instead of 26.29."""
    tried = _try(parse({"rules": {"it.complaint": "1/3"}}))
    assert _pair(tried, "信息部对接人") == (2629, 1947, -682)
    assert _pair(tried, "留在公司的扣减") == (292, 974, 682)


def test_campaigns_are_evaluated_with_the_drafts_comparators(chain: SettlementRun) -> None:
    """One day before instead of three: S01 991.80 − 334.20, S02 1,171.80 − 394.20 = 1,435.20."""
    tried = _try(parse({"baseline": {"weekend": {"n": 1}}}))
    assert _pair(tried, "提成池") == (29208, 28704, -504)


def test_month_never_calculated_is_computed_both_ways(chain: SettlementRun) -> None:
    tried = _try(parse({"pool_rate": "0.3"}), first=SEPTEMBER)
    assert [each.source for each in tried.months] == ["按现在的数据", "已计算"]
    assert _pair(tried, "提成池") == (29208, 43812, 14604)


def test_data_changed_since_is_told_apart_from_the_policy(chain: SettlementRun) -> None:
    KpiEvent.objects.all().delete()
    (month,) = _try(parse({})).months
    assert month.data_changed
    assert month.from_data == 0
    trial = try_policy(parse({}), first=OCTOBER, until=OCTOBER)[0]
    assert trial.present == trial.tried != trial.standing


def test_approved_figures_stand_even_after_a_later_run(chain: SettlementRun) -> None:
    Settlement.objects.update(state=Settlement.State.APPROVED, run=chain)
    SettlementRun.objects.create(
        month=str(OCTOBER),
        number=chain.number + 1,
        policy_code="x",
        policy=chain.policy,
        digest="x",
        pool=0,
        margin_uplift=0,
        document={**chain.document, "pool": "0.00", "roles": []},
        trace={},
        calculated_at=scene.MOMENT,
    )
    (month,) = _try(parse({})).months
    assert (month.source, month.pool.standing) == ("已批准", 29208)


def test_nothing_is_posted_and_nothing_kept_but_the_report(
    chain: SettlementRun, planner: User, now: datetime
) -> None:
    kept = (SettlementRun, KpiEvent, Settlement, SettlementStep)
    before = [model.objects.count() for model in kept]
    job = start_trial(
        document={**DEFAULT, "pool_rate": "0.3"},
        name="试",
        first=SEPTEMBER,
        until=OCTOBER,
        by=planner,
        now=now,
    )
    assert job.state == Job.State.DONE
    assert [model.objects.count() for model in kept] == before
    assert not any(model.objects.exists() for model in (Journal, Entry, Payout))
    trial = trial_of(job.pk)
    assert trial.months == tuple(
        try_policy(parse({"pool_rate": "0.3"}), first=SEPTEMBER, until=OCTOBER)
    )
    assert trial.changes == ("提取比例由 20% 改为 30%。",)


def test_many_months_are_left_to_a_worker(
    chain: SettlementRun, planner: User, now: datetime
) -> None:
    job = start_trial(
        document=DEFAULT, name="试", first=Month(2026, 7), until=OCTOBER, by=planner, now=now
    )
    assert job.state == Job.State.QUEUED
    assert trial_of(job.pk).under_way
    jobs.run_job(job.pk, now=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.progress_done, job.progress_total) == ("done", 4, 4)
    assert len(trial_of(job.pk).months) == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "until", "sentence"),
    [
        ("2026-10", "2026-12", "2026年12月还没有到"),
        ("2026-10", "2026-09", "请对调"),
        ("2023-01", "2026-10", "最多试算 36 个月"),
        ("0001-01", "2026-10", "最多试算 36 个月"),
    ],
)
def test_months_that_cannot_be_tried_are_refused(
    first: str, until: str, sentence: str, planner: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match=sentence):
        start_trial(
            document=DEFAULT,
            name="试",
            first=Month.parse(first),
            until=Month.parse(until),
            by=planner,
            now=now,
        )
    assert not recent_trials().exists()


@given(
    options=st.fixed_dictionaries(
        {key: st.sampled_from(list(o.meanings)) for key, o in OPTIONS.items()}
    ),
    margins=st.lists(st.integers(-5_000_000, 5_000_000), max_size=4),
    rate=st.sampled_from(["0.2", "1/3"]),
)
def test_document_and_figures_of_a_month_agree(
    options: dict[str, Any], margins: list[int], rate: str
) -> None:
    """A run's frozen document and the engine's figures are one and the same, to the fen."""
    policy = make_policy(options, pool_rate=rate)
    campaigns = [make_uplift(f"C{number}", fen) for number, fen in enumerate(margins)]
    settled = settle(make_inputs(policy, campaigns=campaigns))
    standing = figures_of_document(document(settled), policy)
    assert standing == Figures.read(standing.kept())
    trial = MonthTrial(OCTOBER, "calculated", standing, standing, standing)
    assert is_same([trial])
    assert sum(standing.lines.values()) == standing.pool == settled.pool


@given(
    options=st.fixed_dictionaries(
        {key: st.sampled_from(list(o.meanings)) for key, o in OPTIONS.items()}
    ),
    rate=st.sampled_from(["0.1", "0.25"]),
)
@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_draft_equal_to_the_published_version_differs_nowhere(
    options: dict[str, Any], rate: str, equal_draft: Any
) -> None:
    differences = equal_draft(options, rate)
    assert differences == [0] * len(differences)


@pytest.fixture
def equal_draft(chain: SettlementRun, planner: User) -> Any:
    """Publishes such a policy, calculates October and tries a copy of it; the differences."""

    def differences(options: dict[str, Any], rate: str) -> list[int]:
        with transaction.atomic():
            version = publish_policy(
                document={"code": "x", "pool_rate": rate, "options": options},
                by=None,
                now=scene.MOMENT,
            )
            calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
            draft = drafting.copy_version(version=version, name="同", by=planner, now=scene.MOMENT)
            found = _try(parse(draft.document))
            transaction.set_rollback(True)
        assert not any(line.difference for month in found.months for line in month.lines)
        return [each.difference for each in (*found.pairs, *found.roles, *found.people)]

    return differences


# --- pages


@pytest.fixture
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.mark.usefixtures("_today")
def test_planner_tries_a_draft_with_a_change_of_its_own(
    chain: SettlementRun, client: Client, planner: User, now: datetime
) -> None:
    draft = drafting.copy_version(version=None, name="新制度", by=planner, now=now)
    client.force_login(planner)
    page = client.get(f"/what-if/?draft={draft.pk}").content.decode()
    assert f'value="draft-{draft.pk}" selected' in page
    assert 'name="until" id="id_until" value="2026-10"' in page
    answer = client.post(
        "/what-if/",
        {"base": f"draft-{draft.pk}", "first": "2026-09", "until": "2026-10", "pool_rate": "30%"},
    )
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "试算草稿“新制度”，另改 1 处" in page
    assert "提成池合计多 ¥146.04" in page
    assert "别人的金额只有本人" in page
    assert "¥43.81" not in page  # 总策划 of the team is somebody else
    assert AuditEntry.objects.filter(act="download").count() == 0
    draft.refresh_from_db()
    assert draft.document["pool_rate"] == "0.20"


@pytest.mark.usefixtures("_today")
def test_faulty_change_is_refused_and_stays_in_the_form(
    chain: SettlementRun, client: Client, planner: User
) -> None:
    client.force_login(planner)
    data = {"first": "2026-10", "until": "2026-10", "coefficients__copy": "0.12"}
    answer = client.post("/what-if/", data)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "各系数之和是 1.02" in page
    assert 'name="coefficients__copy" value="0.12"' in page
    assert client.post("/what-if/", {"first": "x", "until": "2026-10"}).status_code == 400
    assert not recent_trials().exists()


@pytest.mark.usefixtures("_today")
def test_report_is_taken_along_with_real_numbers(
    chain: SettlementRun, client: Client, finance: User, now: datetime
) -> None:
    job = start_trial(
        document={**DEFAULT, "pool_rate": "0.3"},
        name="试",
        first=OCTOBER,
        until=OCTOBER,
        by=finance,
        now=now,
    )
    client.force_login(finance)
    answer = client.get(f"/what-if/{job.pk}/export.xlsx")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)  # type: ignore[union-attr]
    assert rows[0][:6] == ("月份", "岗位", "人员", "现有", "试算", "差额")
    assert rows[-1][3:6] == (292.08, 438.12, 146.04)
    assert ("2026-10", "总策划", "总策划", 43.81, 65.72, 21.91, "已计算") in rows
    assert AuditEntry.objects.get(act="download").object_type == "kernel.job"


@pytest.mark.usefixtures("_today")
def test_unfinished_trial_shows_its_progress(
    chain: SettlementRun, client: Client, supervisor: User, now: datetime
) -> None:
    job = start_trial(
        document=DEFAULT, name="试", first=Month(2026, 1), until=OCTOBER, by=supervisor, now=now
    )
    client.force_login(supervisor)
    page = client.get(f"/what-if/{job.pk}/").content.decode()
    assert f'data-poll="/what-if/{job.pk}/progress/"' in page
    assert "Poll-Done" not in client.get(f"/what-if/{job.pk}/progress/")
    assert client.get(f"/what-if/{job.pk}/export.xlsx").status_code == 409
    Job.objects.update(state=Job.State.FAILED, error="没有成功。")
    assert client.get(f"/what-if/{job.pk}/progress/")["Poll-Done"] == "1"
    other = jobs.enqueue(kind="compute_uplift", payload={}, by=None, now=now, wake=False)
    assert client.get(f"/what-if/{other.pk}/").status_code == 404


@pytest.mark.django_db
def test_what_if_is_for_those_who_decide_pay_or_prepare(
    client: Client, copy: User, store_manager: User, vice_general_manager: User
) -> None:
    for user, status in ((copy, 403), (store_manager, 403), (vice_general_manager, 200)):
        client.force_login(user)
        assert client.get("/what-if/").status_code == status, user
    assert client.get("/what-if/1/").status_code == 404


@pytest.mark.usefixtures("_today")
@pytest.mark.parametrize("number", [1, 3])
def test_pages_ask_a_constant_number_of_queries(
    number: int,
    chain: SettlementRun,
    client: Client,
    planner: User,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        drafting.copy_version(version=None, name=f"稿{index}", by=planner, now=now)
        job = start_trial(
            document=DEFAULT,
            name="试",
            first=OCTOBER.plus(1 - number),
            until=OCTOBER,
            by=planner,
            now=now,
        )
    client.force_login(planner)
    client.get("/policy/")
    with django_assert_num_queries(8):  # session, person, standing; in force, month, three lists
        client.get("/what-if/")
    with django_assert_num_queries(5):  # session, person, standing; trial, people
        client.get(f"/what-if/{job.pk}/")


@pytest.mark.django_db
def test_submitted_month_keeps_the_policy_of_it_and_of_those_before() -> None:
    Settlement.objects.create(month="2026-10", state=Settlement.State.CALCULATED)
    assert objection_to(OCTOBER) == ""
    Settlement.objects.update(state=Settlement.State.SUBMITTED)
    assert objection_to(SEPTEMBER) == "2026年10月的结算已提交，所按的制度不能再变。"
    assert objection_to(OCTOBER.plus(1)) == ""


def test_sheet_has_a_row_for_each_line_and_the_totals() -> None:
    figures = Figures(pool=100, lines={("planner", "liu"): 60, ("reserve", ""): 40})
    other = Figures(pool=90, lines={("planner", "li"): 90})
    rows = sheet_rows([MonthTrial(OCTOBER, "approved", figures, figures, other)], {"liu": "刘"})
    assert [row[1] for row in rows] == ["总策划", "总策划", "团队公费", ""]
    assert [str(row[5]) for row in rows] == ["0.90", "-0.60", "-0.40", "-0.10"]
