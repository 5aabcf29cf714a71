-- Writes one outcome for messages of open chunks. Doing it again changes nothing: a settled message has left its chunk.
-- An unknown message keeps its chunk, so that a journal found later can still say what became of it.
-- next: when to try again, one time for each number, or null for none. low and high: see claim.sql.
with old as materialized (
    select m.number, m.provider, m.state
    from delivery_message m
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.number = any(%(numbers)s::bigint[])
      and m.number >= %(low)s::bigint and m.number <= %(high)s::bigint
      and m.chunk_id = any(%(chunks)s::uuid[]) and m.state in ('claimed', 'sending', 'unknown')
    order by m.number
    for update
), done as (
    update delivery_message m set
        state = %(state)s::text,
        code = %(code)s::int2,
        status = %(status)s::text,
        diagnostic = %(diagnostic)s::text,
        next_at = (%(next)s::timestamptz[])[array_position(%(numbers)s::bigint[], m.number)],
        sent_at = case when %(state)s::text = 'sent' then %(at)s::timestamptz else m.sent_at end,
        attempts = m.attempts - case when %(state)s::text = 'queued' then 1 else 0 end,
        chunk_id = case when %(state)s::text = 'unknown' then m.chunk_id end
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.number >= %(low)s::bigint and m.number <= %(high)s::bigint
      and m.number = any(array(select number from old))
), moves as (
    select provider, state, -1 as change from old union all select provider, %(state)s::text, 1 from old
)
insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
group by provider, state having sum(change) <> 0 order by provider, state
on conflict (controller_id, campaign_id, shard, provider, state)
do update set count = delivery_counter.count + excluded.count
