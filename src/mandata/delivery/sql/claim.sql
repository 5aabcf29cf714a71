-- Takes what is due of one campaign into open chunks, and asks the recipient rule again while doing so.
-- Who may not receive any more is cancelled; an erased person has no row in s and is cancelled too. Rows that another
-- worker is claiming are passed over. The counters of this worker's shard move along.
with due as materialized (
    select m.subscriber_id, m.number, m.state as before
    from delivery_message m
    where m.campaign_id = %(campaign)s and m.state in ('queued', 'deferred')
      and (m.next_at is null or m.next_at <= %(rule_now)s::timestamptz)
      and exists (select 1 from campaigns_campaign c where c.id = %(campaign)s and c.state = 'sending')
    order by m.number
    limit %(limit)s
    for update skip locked
), asked as materialized (
    select due.*, s.identity, s.clear, coalesce({rule}, false) as receives
    from due
    left join audience_subscriber s on s.controller_id = %(controller)s and s.id = due.subscriber_id
    left join audience_subscription b
      on b.controller_id = %(controller)s and b.list_id = %(list)s and b.subscriber_id = due.subscriber_id
), placed as materialized (
    select *, ((row_number() over (partition by receives order by number) - 1) / %(size)s + 1)::int as place from asked
), taken as (
    update delivery_message m set
        state = case when p.receives then 'claimed' else 'cancelled' end,
        chunk_id = case when p.receives then (%(chunks)s::uuid[])[p.place] end,
        attempts = m.attempts + case when p.receives then 1 else 0 end,
        next_at = null
    from placed p
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.subscriber_id = p.subscriber_id
    returning m.provider, m.state, m.attempts, m.chunk_id, p.subscriber_id, p.number, p.before, p.identity, p.clear
), moves as (
    select provider, before as state, -1 as change from taken union all select provider, state, 1 from taken
), counted as (
    insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
    select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
    group by provider, state having sum(change) <> 0 order by provider, state
    on conflict (controller_id, campaign_id, shard, provider, state)
    do update set count = delivery_counter.count + excluded.count
)
select subscriber_id, number, attempts, chunk_id, identity, clear from taken where state = 'claimed' order by number
