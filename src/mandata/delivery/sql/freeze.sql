-- The audience becomes messages, all in one statement: who may receive now, numbered in a fixed order.
-- The numbers are what tokens carry; the counters begin with what is queued, by provider.
-- Who has a message of this campaign already keeps it (a restore brought it back), and the numbers go on behind.
-- The lateral look-up keeps its shape where the tables have no statistics yet (offset 0 is a fence).
-- Whose domain names no provider is looked up among those found by their mail exchangers (services/providing.py).
with frozen as (
    insert into delivery_message (controller_id, campaign_id, subscriber_id, number, channel, provider, state)
    select b.controller_id, %(campaign)s, s.id, %(taken)s + row_number() over (order by s.id), 'email',
           coalesce(p.provider, s.provider), 'queued'
    from audience_subscription b
    cross join lateral (
        select * from audience_subscriber s
        where s.controller_id = b.controller_id and s.id = b.subscriber_id
        offset 0
    ) s
    left join lateral (
        select * from delivery_provider p
        where s.provider = '' and p.digest = sha256(convert_to(s.mail_domain, 'UTF8'))
          and p.provider = any(%(apart)s::text[])
        offset 0
    ) p on true
    where b.list_id = %(list)s and {rule} and {absent}
    returning provider
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, 0, provider, 'queued', count(*) from frozen group by provider
    returning count
)
select coalesce(sum(count), 0)::bigint from counted
