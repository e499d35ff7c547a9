-- MATCHED -> ASSIGNED by the match's host; its players' tries start from 0 again.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 host  3 address  4 now_ms  5 due_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the caller hosts the match; it is MATCHED, or ASSIGNED before; types of all keys

given({'id', 'name', 'text', 'ms', 'ms'})
local m = read_match(ARGV[1])
if not m then return {'NOT_FOUND'} end
if m.host ~= ARGV[2] then return {'REFUSED', m.row} end
if m.state ~= 'MATCHED' then return {m.state == 'ASSIGNED' and 'DONE' or 'REFUSED', m.row} end
local tickets = read_tickets_of(m)
checked(DUE, 'zset')
-- The keys of players who have tries to forget.
local tried = {}
for _, t in ipairs(tickets) do
  if t.tries ~= '0' then
    for player in players_of(t) do tried[#tried + 1] = checked(player_key(player), 'hash') end
  end
end
local clock, watchers = read_clock(), watchers_of(tickets, m.host)

m.state, m.address, m.assigned = 'ASSIGNED', ARGV[3], ARGV[4]
append(clock, {change = 'ASSIGNED', at = ARGV[4], tickets = tickets, watchers = watchers, reason = '', match = m})
for _, t in ipairs(tickets) do change_ticket(t, clock, 'state', 'ASSIGNED') end
for _, key in ipairs(tried) do redis.call('HDEL', key, 'tries') end
redis.call('HSET', m.key, 'state', m.state, 'address', m.address, 'assigned', m.assigned)
later('ZADD', DUE, ARGV[5], m.id)
return {'DONE', match_row(m)}
