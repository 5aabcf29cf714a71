"""Row-Level Security, composite keys and foreign keys (design decisions 2 and 3)."""

from django.db import migrations

from mandata.infra.tenancy import secure

PARTITIONS = 16

MESSAGE = migrations.RunSQL(
    [
        """
        create table delivery_message (
            controller_id uuid not null,
            campaign_id uuid not null,
            subscriber_id uuid not null,
            number bigint not null,
            channel varchar(10) not null default 'email',
            provider varchar(40) not null default '',
            state varchar(10) not null default 'queued'
                check (state in ('queued', 'claimed', 'sending', 'sent', 'deferred', 'failed', 'unknown', 'cancelled')),
            chunk_id uuid,
            attempts smallint not null default 0,
            next_at timestamptz,
            code smallint,
            status varchar(12) not null default '',
            diagnostic varchar(300) not null default '',
            sent_at timestamptz,
            primary key (controller_id, subscriber_id, campaign_id)
        ) partition by hash (campaign_id)
        """,
        *(
            f"create table delivery_message_{part:02} partition of delivery_message "
            f"for values with (modulus {PARTITIONS}, remainder {part}) with (fillfactor = 80)"
            for part in range(PARTITIONS)
        ),
        # Reached directly, a partition shows no row: it has the wall and no policy.
        *(f"alter table delivery_message_{part:02} enable row level security" for part in range(PARTITIONS)),
        *(f"alter table delivery_message_{part:02} force row level security" for part in range(PARTITIONS)),
        "create unique index delivery_message_number on delivery_message (controller_id, campaign_id, number)",
        "create index delivery_message_due on delivery_message (controller_id, campaign_id, number) "
        "where state in ('queued', 'deferred')",
        "create index delivery_message_chunk on delivery_message (controller_id, campaign_id, chunk_id) where chunk_id is not null",
        # The primary key begins with the subscriber, so that it also finds a person's messages.
    ],
    reverse_sql="drop table delivery_message",
)


# The planner takes a campaign that was just frozen for one row, and then reads all of it for each claim. The statistics
# are the owner's to make; this lets the application have them made for the partition of one campaign, and nothing else.
ANALYSE = migrations.RunSQL(
    """
    create function delivery_analyse(campaign uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
    declare part regclass;
    begin
        select tableoid into part from delivery_message where campaign_id = campaign limit 1;
        if part is not null then execute format('analyze %s', part); end if;
    end $$
    """,
    reverse_sql="drop function delivery_analyse(uuid)",
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("campaigns", "0002_walls"), ("audience", "0002_walls")]
    operations = [
        MESSAGE,
        ANALYSE,
        secure(
            "delivery_message",
            key=None,
            foreign={"campaign_id": ("campaigns_campaign", "cascade")},
        ),
        secure("delivery_counter", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
        secure("delivery_domain"),
        secure("delivery_return", foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
    ]
