from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_saved_views")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="last_day",
            field=models.DateField(help_text="空着是一直有效", null=True, verbose_name="最后一天"),
        ),
    ]
