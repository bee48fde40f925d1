"""Each run keeps what lists and comparisons read of it; those there already get theirs."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from incentives.calculation.summaries import summary_of


def summarise(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    runs = apps.get_model("incentives", "SettlementRun").objects.using(
        schema_editor.connection.alias
    )
    for pk in runs.values_list("pk", flat=True):
        document, trace = runs.values_list("document", "trace").get(pk=pk)
        runs.filter(pk=pk).update(summary=summary_of(document, trace))


class Migration(migrations.Migration):
    dependencies = [("incentives", "0004_payee_accounts")]

    operations = [
        migrations.AddField(
            model_name="settlementrun",
            name="summary",
            field=models.JSONField(default=dict, editable=False, verbose_name="摘要"),
        ),
        migrations.RunPython(summarise, migrations.RunPython.noop),
    ]
