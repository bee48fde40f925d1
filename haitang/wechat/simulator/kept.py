"""The demonstration's own account: made once an installation, kept beside its data."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from pathlib import Path

from haitang.wechat.simulator.account import SimulatedAccount, invented_account

FILE = "wechat-simulator.json"
STATE_FILE = "wechat-simulator-state.json"


def kept_account(folder: Path) -> SimulatedAccount:
    """The account kept in the folder; made, for its owner only, if absent.

    Processes that start together agree: the file appears whole or not at all, the first stays.
    """
    path = folder / FILE
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "w") as file:
            json.dump(dataclasses.asdict(invented_account()), file)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return SimulatedAccount(**json.loads(path.read_text()))
