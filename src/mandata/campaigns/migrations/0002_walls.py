"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("audience", "0002_walls")]
    operations = [
        secure("campaigns_campaign", foreign={"list_id": ("audience_list", "set null")}),
        secure("campaigns_link", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
    ]
