-- MATCHED -> ASSIGNED by the match's host; its players' tries start from 0 again.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 host  3 address  4 now_ms  5 due_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the caller hosts the match; it is MATCHED, or ASSIGNED before; types of all keys

given('id name text ms ms')
local m = read_match(ARGV[1])
if not m then return {'NOT_FOUND'} end
if m.host ~= ARGV[2] then return {'REFUSED', m.row} end
if m.state ~= 'MATCHED' then return {m.state == 'ASSIGNED' and 'DONE' or 'REFUSED', m.row} end
local tickets = read_tickets_of(m)
checked(DUE, 'zset')
local clock, watchers = read_clock(), read_watchers(tickets, m.host)

m.state, m.address, m.assigned = 'ASSIGNED', ARGV[3], ARGV[4]
append(clock, {change = 'ASSIGNED', at = ARGV[4], tickets = tickets, watchers = watchers, reason = '', match = m})
for _, t in ipairs(tickets) do
  change_ticket(t, clock, 'state', 'ASSIGNED')
  each_player(t, function(key) redis.call('HDEL', key, 'tries') end)
end
redis.call('HSET', m.key, 'state', m.state, 'address', m.address, 'assigned', m.assigned)
later('ZADD', DUE, ARGV[5], m.id)
return {'DONE', match_row(m)}
