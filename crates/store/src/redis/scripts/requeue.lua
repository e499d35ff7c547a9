-- MATCHED -> FAILED: its tickets are QUEUED again with their age, tries and deadline, under a new version, held by nobody.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 match  3 reason  4 now_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'} | {'FENCED'}
-- Checks   the fence, before all else; the match is MATCHED, or FAILED before; types of all keys

given({'text', 'id', 'text', 'ms'})
if not leads(ARGV[1]) then return {'FENCED'} end
local m = read_match(ARGV[2])
if not m then return {'NOT_FOUND'} end
if m.state ~= 'MATCHED' then return {m.state == 'FAILED' and 'DONE' or 'REFUSED', m.row} end
local tickets = read_whole_tickets_of(m)
check_return(tickets)
checked(DUE, 'zset')
local clock, watchers = read_clock(), watchers_of(tickets, m.host)

m.state = 'FAILED'
append(clock, {change = 'REQUEUED', at = ARGV[4], tickets = tickets, watchers = watchers, reason = ARGV[3], match = m})
return_to_queues(tickets, clock)
redis.call('HSET', m.key, 'state', m.state)
redis.call('PEXPIRE', m.key, TERMINAL_KEPT_MS)
redis.call('ZREM', DUE, m.id)
return {'DONE', match_row(m)}
