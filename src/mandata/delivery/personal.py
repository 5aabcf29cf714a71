"""What delivery holds of one person, for `holdings`: messages and what came back about them.

Always inside a scope. A message is deleted with the person; the campaign's counters keep it as a number, and one that
was still to be sent is counted as cancelled. What came back stays as a statistic without a person and without the
server's words.
"""

from uuid import UUID

from django.db import connection

from mandata.delivery.models import Message, Return

ERASURE_SHARD = -1
"""The shard of the counters in which erasures move what was still to be sent; shards are summed when read."""


def count_messages(subscriber: UUID) -> int:
    """Return how many messages to the subscriber are known."""
    return Message.objects.filter(subscriber_id=subscriber).count()


def numbers(subscriber: UUID) -> list[tuple[UUID, int]]:
    """Return the subscriber's messages as (campaign, number), by which tracking knows them."""
    return list(Message.objects.filter(subscriber_id=subscriber).values_list("campaign_id", "number"))


def messages(subscriber: UUID) -> list[dict[str, object]]:
    """Return the subscriber's messages, oldest first, those not sent last."""
    names = ("campaign_id", "channel", "provider", "state", "attempts", "code", "status", "diagnostic", "sent_at")
    return list(Message.objects.filter(subscriber_id=subscriber).order_by("sent_at", "campaign_id").values(*names))


def delete_messages(subscriber: UUID) -> int:
    """Delete the subscriber's messages; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL_COUNTED, {"subscriber": subscriber, "shard": ERASURE_SHARD})
        cursor.execute("delete from delivery_message where subscriber_id = %s", [subscriber])
        return int(cursor.rowcount)


_CANCEL_COUNTED = """
with waiting as (
    select controller_id, campaign_id, provider, state, count(*) as messages
    from delivery_message
    where subscriber_id = %(subscriber)s and state not in ('sent', 'failed', 'unknown', 'cancelled')
    group by controller_id, campaign_id, provider, state
), moves as (
    select controller_id, campaign_id, provider, state, -messages as change from waiting
    union all
    select controller_id, campaign_id, provider, 'cancelled', sum(messages) from waiting group by 1, 2, 3
)
insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
select controller_id, campaign_id, %(shard)s, provider, state, change from moves
on conflict (controller_id, campaign_id, shard, provider, state)
do update set count = delivery_counter.count + excluded.count
"""


def count_returns(subscriber: UUID) -> int:
    """Return how many bounces, complaints and replies are known of the subscriber."""
    return Return.objects.filter(subscriber_id=subscriber).count()


def returns(subscriber: UUID) -> list[dict[str, object]]:
    """Return what came back from the subscriber, oldest first."""
    names = ("received_at", "kind", "hard", "reason", "status", "diagnostic", "campaign_id")
    return list(Return.objects.filter(subscriber_id=subscriber).order_by("received_at").values(*names))


def anonymise_returns(subscriber: UUID) -> int:
    """Take the person out of what came back; return how many became statistics."""
    return Return.objects.filter(subscriber_id=subscriber).update(subscriber_id=None, diagnostic="")
