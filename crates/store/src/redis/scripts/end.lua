-- MATCHED or ASSIGNED -> ENDED: its players are free to queue again. Those who were assigned have met.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 reason  3 now_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the match is live, or ENDED before; types of all keys

given({'id', 'text', 'ms'})
local m = read_match(ARGV[1])
if not m then return {'NOT_FOUND'} end
if not MATCH_LIVE[m.state] then return {m.state == 'ENDED' and 'DONE' or 'REFUSED', m.row} end
local tickets = read_tickets_of(m)
checked(DUE, 'zset')
local clock, watchers = read_clock(), watchers_of(tickets, m.host)

-- Whom a player of ticket `at` met, the latest first: those of the other tickets, beginning with the one that follows his own,
-- then those whom he met `before`; each once, nobody of his own ticket.
local function latest_first(at, before)
  local left_out, met = {}, {}
  for player in players_of(tickets[at]) do left_out[player] = true end
  for step = at, at + #tickets - 2 do
    add_names(met, left_out, tickets[step % #tickets + 1].players, PLAYER_RECENT_MAX)
  end
  add_names(met, left_out, before, PLAYER_RECENT_MAX)
  return table.concat(met, ' ')
end

local recent, tried = {}, {}
for at, t in ipairs(tickets) do
  if m.state == 'ASSIGNED' then
    for player in players_of(t) do
      local key = recent_key(player)
      recent[key] = latest_first(at, read_string(key))
    end
  else
    tried[at] = read_tries(t)
  end
end

m.state = 'ENDED'
append(clock, {change = 'ENDED', at = ARGV[3], tickets = tickets, watchers = watchers, reason = ARGV[2], match = m})
for _, tries in ipairs(tried) do count_try(tries) end
for _, t in ipairs(tickets) do
  change_ticket(t, clock, 'state', 'ENDED', 'reason', ARGV[2])
  let_expire(t)
end
for key, met in pairs(recent) do redis.call('SET', key, met, 'PX', RECENT_KEPT_MS) end
redis.call('HSET', m.key, 'state', m.state)
redis.call('PEXPIRE', m.key, TERMINAL_KEPT_MS)
later('ZREM', DUE, m.id)
return {'DONE', match_row(m)}
