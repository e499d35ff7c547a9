//! Pieces of the page.

use plotters::style::RGBColor;

/// One picture with what it says.
pub struct Card {
    pub title: String,
    pub svg: String,
    /// How to read it.
    pub text: &'static str,
    /// The figures behind it, where they are worth a table.
    pub table: Option<String>,
}

/// Pictures that answer one question.
pub struct Section {
    pub title: &'static str,
    pub text: &'static str,
    pub cards: Vec<Card>,
}

impl Card {
    pub fn html(&self) -> String {
        let table = self.table.as_ref().map(|table| format!("<details><summary>Figures</summary>{table}</details>"));
        format!(
            "<figure><h3>{}</h3>{}<figcaption>{}</figcaption>{}</figure>",
            self.title,
            self.svg,
            self.text,
            table.unwrap_or_default()
        )
    }
}

/// A spot of a rules' colour.
pub fn swatch(color: RGBColor) -> String {
    let RGBColor(red, green, blue) = color;
    format!("<i style=\"background:rgb({red},{green},{blue})\"></i>")
}

/// As text in a page.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_stays_text() {
        assert_eq!(super::escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
    }
}
