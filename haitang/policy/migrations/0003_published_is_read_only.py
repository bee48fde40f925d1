"""What was published, and what was taken back, admits no change."""

from django.db import migrations

from haitang.kernel.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_drafts")]

    operations = [
        append_only("policy_policyversion"),
        append_only("policy_policywithdrawal"),
    ]
