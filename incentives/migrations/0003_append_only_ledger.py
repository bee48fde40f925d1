"""Journals, entries and the records of who decided what admit no change."""

from django.db import migrations

from haitang.kernel.append_only import append_only
from incentives.ledger.triggers import balanced_journals


class Migration(migrations.Migration):
    dependencies = [("incentives", "0002_life_of_a_settlement")]

    operations = [
        balanced_journals(),
        append_only("incentives_journal"),
        append_only("incentives_entry"),
        append_only("incentives_settlementstep"),
        append_only("incentives_kpidecision"),
        append_only("incentives_payout"),
        append_only("incentives_adjustment"),
    ]
