-- Gives tickets whose holder is neither alive nor the new one to that.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 the new holder  2 most tickets  3 bytes of parties after which none is taken  4.. holders that are alive
-- Returns  {row, ...}: the tickets that it holds by this
-- Checks   every ticket found is QUEUED and held by whom it is found at; types of all keys. One that is not there is let go of

given({'name', 'count', 'count'}, {'name'})
write_late()
local me, limit, bytes_left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local alive = {}
for i = 4, #ARGV do alive[ARGV[i]] = true end
alive[NOBODY] = nil

local taken, lost = {}, {}
local function take_from(holder)
  local ids = redis.call('SRANDMEMBER', checked(held_key(holder), 'set'), limit - #taken)
  for _, id in ipairs(ids) do
    if bytes_left < 0 then return end
    local t = read_ticket(id)
    if not t then
      lost[#lost + 1] = {id = id, holder = holder}
    elseif t.state ~= 'QUEUED' or t.holder ~= holder then
      corrupt(ticket_key(id), 'is not queued as held')
    else
      taken[#taken + 1], bytes_left = t, bytes_left - #t.party
    end
  end
end
checked(held_key(me), 'set')
for _, holder in ipairs(redis.call('SMEMBERS', checked(HOLDERS, 'set'))) do
  if holder ~= me and not alive[holder] then take_from(holder) end
end

local rows = {}
for i, t in ipairs(taken) do
  redis.call('HSET', t.key, 'holder', me)
  let_go(t.id, t.holder)
  hold(t.id, me)
  rows[i] = ticket_row(t.id)
end
for _, l in ipairs(lost) do let_go(l.id, l.holder) end
return rows
