-- Writes a ticket into all of its queues, unless it exists or one of its players is taken.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 queued_ms  3 expires_ms  4 holder  5 trace, escaped  6 players, by spaces
--          7 places: `place rating`, by semicolons  8 party's bytes  9 most QUEUED tickets  10 most events untaken
-- Returns  {'QUEUED', epoch, seq, tries} | {'REPEATED', row} | {'BUSY', player, ticket} | {'FULL', 'tickets' or 'events'}
-- Checks   the ticket is new; every player's last ticket is over; both bounds; types of all keys

given({'id', 'ms', 'ms', 'name', 'escaped', 'names', 'places', 'text', 'count', 'count'})
local id, players = ARGV[1], ARGV[6]
local found, noted = read_ticket(id)
if found then return {'REPEATED', found.row} end

local t = {
  id = id, key = ticket_key(id), version = '1', queued = ARGV[2], expires = ARGV[3], holder = ARGV[4], trace = ARGV[5],
  players = players, places = ARGV[7], party = ARGV[8], watchers = noted,
}
t.stands = placed(t.key, t.places)
local tries, of_players, seen, keys_there, busy = 0, {}, {}, {}, nil
for player in players_of(t) do
  local key = player_key(player)
  local f = read_hash(key, 'last', 'tries', 'w')
  if not busy and f[1] and LIVE[read_hash(ticket_key(f[1]), 'state')[1]] then busy = {'BUSY', player, f[1]} end
  tries = math.max(tries, tonumber(digits(key, 'tries', f[2] or '0')))
  keys_there[key] = (f[1] or f[2] or f[3]) and true or false
  add_names(of_players, seen, f[3])
end
if busy then return busy end
t.tries = string.format('%.0f', math.min(tries, TRIES_MAX))
t.players_watchers = table.concat(of_players, ' ')

check_queues(t)
local arrivals = {}
for queue, pool in string.gmatch(t.places, '([^;|]+)|([^|]*)|[^;]*') do
  local key = arrivals_key(queue)
  if not arrivals[key] then arrivals[checked(key, 'list')] = t.queued .. '|' .. pool .. '|' .. id .. '|' .. listed(t.party) end
end
local clock = read_clock()
local waiting = counted_before('ZCARD', DEADLINES) + #write_later('ZADD', DEADLINES) / 2
if waiting >= tonumber(ARGV[9]) then return {'FULL', 'tickets'} end
if counted_before('XLEN', OUTBOX) + appended >= tonumber(ARGV[10]) then return {'FULL', 'events'} end

append(clock, {change = 'QUEUED', at = t.queued, tickets = {t}, watchers = watchers_of({t}, nil), reason = ''})
change_ticket(t, clock, 'state', 'QUEUED', 'ver', t.version, 'queued', t.queued, 'expires', t.expires, 'tries', t.tries,
  'players', players, 'places', t.places, 'party', t.party, 'holder', t.holder, 'trace', t.trace)
-- A note that it is watched was to run out.
if noted then redis.call('PERSIST', t.key) end
if t.players_watchers ~= '' then redis.call('HSET', t.key, 'pw', t.players_watchers) end
for key, was_there in pairs(keys_there) do
  redis.call('HSET', key, 'last', id)
  if was_there then redis.call('PERSIST', key) end
end
queue_up(t)
for key, entry in pairs(arrivals) do
  local write = later('LPUSH', key, entry)
  write.after = write.after or function()
    redis.call('LTRIM', key, 0, ARRIVALS_KEPT - 1)
    redis.call('PEXPIRE', key, ARRIVALS_KEPT_MS)
  end
end
return {'QUEUED', clock.epoch, clock.seq, t.tries}
