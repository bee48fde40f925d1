"""``rotate_personal_keys``: brings all personal data under the first of ``PERSONAL_DATA_KEYS``."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from haitang.kernel import files
from haitang.kernel.personal import EncryptedField, decrypt, encrypt, encrypted_fields, is_current

_AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "用 PERSONAL_DATA_KEYS 的第一把密钥重新加密全部个人信息和保存的文件；"
        "可随时中断，再次运行会接着做。完成后即可去掉旧密钥。"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for field in encrypted_fields(apps.get_models()):
            done = _rotate(field)
            name = field.model._meta.verbose_name
            self.stdout.write(f"{name}·{field.verbose_name}：重新加密 {done} 条。")
        self.stdout.write(f"保存的文件：重新加密 {files.rotate_keys()} 个。")


def _rotate(field: EncryptedField) -> int:
    """Re-encrypt the column in short transactions; how many rows."""
    table, column = field.model._meta.db_table, field.column
    done, last = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE id > %s AND {column} IS NOT NULL"  # noqa: S608
                f" ORDER BY id LIMIT {_AT_ONCE}",
                [last],
            )
            rows = [(pk, bytes(stored)) for pk, stored in cursor.fetchall()]
            if not rows:
                return done
            last = rows[-1][0]
            for pk, stored in rows:
                if not is_current(stored):
                    cursor.execute(
                        f"UPDATE {table} SET {column} = %s WHERE id = %s",  # noqa: S608
                        [encrypt(decrypt(stored)), pk],
                    )
                    done += 1
