-- Takes or renews the lead. Taking it makes a new fence and a new epoch; renewing keeps both.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 instance  2 ttl_ms  3 now_ms, the least the new epoch may be
-- Returns  {'LEADING', fence, epoch} | {'HELD', instance}
-- Checks   nobody else leads; types of all keys

local me, fence_key = ARGV[1], realm .. ':fence'
local held = read_string(LEADER)
local clock = read_hash(CLOCK, 'epoch', 'seq')
local epoch = digits(CLOCK, 'epoch', clock[1] or '0')
if held then
  local holder = string.match(held, '^%d+|(.+)$')
  if not holder then corrupt(LEADER, 'holds no fence') end
  if holder ~= me then return {'HELD', holder} end
  redis.call('PEXPIRE', LEADER, ARGV[2])
  return {'LEADING', held, epoch}
end
digits(fence_key, 'its value', read_string(fence_key) or '0')

-- The last epoch of a store that never had a leader is 1, whether or not it is written down.
epoch = string.format('%.0f', math.max(tonumber(epoch), 1) + 1)
if tonumber(ARGV[3]) > tonumber(epoch) then epoch = ARGV[3] end
local fence = string.format('%.0f', redis.call('INCR', fence_key)) .. '|' .. me
redis.call('HSET', CLOCK, 'epoch', epoch, 'seq', '0')
redis.call('SET', LEADER, fence, 'PX', ARGV[2])
return {'LEADING', fence, epoch}
