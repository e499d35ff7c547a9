-- MATCHED or ASSIGNED -> ENDED: its players are free to queue again.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 reason  3 now_ms  4 ms a terminal ticket or match is kept  5 ms tries are kept
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the match is live, or ENDED before; types of all keys

local m = read_match(ARGV[1])
if not m then return {'NOT_FOUND'} end
if not LIVE[m.state] then return {m.state == 'ENDED' and 'DONE' or 'REFUSED', match_row(m.id)} end
local tickets = read_tickets_of(m)
checked(DUE, 'zset')
local clock, watchers = read_clock(), read_watchers(tickets, m.host)

m.state = 'ENDED'
append(clock, {change = 'ENDED', at = ARGV[3], tickets = tickets, watchers = watchers, reason = ARGV[2], match = m})
for _, t in ipairs(tickets) do
  change_ticket(t, clock, 'state', 'ENDED', 'reason', ARGV[2])
  let_expire(t, ARGV[4], ARGV[5])
end
redis.call('HSET', m.key, 'state', m.state)
redis.call('PEXPIRE', m.key, ARGV[4])
redis.call('ZREM', DUE, m.id)
return {'DONE', match_row(m.id)}
