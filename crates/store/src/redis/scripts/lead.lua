-- Takes or renews the lead. Taking it makes a new fence and a new epoch; renewing keeps both.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 instance  2 ttl_ms  3 now_ms, the least the new epoch may be
--          4, 5 epoch and seq of the farthest place in history that the caller knows of
--          6 what tells the caller from others of the same name
-- Returns  {'LEADING', fence, epoch} | {'HELD', instance}
-- Checks   nobody else leads; types of all keys

given({'name', 'ttl', 'ms', 'ms', 'count', 'name'})
local me, seen = ARGV[1] .. '|' .. ARGV[6], {epoch = ARGV[4], seq = ARGV[5]}
local held, last = read_string(LEADER), read_last()
if held then
  local holder, name = string.match(held, '^%d+|(([^|]+)|[^|]+)$')
  if not holder then corrupt(LEADER, 'holds no fence') end
  if holder ~= me then return {'HELD', name} end
  -- A history that is behind what was seen of it was restored from an older state: going on in its epoch would use cursors
  -- again that were already read. Its lead is restored as well, and is taken anew instead of renewed.
  if not is_before(last, seen) then
    redis.call('PEXPIRE', LEADER, ARGV[2])
    return {'LEADING', held, last.epoch}
  end
end

local epoch = plus_one(tonumber(last.epoch) < tonumber(seen.epoch) and seen.epoch or last.epoch)
if tonumber(ARGV[3]) > tonumber(epoch) then epoch = ARGV[3] end
-- Not a number counted in Redis: an older state would count to the same one again.
local fence = epoch .. '|' .. me
redis.call('SET', LEADER, fence, 'PX', ARGV[2])
go_on({epoch = epoch, seq = '0'})
return {'LEADING', fence, epoch}
