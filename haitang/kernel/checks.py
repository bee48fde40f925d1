"""Misconfiguration, told with its cure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register("kernel")
def check_folders(**kwargs: Any) -> list[CheckMessage]:
    """The folders that the product writes to can be written to."""
    found: list[CheckMessage] = []
    for name in ("VAR_DIR", "MEDIA_ROOT", "SALES_INBOX"):
        folder = Path(getattr(settings, name))
        while not folder.exists():
            folder = folder.parent
        if not os.access(folder, os.W_OK):
            found.append(
                Error(
                    f"{name} 指向的文件夹“{folder}”不能写入。",
                    hint=f"给运行本程序的用户写权限，或用环境变量 {name} 换一个文件夹。",
                    id="kernel.E001",
                )
            )
    return found


@register("kernel")
def check_database_of_workers(**kwargs: Any) -> list[CheckMessage]:
    """Workers on other machines cannot share a SQLite file."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if not settings.REDIS_URL or not engine.endswith("sqlite3"):
        return []
    return [
        Warning(
            "配置了 REDIS_URL，数据库却是 SQLite 文件：其他机器上的 worker 用不到它。",
            hint="用 DATABASE_URL=postgres://… 接 PostgreSQL，或去掉 REDIS_URL 用单机模式。",
            id="kernel.W001",
        )
    ]
