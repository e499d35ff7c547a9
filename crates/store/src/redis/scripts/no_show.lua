-- ASSIGNED -> FAILED: tickets of which a player did not acknowledge it are CANCELLED, the others QUEUED again as by requeue.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 match  3 reason  4 now_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'} | {'FENCED'}
-- Checks   the fence, before all else; the match is ASSIGNED and lacks an acknowledgement, or is FAILED before; types of all keys

given({'text', 'id', 'text', 'ms'})
if not leads(ARGV[1]) then return {'FENCED'} end
local m = read_match(ARGV[2])
if not m then return {'NOT_FOUND'} end
if m.state ~= 'ASSIGNED' then return {m.state == 'FAILED' and 'DONE' or 'REFUSED', m.row} end
local shown, silent = split_by_acked(m, read_whole_tickets_of(m))
if #silent == 0 then return {'REFUSED', m.row} end
check_return(shown)
checked(DUE, 'zset')
local clock = read_clock()
local told_silent, told_shown = watchers_of(silent, m.host), watchers_of(shown, m.host)

m.state = 'FAILED'
append(clock, {change = 'NO_SHOW', at = ARGV[4], tickets = silent, watchers = told_silent, reason = ARGV[3], match = m})
for _, t in ipairs(silent) do
  change_ticket(t, clock, 'state', 'CANCELLED', 'reason', ARGV[3])
  let_expire(t)
end
if #shown > 0 then
  clock = read_clock()
  append(clock, {change = 'REQUEUED', at = ARGV[4], tickets = shown, watchers = told_shown, reason = ARGV[3], match = m})
  return_to_queues(shown, clock)
end
redis.call('HSET', m.key, 'state', m.state)
redis.call('PEXPIRE', m.key, TERMINAL_KEPT_MS)
redis.call('ZREM', DUE, m.id)
return {'DONE', match_row(m)}
