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

    /// Whether its trace is kept.
    pub fn is_sampled(&self) -> bool {
        self.flags & Self::FLAG_SAMPLED != 0
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
