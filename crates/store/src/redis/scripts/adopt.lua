-- Gives tickets whose holder is neither alive nor the new one to that.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 the new holder  2 most tickets  3 bytes of parties after which none is taken  4.. holders that are alive
-- Returns  {row, ...}: the tickets that it holds by this
-- Checks   types of all keys, and of a ticket nothing else: a fault in one keeps no other. One that does not wait is let go of; one
--          that says that another holds it goes to him

given({'name', 'count', 'count'}, {'name'})
write_late()
local me, limit, bytes_left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local alive = {}
for i = 4, #ARGV do alive[ARGV[i]] = true end
alive[NOBODY] = nil

local found, taken = {}, 0
local function take_from(holder)
  local ids = redis.call('SRANDMEMBER', checked(held_key(holder), 'set'), limit - taken)
  for _, id in ipairs(ids) do
    if bytes_left < 0 then return end
    local t = read_held(id, holder, me)
    found[#found + 1] = t
    if t.to == me then taken, bytes_left = taken + 1, bytes_left - #t.party end
  end
end
for _, holder in ipairs(redis.call('SMEMBERS', checked(HOLDERS, 'set'))) do
  if holder ~= me and not alive[holder] then take_from(holder) end
end

local rows = {}
for _, t in ipairs(found) do
  hand_over(t)
  if t.to == me then rows[#rows + 1] = ticket_row(t.id) end
end
return rows
