"""Random months beside a simple model: what must hold after every step, whatever happened.

A team lives through the last quarter of 2026 in any order of events, late sales, calculations,
objections, steps, payments and repeated postings. The model only remembers what each standing
approval's document said, which payments are out and which state each month is in; the ledger's
balances must follow from that. DRILL=1 runs longer.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from campaigns.models import Store, StoreDay
from haitang.kernel.clock import SHANGHAI, Month
from haitang.kernel.errors import Conflict, Refusal
from haitang.kernel.money import fen
from incentives.calculation.services import calculate_month
from incentives.deductions.objections import answer_objection, raise_objection
from incentives.ledger.chart import GROUPS, AccountSpec
from incentives.ledger.posting import Line, post
from incentives.ledger.verify import rebuilt_balances, verify
from incentives.life import approval
from incentives.life.states import MOVES, ORDER, Step, waits_for
from incentives.models import (
    ArticleFee,
    Journal,
    KpiEvent,
    LedgerAccount,
    Objection,
    Payment,
    Payout,
    Settlement,
)
from incentives.payments.paying import retry_payment, set_payment_state
from tests.factories.trade import make_event, make_expense, make_manuscript, sell
from tests.incentives.life_model import Approved, standing_payments
from tests.incentives.life_scene import make_house, make_month

pytestmark = [pytest.mark.django_db, pytest.mark.hypothesis]

NOW = datetime(2027, 1, 5, 10, tzinfo=SHANGHAI)
MONTHS = (Month(2026, 10), Month(2026, 11), Month(2026, 12))
LONG = bool(os.environ.get("DRILL"))
DEDUCTIONS = ("planner.assessment", "it.complaint", "copy.content_invalid")
NEWS = (*DEDUCTIONS, "waiver", "sales", "sales", "manuscript", "expense")
TAKERS = {
    Step.SUBMIT: "supervisor",
    Step.WITHDRAW: "supervisor",
    Step.RETURN: "general_manager",
    Step.APPROVE: "general_manager",
    Step.REVERSE: "general_manager",
    Step.PAY: "finance",
    Step.CLOSE: "finance",
}
months = st.sampled_from(MONTHS)


class Life(RuleBasedStateMachine):
    """One house, three months, everything that can happen to them."""

    people: dict[str, User]

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.states = dict.fromkeys(MONTHS, "draft")
        self.approved: dict[Month, Approved] = {}
        self.paid: dict[int, tuple[str, int]] = {}
        self.numbers = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    @initialize(months=st.integers(0, 2), is_taken_back=st.booleans())
    def house_begins_with_some_months_approved(self, months: int, is_taken_back: bool) -> None:
        """So that much of what comes in is late; the last one perhaps for the second time."""
        self._go_on(2 * months)
        if is_taken_back:
            self.latest_approval_is_reversed(number=1, again=False, is_approved_anew=True)

    # What comes in, in time or late

    @rule(month=months, what=st.sampled_from(NEWS), number=st.integers(0, 3_000))
    def something_comes_in(self, month: Month, what: str, number: int) -> None:
        self.numbers += 1
        if what == "sales":
            _correct_sales(month, str(number))
        elif what == "manuscript":
            kind = "customer" if number % 2 else "employee"
            make_manuscript(f"M{self.numbers}", date(month.year, month.month, 9), kind)
        elif what == "expense":
            make_expense(date(month.year, month.month, 10), str(1 + number % 90))
        elif what == "waiver":
            KpiEvent.objects.filter(month=str(month)).update(state=KpiEvent.State.WAIVED)
        else:
            make_event(what, str(1 + number % 3), month=str(month))

    @rule(month=months, is_answered=st.booleans())
    def somebody_objects(self, month: Month, is_answered: bool) -> None:
        self._try(
            lambda: raise_objection(
                month=month, person=self.people["copy"], line="share", text="不对", now=NOW
            )
        )
        for each in Objection.objects.filter(state=Objection.State.OPEN) if is_answered else ():
            answer_objection(
                objection=each, text="核过", decision="keep", by=self.people["supervisor"], now=NOW
            )

    # The steps

    @rule(month=months)
    def month_is_calculated(self, month: Month) -> None:
        if self._try(lambda: calculate_month(month=month, by=None, now=NOW)):
            assert self.states[month] in ("draft", "calculated")
            self.states[month] = "calculated"
        else:
            assert self.states[month] not in ("draft", "calculated")

    @rule(month=months, step=st.sampled_from(list(Step)))
    def any_step_is_tried(self, month: Month, step: Step) -> None:
        self._take(month, step)

    @rule(times=st.integers(1, 3))
    def the_earliest_month_goes_on(self, times: int) -> None:
        """What the house does on most days."""
        self._go_on(times)

    @rule()
    def all_months_go_on(self) -> None:
        """Late things come in only where something is approved already."""
        Objection.objects.filter(state=Objection.State.OPEN).update(state=Objection.State.KEPT)
        self._go_on(3 * len(MONTHS))

    def _go_on(self, times: int) -> None:
        for _ in range(times):
            behind = [each for each in MONTHS if ORDER.index(self._state(each)) < 3]
            if not behind:
                return
            month = behind[0]
            if self.states[month] in ("draft", "calculated"):
                self.month_is_calculated(month)
            if move := waits_for(self.states[month]):
                self._take(month, move.step)

    def _take(self, month: Month, step: Step) -> None:
        by, move = self.people[TAKERS[step]], MOVES[step]
        acts: dict[Step, Callable[[], Settlement]] = {
            Step.SUBMIT: lambda: approval.submit_month(month=month, by=by, now=NOW),
            Step.WITHDRAW: lambda: self._back(approval.return_month, month, by),
            Step.RETURN: lambda: self._back(approval.return_month, month, by),
            Step.APPROVE: lambda: approval.approve_month(month=month, by=by, now=NOW),
            Step.REVERSE: lambda: self._back(approval.reverse_approval, month, by),
            Step.PAY: lambda: approval.mark_paid(month=month, by=by, now=NOW),
            Step.CLOSE: lambda: approval.close_month(month=month, by=by, now=NOW),
        }
        if not self._try(acts[step]):
            return
        assert self.states[month] == move.before
        self.states[month] = move.after
        if step is Step.APPROVE:
            self.approved[month] = self._remember(month)
        if step is Step.REVERSE:
            del self.approved[month]

    @staticmethod
    def _back(act: Callable[..., Settlement], month: Month, by: User) -> Settlement:
        return act(month=month, reason="再看一遍", by=by, now=NOW)

    # Payments, and everything once more

    @rule(pick=st.integers(0, 30), number=st.integers(1, 8))
    def payments_go_out(self, pick: int, number: int) -> None:
        waiting = list(Payment.objects.filter(state="waiting").order_by("pk"))
        self._pay(waiting[pick % (len(waiting) + 1) :][:number])

    @rule(again=st.booleans())
    def payment_comes_back(self, again: bool) -> None:
        payment = Payment.objects.filter(state="paid").order_by("pk").first()
        if payment:
            self._does_not_arrive(payment, again=again)

    @rule(again=st.booleans())
    def payment_fails(self, again: bool) -> None:
        payment = Payment.objects.filter(state="waiting").order_by("pk").last()
        if payment:
            self._does_not_arrive(payment, again=again)

    @rule(number=st.integers(1, 3), again=st.booleans(), is_approved_anew=st.booleans())
    def latest_approval_is_reversed(self, number: int, again: bool, is_approved_anew: bool) -> None:
        """After a few of its payments went out and came back."""
        for month in MONTHS:
            self._take(month, Step.WITHDRAW)
        if "approved" not in self.states.values():
            self._go_on(2)
        month = max(self.approved, default=MONTHS[0])
        if self.states[month] != "approved":
            return
        payments = Payment.objects.filter(settlement__month=str(month)).order_by("pk")
        self._pay(payments.filter(state="waiting")[:number])
        for payment in payments.filter(state="paid"):
            self._does_not_arrive(payment, again=again)
        self._take(month, Step.REVERSE)
        assert self.states[month] == "calculated"
        if is_approved_anew:
            self._go_on(2)

    def _pay(self, payments: Iterable[Payment]) -> None:
        for payment in payments:
            set_payment_state(
                payment=payment, state=Payment.State.PAID, by=self.people["finance"], now=NOW
            )
            self.paid[payment.pk] = (payment.account_id, payment.amount_fen)

    def _does_not_arrive(self, payment: Payment, *, again: bool) -> None:
        by = self.people["finance"]
        is_out = self.paid.pop(payment.pk, None)
        state = Payment.State.RETURNED if is_out else Payment.State.FAILED
        set_payment_state(payment=payment, state=state, note="户名不符", by=by, now=NOW)
        if again:
            retry_payment(payment=payment, by=by, now=NOW)

    @rule()
    def every_posting_is_repeated(self) -> None:
        """The same content is the journal that is there; other content is refused."""
        for journal in Journal.objects.exclude(kind=Journal.Kind.REVERSAL).order_by("number"):
            lines = _lines(journal)
            assert self._repeat(journal, lines) == journal
            other = [Line(line.account, 2 * line.amount_fen) for line in lines]
            with pytest.raises(Conflict, match="已经记过账"):
                self._repeat(journal, other)

    @staticmethod
    def _repeat(journal: Journal, lines: list[Line]) -> Journal | None:
        with transaction.atomic():
            return post(
                kind=Journal.Kind(journal.kind),
                key=journal.key,
                month=Month.parse(journal.month),
                effective_on=journal.effective_on,
                memo=journal.memo,
                lines=lines,
                by=None,
                now=NOW,
            )

    # What holds after every step

    @invariant()
    def ledger_balances_and_verifies(self) -> None:
        assert [fault.sentence for fault in verify()] == []
        assert dict(LedgerAccount.objects.values_list("code", "balance_fen")) == rebuilt_balances()

    @invariant()
    def balances_follow_from_the_approved_documents(self) -> None:
        found = dict(LedgerAccount.objects.values_list("code", "balance_fen"))
        found.pop("company", None)
        assert {code: amount for code, amount in found.items() if amount} == self._expected()

    @invariant()
    def payments_are_those_of_the_approvals(self) -> None:
        """Per payee: by the payouts of each month, and what is not through by the ledger."""
        months, owed = standing_payments()
        wanted = {str(month): kept.to_be_paid() for month, kept in self.approved.items()}
        assert months == {month: each for month, each in wanted.items() if each}
        balances = LedgerAccount.objects.filter(code__startswith="payable:").exclude(balance_fen=0)
        people = {code: amount for code, amount in owed.items() if code.startswith("payable:")}
        assert people == dict(balances.values_list("code", "balance_fen"))

    @invariant()
    def nothing_approved_has_changed(self) -> None:
        for month, kept in self.approved.items():
            assert self._frozen(month) == kept.frozen

    @invariant()
    def states_are_as_the_steps_left_them(self) -> None:
        assert {month: self._state(month) for month in MONTHS} == self.states

    @invariant()
    def no_key_was_used_twice(self) -> None:
        keys = list(Journal.objects.values_list("key", flat=True))
        assert len(keys) == len(set(keys))
        standing = [key.split("/")[:2] for key in keys if key.endswith("/pool")]
        assert len(standing) == len({tuple(each) for each in standing})

    def _expected(self) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for fee in ArticleFee.objects.all():
            sums[f"fee:{fee.manuscript}"] += fen(fee.amount)
            sums["outstanding"] += fen(fee.amount)
        for kept in self.approved.values():
            kept.add_to(sums)
        for account, amount in self.paid.values():
            sums[account] -= amount
            sums["bank"] += amount
        if self.approved:
            last = self.approved[max(self.approved)]
            sums["maintenance"] = fen(last.document["fund"]["closing"])
            sums["reserve"] = fen(last.document["reserve"]["closing"])
            for row in last.payouts:
                sums[f"carried:{row['username']}"] = row["carried_out"]
        return {code: amount for code, amount in sums.items() if amount}

    # Helpers

    @staticmethod
    def _try(act: Callable[[], object]) -> bool:
        """Whether the act was done; one that is refused leaves no trace."""
        before = (Journal.objects.count(), Payout.objects.count())
        try:
            act()
        except Refusal:
            assert (Journal.objects.count(), Payout.objects.count()) == before
            return False
        return True

    @staticmethod
    def _state(month: Month) -> str:
        states = Settlement.objects.filter(month=str(month)).values_list("state", flat=True)
        return states.first() or "draft"

    def _remember(self, month: Month) -> Approved:
        run = Settlement.objects.get(month=str(month)).run
        assert run is not None
        # By way of text: a copy that nothing shares.
        document, payouts = json.loads(json.dumps([run.document, run.trace["payouts"]]))
        return Approved(document, payouts, self._frozen(month))

    @staticmethod
    def _frozen(month: Month) -> str:
        """All that an approval froze, as one text."""
        settlement = Settlement.objects.select_related("run").get(month=str(month))
        run, number = settlement.run, settlement.approvals
        assert run is not None
        rows = settlement.payouts.filter(approval=number).order_by("username").values_list()
        deltas = settlement.adjustments.filter(approval=number).order_by("pk").values_list()
        journals = Journal.objects.filter(key__startswith=f"{month}/{number}/").order_by("number")
        parts = [
            [run.pk, run.digest, run.policy, run.document, run.trace],
            [settlement.document_number, settlement.ledger_number, settlement.ledger_hash],
            [list(row) for row in rows],
            [list(row) for row in deltas],
            list(journals.values_list("number", "key", "hash")),
        ]
        return json.dumps(parts, sort_keys=True, default=str)


def _correct_sales(month: Month, margin: str) -> None:
    """The campaign's day is sold anew."""
    day = date(month.year, month.month, 21)
    store = Store.objects.get(code=f"S{month.month:02d}{month.year % 100}")
    StoreDay.objects.filter(store=store, date=day).update(is_active=False)
    StoreDay.objects.filter(store=store, date=day).delete()
    sell(store, day, margin)


def _lines(journal: Journal) -> list[Line]:
    entries = journal.entries.select_related("account").order_by("line")
    return [
        Line(
            AccountSpec(each.account_id, each.account.name, GROUPS[each.account.group]),
            each.amount_fen,
        )
        for each in entries
    ]


def test_random_lives_of_three_months() -> None:
    Life.people = make_house()
    for month in MONTHS:
        make_month(month=month)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=150 if LONG else 7,
            stateful_step_count=50 if LONG else 8,
            deadline=None,
            # A month takes long: shrinking would outlast the test's time and tell nothing.
            phases=tuple(Phase) if LONG else (Phase.reuse, Phase.generate),
        ),
    )
