"""The secret key of an installation that was given none: made once, kept beside its data."""

import os
import secrets
from pathlib import Path


def embedded_secret_key(var_dir: Path) -> str:
    """The key kept in ``secret_key`` under ``var_dir``; made with owner-only rights when absent.

    Two processes that start together agree: the file is created exclusively, the loser reads it.
    """
    path = var_dir / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key
