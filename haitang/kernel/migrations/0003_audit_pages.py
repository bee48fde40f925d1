"""The audit list's own order as an index: its last page took thirty times as long as its first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_audit_append_only")]

    operations = [
        migrations.RemoveIndex("auditentry", name="audit_at"),
        migrations.AddIndex("auditentry", models.Index(fields=["-at", "-id"], name="audit_newest")),
    ]
