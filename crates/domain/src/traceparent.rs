use std::fmt;

/// W3C trace context as its header has it: `version-trace-span-flags`, in hexadecimal.
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent<'a> {
    /// 32 hexadecimal digits.
    pub trace_id: &'a str,
    /// 16 hexadecimal digits.
    pub span_id: &'a str,
    pub flags: u8,
}

impl<'a> Traceparent<'a> {
    const FLAG_SAMPLED: u8 = 1;

    /// None where `text` is empty, malformed, or names no trace or no span.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_named = |id: &str, digits| is_hex(id, digits) && id.bytes().any(|digit| digit != b'0');
        let is_whole = is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        if !is_whole || !is_named(trace_id, 32) || !is_named(span_id, 16) || !is_hex(flags, 2) {
            return None;
        }
        Some(Self { trace_id, span_id, flags: u8::from_str_radix(flags, 16).ok()? })
    }

    /// None where it cannot be read as numbers, which one that was parsed can.
    pub fn packed(&self) -> Option<PackedTraceparent> {
        Some(PackedTraceparent {
            trace_id: u128::from_str_radix(self.trace_id, 16).ok()?.to_be_bytes(),
            span_id: u64::from_str_radix(self.span_id, 16).ok()?.to_be_bytes(),
            flags: self.flags,
        })
    }

    /// Whether its trace is kept.
    pub fn is_sampled(&self) -> bool {
        self.flags & Self::FLAG_SAMPLED != 0
    }
}

/// A [`Traceparent`] in 25 bytes, for where many are kept. Displayed as its header has it, in version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedTraceparent {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    flags: u8,
}

impl fmt::Display for PackedTraceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, span_id) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.span_id));
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", self.flags)
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn what_is_packed_reads_as_before() {
        for flags in ["00", "01", "03", "ff"] {
            let text = format!("00-{TRACE}-{SPAN}-{flags}");
            assert_eq!(Traceparent::parse(&text).unwrap().packed().unwrap().to_string(), text);
        }
        assert_eq!(size_of::<Option<PackedTraceparent>>(), 26);
    }

    #[test]
    fn its_parts_are_read() {
        let text = format!("00-{TRACE}-{SPAN}-01");
        let read = Traceparent::parse(&text).unwrap();
        assert_eq!((read.trace_id, read.span_id, read.is_sampled()), (TRACE, SPAN, true));
        assert!(!Traceparent::parse(&format!("00-{TRACE}-{SPAN}-02")).unwrap().is_sampled());
        let later = format!("01-{TRACE}-{SPAN}-03-more");
        assert!(Traceparent::parse(&later).unwrap().is_sampled(), "a later version may say more");
    }

    #[test]
    fn what_names_no_span_of_a_trace_is_none() {
        let zeros = "0".repeat(32);
        for wrong in [
            String::new(),
            "é-é-é-é".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-zz-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{TRACE}-{SPAN}-1"),
        ] {
            assert_eq!(Traceparent::parse(&wrong), None, "{wrong}");
        }
    }
}
