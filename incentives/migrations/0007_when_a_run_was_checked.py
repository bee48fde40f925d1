from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incentives", "0006_fee_licence"),
    ]

    operations = [
        migrations.AddField(
            model_name="settlementrun",
            name="checked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="核对时间"),
        ),
    ]
