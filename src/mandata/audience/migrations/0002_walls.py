"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("audience", "0001_initial")]
    operations = [
        secure("audience_list"),
        secure("audience_field"),
        secure("audience_subscriber"),
        secure(
            "audience_subscription",
            key=None,
            foreign={"list_id": ("audience_list", "cascade"), "subscriber_id": ("audience_subscriber", "cascade")},
        ),
        secure("audience_suppression", key=None),
        secure("audience_import", foreign={"list_id": ("audience_list", "cascade")}),
        secure("audience_upload_chunk", key=None, foreign={"import_id": ("audience_import", "cascade")}),
        secure("audience_rejection", key=None, foreign={"import_id": ("audience_import", "cascade")}),
    ]
