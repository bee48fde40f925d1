"""A phone and a card planted in a pack that comes through the page: nowhere, not even meanwhile."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import MemberCard, SaleLine
from haitang.datapack import uploads
from haitang.datapack.services import load_files
from haitang.kernel import jobs
from haitang.kernel.models import Job
from haitang.kernel.personal import keyed_hash
from tests.factories.packs import write_pack
from tests.web.permission_scene import PermissionScene
from tests.web.test_planting import (
    BAD,
    CARD,
    GOOD,
    PHONE,
    assert_nowhere,
    body,
    client,
    found_in,
    log,
    visit,
)

__all__ = ["client", "log", "visit"]  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # stored as it is: a plain copy would show
        for file in folder.iterdir():
            archive.write(file, file.name)
    return packed.getvalue()


@pytest.mark.parametrize("skip", ["", "on"])
def test_uploaded_pack_leaves_no_number_whenever_it_is_killed(
    skip: str,
    visit: PermissionScene,
    client: Client,
    log: io.StringIO,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What lies on the disk while the rows are loaded is what a kill would leave."""
    folder = write_pack(
        tmp_path / "pack",
        sales="\n".join([f"{GOOD},{CARD}", f"{GOOD},{PHONE}", *BAD]),
        participants=f"{PHONE},{CARD}\nC1,{CARD * 4}",
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    looked: list[str] = []

    def watched(**given: Any) -> Any:
        assert_nowhere(log)
        assert not list(temporary.iterdir())
        looked.extend(given["files"])
        return load_files(**given)

    monkeypatch.setattr("haitang.datapack.uploads.load_files", watched)
    file = SimpleUploadedFile("搬家.zip", _zipped(folder))
    address = client.post("/packs/", {"file": file, "skip_bad_rows": skip})["Location"]
    jobs.run_pending()
    assert sorted(looked) == ["participants.csv", "sales.csv", "stores.csv"]
    job = Job.objects.filter(kind=uploads.KIND).latest("pk")
    assert uploads.load_of(job.pk).rejected_count > len(BAD)
    assert MemberCard.objects.filter(number_hash=keyed_hash(CARD)).exists() == bool(skip)
    assert SaleLine.objects.filter(card__number_hash=keyed_hash(PHONE)).exists() == bool(skip)
    for page in (address, f"{address}progress/", f"{address}rejected.csv", "/packs/", "/"):
        assert not found_in(body(client.get(page))), page
    assert not list(temporary.iterdir())
    assert_nowhere(log)
