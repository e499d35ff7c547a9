use api::v1::Remedy;

/// What is and what is needed, each as exactly as it matters for its size; what is needed is rounded away from what is, so that the printed value
/// would do.
pub fn numbers(remedy: &Remedy) -> (String, String) {
    if remedy.key == "block_lists" {
        return ("kept".to_owned(), "not kept".to_owned());
    }
    let [is_decimals, decimals] = [remedy.is, remedy.needed].map(decimals);
    let unit = 10f64.powi(decimals);
    let scaled = remedy.needed * unit;
    let needed = if remedy.needed > remedy.is { scaled.ceil() } else { scaled.floor() } / unit;
    (trimmed(remedy.is, is_decimals), if needed.is_finite() { trimmed(needed, decimals) } else { "none".to_owned() })
}

fn decimals(value: f64) -> i32 {
    match value.abs() {
        v if v.is_infinite() || v < 0.1 => 5,
        v if v < 1.0 => 3,
        v if v < 100.0 => 1,
        _ => 0,
    }
}

/// Without zeros at its end.
fn trimmed(value: f64, decimals: i32) -> String {
    let unit = 10f64.powi(decimals);
    // Rust writes a number with as many decimals as it has.
    format!("{}", (value * unit).round() / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_would_do() {
        let told = |is, needed| numbers(&Remedy { key: String::new(), is, needed });
        let lists = Remedy { key: "block_lists".into(), is: 1.0, needed: 0.0 };
        let pair = |is: &str, needed: &str| (is.to_owned(), needed.to_owned());
        assert_eq!(told(250.0, 310.2), pair("250", "311"));
        assert_eq!(told(0.35, 0.2199), pair("0.35", "0.219"));
        assert_eq!(told(0.05, 0.001_481_8), pair("0.05", "0.00148"));
        assert_eq!(told(6.04, 8.12), pair("6", "8.2"));
        assert_eq!(told(1.0, 0.051_239), pair("1", "0.05123"));
        assert_eq!(told(80.0, f64::INFINITY), pair("80", "none"));
        assert_eq!(numbers(&lists), pair("kept", "not kept"));
    }
}
