//! What scripts pack into one string. A reply of Redis is read an element at a time, at a cost above that of all else that is done with it.

use ::redis::Value;
use rmpv::ValueRef;
use rmpv::decode::read_value_ref;

/// What MessagePack tells in `packed`, as Redis would have told it; none where that is no whole value, or one that Redis knows none of.
pub(super) fn unpacked(mut packed: &[u8]) -> Option<Value> {
    let value = read_value_ref(&mut packed).ok()?;
    if packed.is_empty() { told(value) } else { None }
}

fn told(value: ValueRef) -> Option<Value> {
    match value {
        ValueRef::Nil | ValueRef::Boolean(false) => Some(Value::Nil),
        ValueRef::Boolean(true) => Some(Value::Int(1)),
        ValueRef::Integer(number) => number.as_i64().map(Value::Int),
        ValueRef::String(text) => Some(Value::BulkString(text.as_bytes().to_vec())),
        ValueRef::Array(items) => items.into_iter().map(told).collect::<Option<_>>().map(Value::Array),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_redis_tells_them() {
        // {1, 'a', {}, false, <a byte that is no text>}
        let packed = b"\x95\x01\xa1a\x90\xc2\xa1\xff";
        let told = [Value::Int(1), text(b"a"), Value::Array(Vec::new()), Value::Nil, text(b"\xff")];
        assert_eq!(unpacked(packed), Some(Value::Array(told.to_vec())));
    }

    #[test]
    fn what_is_cut_or_goes_on_or_is_no_reply_is_none() {
        for packed in [&b"\x92\x01"[..], b"\x01\x01", b"\x80", b"\xcb\x3f\xf0\0\0\0\0\0\0", b""] {
            assert_eq!(unpacked(packed), None, "{packed:?}");
        }
    }

    fn text(bytes: &[u8]) -> Value {
        Value::BulkString(bytes.to_vec())
    }
}
