"""The secret key of an installation that was given none: made once, kept beside its data."""

import os
import secrets
import tempfile
from pathlib import Path


def embedded_secret_key(var_dir: Path) -> str:
    """The key kept in ``secret_key`` under ``var_dir``; made with owner-only rights when absent.

    Processes that start together agree: a key appears whole or not at all, and the first stays.
    """
    path = var_dir / "secret_key"
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=var_dir)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text(encoding="ascii")
