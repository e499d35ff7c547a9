-- Commits a match: every ticket leaves all its queues, the match appears and its event is published; or nothing happens.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 match  3 host  4 now_ms  5 due_ms  6 sheet's bytes  7 queue
--          then five for each ticket: id, version, queued_ms, tries, party's bytes
-- Returns  {'COMMITTED', traces} | {'DUPLICATE', traces of the tickets still kept} | {'CONFLICT', ticket} | {'FENCED'}
-- Checks   the fence, before all else; the match is new; every ticket is listed once, QUEUED in this queue, and in every part
--          as it was read; types of all keys

given({'text', 'id', 'name', 'ms', 'ms', 'text', 'name'}, {'id', 'count', 'count', 'count', 'text'})
if not leads(ARGV[1]) then return {'FENCED'} end
local m = {
  id = ARGV[2], key = match_key(ARGV[2]), state = 'MATCHED', host = ARGV[3], address = '', sheet = ARGV[6],
  matched = ARGV[4], assigned = '0',
}
local before = read_match(m.id)
if before then
  local traces = {}
  for id in string.gmatch(before.tickets, '%S+') do traces[#traces + 1] = read_hash(ticket_key(id), 'trace')[1] or nil end
  return {'DUPLICATE', traces}
end

local tickets, seen, ids, players, traces = {}, {}, {}, {}, {}
for i = 8, #ARGV, 5 do
  local id = ARGV[i]
  local t = not seen[id] and read_queued(id)
  if not t or t.version ~= ARGV[i + 1] or t.queued ~= ARGV[i + 2] or t.tries ~= ARGV[i + 3]
    or t.party ~= ARGV[i + 4] then
    return {'CONFLICT', id}
  end
  check_queues(t)
  if not has_place_in(t, ARGV[7]) then return {'CONFLICT', id} end
  seen[id] = true
  tickets[#tickets + 1], ids[#ids + 1], players[#players + 1] = t, id, t.players
  traces[#traces + 1] = t.trace
end
checked(DUE, 'zset')
local clock, watchers = read_clock(), watchers_of(tickets, m.host)

m.tickets = table.concat(ids, ' ')
append(clock, {change = 'MATCHED', at = ARGV[4], tickets = tickets, watchers = watchers, reason = '', match = m})
for _, t in ipairs(tickets) do
  leave_queues(t)
  change_ticket(t, clock, 'state', 'MATCHED', 'match', m.id)
end
redis.call('HSET', m.key, 'state', m.state, 'tickets', m.tickets, 'players', table.concat(players, ' '),
  'host', m.host, 'address', '', 'sheet', m.sheet, 'acked', '', 'matched', m.matched,
  'assigned', m.assigned)
later('ZADD', DUE, ARGV[5], m.id)
return {'COMMITTED', traces}
