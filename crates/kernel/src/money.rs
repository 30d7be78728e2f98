//! Whole rupiah.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in whole rupiah. Displays as government style writes it: `Rp600.000`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rupiah(pub i64);

impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        write!(f, "{sign}Rp{}", grouped(self.0.unsigned_abs()))
    }
}

/// Digits grouped by full stops, as Indonesian writes them: `1.234.567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_three() {
        let check = |n: i64, text: &str| assert_eq!(Rupiah(n).to_string(), text);
        check(0, "Rp0");
        check(999, "Rp999");
        check(600_000, "Rp600.000");
        check(-1_234_567, "\u{2212}Rp1.234.567");
    }
}
