//! One plain form of a text: lower case, no accents, single blanks. And the packed form that the
//! comparisons read.

/// Longest text (in letters) held in a [`Packed`].
pub const PACKED_LETTERS: usize = 26;

/// A text of at most [`PACKED_LETTERS`] letters in one byte each, ready to be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Packed {
    /// One byte per letter: ASCII as it is, other letters as 128 plus seven bits of a hash.
    pub letters: [u8; PACKED_LETTERS],
    /// Number of letters used (longer texts are cut).
    pub len: u8,
    /// True when the text was cut.
    pub cut: bool,
    /// A bit per letter class that occurs: bounds from it reject most pairs at once.
    pub set: u32,
}

impl Packed {
    /// Packs the letters of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut packed = Self::default();
        if text.is_ascii() {
            let len = text.len().min(PACKED_LETTERS);
            packed.letters[..len].copy_from_slice(&text.as_bytes()[..len]);
            packed.len = len as u8;
            packed.cut = text.len() > len;
            packed.set = packed.letters[..len].iter().fold(0, |set, byte| set | 1 << (byte & 31));
            return packed;
        }
        for letter in text.chars() {
            let at = packed.len as usize;
            if at == PACKED_LETTERS {
                packed.cut = true;
                break;
            }
            let byte = one_byte(letter);
            packed.letters[at] = byte;
            packed.set |= 1 << (byte & 31);
            packed.len += 1;
        }
        packed
    }

    /// The letters in use.
    #[must_use]
    pub fn letters(&self) -> &[u8] {
        &self.letters[..self.len as usize]
    }
}

/// One byte for a letter.
#[must_use]
pub fn one_byte(letter: char) -> u8 {
    let point = letter as u32;
    if point < 128 {
        point as u8
    } else {
        128 | ((point ^ (point >> 7) ^ (point >> 13)) & 127) as u8
    }
}

/// True when more than `limit` bits are set (without counting all of them).
#[must_use]
#[inline]
pub const fn more_bits_than(mut bits: u32, mut limit: u32) -> bool {
    while limit > 0 && bits != 0 {
        bits &= bits - 1;
        limit -= 1;
    }
    bits != 0
}

/// Lower case, accents off (Latin letters), outer blanks off, inner blanks single.
pub fn plain(text: &str, out: &mut String) {
    out.clear();
    let mut blank = false;
    if text.is_ascii() {
        for byte in text.bytes() {
            if byte.is_ascii_whitespace() {
                blank = !out.is_empty();
                continue;
            }
            if blank {
                out.push(' ');
                blank = false;
            }
            out.push(byte.to_ascii_lowercase() as char);
        }
        return;
    }
    for letter in text.chars() {
        if letter.is_whitespace() {
            blank = !out.is_empty();
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        if letter.is_ascii() {
            out.push(letter.to_ascii_lowercase());
        } else if let Some(base) = base_letters(letter) {
            out.push_str(base);
        } else if !is_mark(letter) {
            out.extend(letter.to_lowercase());
        }
    }
}

/// True for a text that [`plain`] surely leaves as it is.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let blank_at_end = bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    let mut good = !blank_at_end;
    let mut before = 0;
    for &byte in bytes {
        good &= (0x20..0x7F).contains(&byte) && !byte.is_ascii_uppercase();
        good &= byte != b' ' || before != b' ';
        before = byte;
    }
    good
}

/// Combining marks, zero-width letters and the soft hyphen are dropped.
fn is_mark(letter: char) -> bool {
    matches!(letter as u32, 0x0300..=0x036F | 0x200B..=0x200F | 0xAD | 0xFEFF)
}

/// The unaccented form of a Latin letter.
fn base_letters(letter: char) -> Option<&'static str> {
    const TABLE: [(&str, &str); 33] = [
        ("àáâãäåāăąǎÀÁÂÃÄÅĀĂĄǍạảấầẩẫậắằẳẵặẠẢẤẦẨẪẬẮẰẲẴẶ", "a"),
        ("çćĉċčÇĆĈĊČ", "c"),
        ("ďđĎĐðÐ", "d"),
        ("èéêëēĕėęěÈÉÊËĒĔĖĘĚẹẻẽếềểễệẸẺẼẾỀỂỄỆ", "e"),
        ("ĝğġģĜĞĠĢǧǦ", "g"),
        ("ĥħĤĦ", "h"),
        ("ìíîïĩīĭįıÌÍÎÏĨĪĬĮİỉịỈỊ", "i"),
        ("ĵĴ", "j"),
        ("ķĶ", "k"),
        ("ĺļľŀłĹĻĽĿŁ", "l"),
        ("ñńņňÑŃŅŇ", "n"),
        ("òóôõöøōŏőơÒÓÔÕÖØŌŎŐƠọỏốồổỗộớờởỡợỌỎỐỒỔỖỘỚỜỞỠỢ", "o"),
        ("ŕŗřŔŖŘ", "r"),
        ("śŝşšșŚŜŞŠȘ", "s"),
        ("ţťŧțŢŤŦȚ", "t"),
        ("ùúûüũūŭůűųưÙÚÛÜŨŪŬŮŰŲƯụủứừửữựỤỦỨỪỬỮỰ", "u"),
        ("ŵŴ", "w"),
        ("ýÿŷÝŸŶỳỵỷỹỲỴỶỸ", "y"),
        ("źżžŹŻŽ", "z"),
        ("æÆ", "ae"),
        ("œŒ", "oe"),
        ("ßẞ", "ss"),
        ("þÞ", "th"),
        ("‘’ʼ´`ʻ′", "'"),
        ("“”", "\""),
        ("‐‑‒–—−", "-"),
        ("０", "0"),
        ("１", "1"),
        ("２", "2"),
        ("，", ","),
        ("．", "."),
        ("／", "/"),
        ("№", "no"),
    ];
    if !matches!(letter as u32, 0xA0..=0x24F | 0x2B0..=0x2BF | 0x1E00..=0x1EFF | 0x2010..=0x2212 | 0xFF00..=0xFFEF)
    {
        return None;
    }
    TABLE.iter().find(|(from, _)| from.contains(letter)).map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_forms() {
        let check = |text: &str, expected: &str| {
            let mut out = String::new();
            plain(text, &mut out);
            assert_eq!(out, expected, "{text}");
            assert!(!is_plain(text) || text == expected, "{text}");
            assert!(is_plain(expected) || !expected.is_ascii(), "{expected}");
        };
        check("  José   MÜLLER ", "jose muller");
        check("Łukasz Żółć", "lukasz zolc");
        check("O\u{2019}Brien\u{2013}Smith", "o'brien-smith");
        check("Straße", "strasse");
        check("Иван", "иван");
        check("e\u{301}", "e");
        check("", "");
    }

    #[test]
    fn packing_counts_letters_not_bytes() {
        let packed = Packed::new("иван");
        assert_eq!((packed.len, packed.cut), (4, false));
        assert!(Packed::new(&"x".repeat(27)).cut);
        assert_eq!(Packed::new("abc").letters(), b"abc");
    }
}
