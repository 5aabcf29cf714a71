-- Writes the outcomes of messages of open chunks. Doing it again changes nothing: a settled message has left its chunk.
-- An unknown message keeps its chunk, so that a journal found later can still say what became of it.
with said as materialized (
    select * from unnest(
        %(numbers)s::bigint[], %(states)s::text[], %(codes)s::int2[], %(statuses)s::text[], %(diagnostics)s::text[],
        %(next)s::timestamptz[], %(sent)s::timestamptz[]
    ) as t (number, state, code, status, diagnostic, next_at, sent_at)
), old as materialized (
    select m.subscriber_id, m.number, m.provider, m.state
    from delivery_message m join said on said.number = m.number
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.chunk_id = any(%(chunks)s::uuid[])
      and m.state in ('claimed', 'sending', 'unknown')
    for update of m
), done as (
    update delivery_message m set
        state = said.state,
        code = said.code,
        status = said.status,
        diagnostic = said.diagnostic,
        next_at = said.next_at,
        sent_at = coalesce(said.sent_at, m.sent_at),
        attempts = m.attempts - case when said.state = 'queued' then 1 else 0 end,
        chunk_id = case when said.state = 'unknown' then m.chunk_id end
    from said, old
    where m.controller_id = %(controller)s and m.campaign_id = %(campaign)s
      and m.subscriber_id = old.subscriber_id and said.number = old.number
    returning m.provider, m.state
), moves as (
    select provider, state, -1 as change from old union all select provider, state, 1 from done
)
insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)
select %(controller)s, %(campaign)s, %(shard)s, provider, state, sum(change) from moves
group by provider, state having sum(change) <> 0 order by provider, state
on conflict (controller_id, campaign_id, shard, provider, state)
do update set count = delivery_counter.count + excluded.count
