//! Words and numbers in both languages.

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Indonesian.
    Indonesian,
    /// English.
    English,
}

impl Language {
    /// The text of this language.
    #[must_use]
    pub const fn say<'t>(self, id: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Indonesian => id,
            Self::English => en,
        }
    }

    /// Picks from a pair (Indonesian, English).
    #[must_use]
    pub const fn pick<'t>(self, pair: (&'t str, &'t str)) -> &'t str {
        self.say(pair.0, pair.1)
    }

    /// The code of the `lang` attribute.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.say("id", "en")
    }

    /// `1.234.567` or `1,234,567`.
    #[must_use]
    pub fn count(self, n: u64) -> String {
        let text = kernel::money::grouped(n);
        match self {
            Self::Indonesian => text,
            Self::English => text.replace('.', ","),
        }
    }

    /// With a sign: `+12`, `−3`, `0`.
    #[must_use]
    pub fn change(self, n: i64) -> String {
        let sign = match n.signum() {
            1 => "+",
            -1 => "\u{2212}",
            _ => "",
        };
        format!("{sign}{}", self.count(n.unsigned_abs()))
    }

    /// A decimal number with `digits` places.
    #[must_use]
    pub fn decimal(self, x: f64, digits: usize) -> String {
        let text = format!("{:.*}", digits, x.abs());
        let text = match self {
            Self::Indonesian => text.replace('.', ","),
            Self::English => text,
        };
        if x < 0.0 { format!("\u{2212}{text}") } else { text }
    }

    /// A share as per cent with one place; a dash when there is none.
    #[must_use]
    pub fn share(self, x: Option<f64>) -> String {
        match x {
            Some(x) if x.is_finite() => format!("{}%", self.decimal(x * 100.0, 1)),
            _ => "–".into(),
        }
    }

    /// Rupiah in the unit that fits: `Rp50,8 miliar`, `Rp 50.8 billion`.
    #[must_use]
    pub fn rupiah(self, n: i64) -> String {
        let x = n.unsigned_abs() as f64;
        let sign = if n < 0 { "\u{2212}" } else { "" };
        let (value, unit) = match n.unsigned_abs() {
            1_000_000_000_000.. => (x / 1e12, self.say(" triliun", " trillion")),
            1_000_000_000.. => (x / 1e9, self.say(" miliar", " billion")),
            1_000_000.. => (x / 1e6, self.say(" juta", " million")),
            small => return format!("{sign}{}{}", self.say("Rp", "Rp "), self.count(small)),
        };
        let digits = usize::from(value < 100.0);
        format!("{sign}{}{}{unit}", self.say("Rp", "Rp "), self.decimal(value, digits))
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{English, Indonesian};

    #[test]
    fn numbers_read_as_the_language_writes_them() {
        assert_eq!(Indonesian.count(1_234_567), "1.234.567");
        assert_eq!(English.count(1_234_567), "1,234,567");
        assert_eq!(Indonesian.share(Some(0.1234)), "12,3%");
        assert_eq!(English.share(None), "–");
        assert_eq!(Indonesian.rupiah(50_750_000_000), "Rp50,8 miliar");
        assert_eq!(English.rupiah(-2_400_000), "\u{2212}Rp 2.4 million");
        assert_eq!(Indonesian.rupiah(42_000), "Rp42.000");
        assert_eq!(English.change(-12), "\u{2212}12");
    }
}
