-- Takes what is due of one campaign into open chunks, and asks the recipient rule again while doing so.
-- Who may not receive any more is cancelled; an erased person has no row in s and is cancelled too. Rows that another
-- worker is claiming are passed over. The counters of this worker's shard move along.
--
-- Each provider gives as much as is wanted of it, what waited for its time first: so a million messages of a provider
-- that is throttled are not walked over to find those of another (indexes delivery_message_later and _fresh).
--
-- The plan must be good before the tables have statistics, when the planner takes a new campaign for one row and would
-- read all of it for each message. Hence each look-up is lateral behind a fence (offset 0), and rows are updated by an
-- array of numbers instead of a join, between the lowest and the highest of them, so that only that range is read.
with wanted as materialized (
    select w.provider, w.most from unnest(%(providers)s::text[], %(limits)s::int[]) as w (provider, most)
    where exists (select 1 from campaigns_campaign c where c.id = %(campaign)s and c.state = 'sending')
), due as materialized (
    select d.* from wanted w
    cross join lateral (
        select * from (
            select m.subscriber_id, m.number, m.provider, m.state, m.attempts
            from delivery_message m
            where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.provider = w.provider
              and m.state in ('queued', 'deferred')
              and m.next_at is not null and m.next_at <= %(rule_now)s::timestamptz
            order by m.next_at
            limit w.most
            for update skip locked
        ) later
        union all
        select * from (
            select m.subscriber_id, m.number, m.provider, m.state, m.attempts
            from delivery_message m
            where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.provider = w.provider
              and m.state in ('queued', 'deferred') and m.next_at is null
            order by m.number
            limit w.most
            for update skip locked
        ) fresh
        limit w.most
    ) d
), asked as materialized (
    select due.*, s.identity, s.clear, s.mail_domain, coalesce({rule}, false) as receives
    from due
    left join lateral (
        select * from audience_subscriber s
        where s.controller_id = %(controller)s and s.id = due.subscriber_id
        offset 0
    ) s on true
    left join lateral (
        select * from audience_subscription b
        where b.controller_id = %(controller)s and b.list_id = %(list)s and b.subscriber_id = due.subscriber_id
        offset 0
    ) b on true
), taken as (
    update delivery_message m set
        state = 'claimed',
        chunk_id = (%(chunks)s::uuid[])[
            (array_position(array(select number from asked where receives order by number), m.number) - 1)
            / %(size)s::int + 1
        ],
        attempts = m.attempts + 1,
        next_at = null,
        transport = %(transport)s::int2
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.number >= (select min(number) from asked) and m.number <= (select max(number) from asked)
      and m.number = any(array(select number from asked where receives))
), withheld as (
    update delivery_message m set state = 'cancelled', next_at = null
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.number >= (select min(number) from asked) and m.number <= (select max(number) from asked)
      and m.number = any(array(select number from asked where not receives))
), moves as (
    select provider, state, -1 as change from asked
    union all
    select provider, case when receives then 'claimed' else 'cancelled' end, 1 from asked
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
    group by provider, state having sum(change) <> 0 order by provider, state
    on conflict (controller_id, campaign_id, shard, provider, state)
    do update set count = delivery_counter.count + excluded.count
)
-- In the order in which they fill the chunks.
select subscriber_id, number, attempts + 1, identity, clear::text, provider, mail_domain
from asked where receives order by number
