"""Tasks in manual holdings after a member corrected or restricted somebody's data by hand."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("holdings", "0005_keeping")]

    operations = [
        migrations.RemoveConstraint(model_name="task", name="holdings_task_about"),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("about_kind__in", ["case", "erasure", "batch", "person"])),
                name="holdings_task_about",
            ),
        ),
    ]
