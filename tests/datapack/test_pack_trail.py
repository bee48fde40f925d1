"""Loading a pack is an act; what it changes in approved months shows and changes nothing there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from haitang.datapack.services import load_pack
from haitang.kernel import audit
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from incentives.life.discrepancies import discrepancies
from incentives.models import Settlement
from tests.factories.life import freeze
from tests.factories.packs import write_pack
from tests.factories.trade import NOW
from tests.web import scene

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


def test_load_is_one_act_with_each_file_s_digest_and_counts(
    tmp_path: Path, administrator: User
) -> None:
    pack = write_pack(
        tmp_path / "药堂", articles="A1,秋季养生,campaign,2026-10-15,3000", manuscripts="M1,x,,"
    )
    load_pack(path=pack, now=NOW, by=administrator)
    entry = AuditEntry.objects.get(act="load_pack")
    assert (entry.actor, entry.stream, entry.object_name) == (administrator, "datapack", "药堂")
    digest = hashlib.sha256((pack / "articles.csv").read_bytes()).hexdigest()
    assert entry.details["files"]["articles.csv"] == {
        "rows": 1,
        "changed": 1,
        "rejected": 0,
        "loaded": True,
        "sha256": digest,
    }
    refused = entry.details["files"]["manuscripts.csv"]
    assert (refused["changed"], refused["rejected"], refused["loaded"]) == (0, 1, False)
    assert "秋季养生" not in str(entry.details)
    load_pack(path=pack, now=NOW, by=administrator)
    again = AuditEntry.objects.filter(act="load_pack").latest("pk")
    assert again.details["files"]["articles.csv"]["changed"] == 0
    assert again.object_id == entry.object_id
    assert not list(audit.verify())


def test_approved_month_stands_and_shows_what_a_pack_changed(tmp_path: Path) -> None:
    """A late complaint and corrected reads: October's figures stay, its difference is listed."""
    scene.make_chain()
    scene.make_team()
    run = freeze(OCTOBER, now=scene.MOMENT)
    pack = write_pack(
        tmp_path / "pack",
        stores="S01,解放路店,2015-01-01,\nS02,中山店,2015-01-01,",
        kpi_events="2026-10,it.complaint,1,打印机",
        articles="A1,秋季养生,campaign,2026-10-17,4500",
    )
    told = io.StringIO()
    call_command("load_pack", str(pack), stdout=told)
    assert "已批准的2026-10按现在的数据会有不同：批准的金额不变" in told.getvalue()
    assert AuditEntry.objects.get(act="load_pack").details["differing"] == ["2026-10"]
    run.refresh_from_db()
    assert Settlement.objects.get().run == run
    (found,) = discrepancies()
    texts = [each.text for each in found.changes]
    assert any("A1 9000 → 4500" in text for text in texts)
    assert any("打印机" in text or "其他部门投诉" in text for text in texts)
    assert found.open_delta.startswith("-")
