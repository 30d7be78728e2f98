//! Distinct texts of a column, held once: an arena, and a table that finds the code of a text.
//!
//! Code 0 is always the missing value. Codes depend on the order of arrival, so nothing that is
//! written may depend on them; hashes ([`hash_bytes`]) depend on the text alone.

/// 64-bit hash of bytes: the same on every machine and in every version (block keys use it).
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0u8; 8];
        word.copy_from_slice(chunk);
        state = fold(state ^ u64::from_le_bytes(word), 0xE703_7ED1_A0B4_28DB);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut word = [0u8; 8];
        word[..rest.len()].copy_from_slice(rest);
        state = fold(state ^ u64::from_le_bytes(word), 0x8EBC_6AF0_9C88_C6E3);
    }
    fold(state, 0x5899_65CC_7537_4CC3)
}

/// Writing into a `String` cannot fail; this says so once.
pub(crate) fn wrote(result: std::fmt::Result) {
    debug_assert!(result.is_ok());
}

/// Multiplies to 128 bits and folds the halves (the mixing step of wyhash).
#[must_use]
pub const fn fold(a: u64, b: u64) -> u64 {
    let product = (a ^ 0x2D35_8DCC_AA6C_78A5) as u128 * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Distinct texts, numbered from 1; number 0 is the empty text and means "missing".
#[derive(Debug, Clone)]
pub struct Values {
    /// All texts one after the other (a `String`, so that a text can be lent without reading it).
    texts: String,
    ends: Vec<u32>,
}

impl Default for Values {
    fn default() -> Self {
        Self { texts: String::new(), ends: vec![0] }
    }
}

impl Values {
    /// Number of codes, the missing one included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when only the missing value is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.len() == 1
    }

    /// None yet, with room for as many as there are.
    #[must_use]
    pub fn with_room_of(other: &Self) -> Self {
        let mut ends = Vec::with_capacity(other.ends.len());
        ends.push(0);
        Self { texts: String::with_capacity(other.texts.len()), ends }
    }

    /// The bytes of a code (UTF-8).
    #[must_use]
    pub fn bytes(&self, code: u32) -> &[u8] {
        &self.texts.as_bytes()[self.place(code)]
    }

    /// Where a text lies.
    #[inline]
    fn place(&self, code: u32) -> std::ops::Range<usize> {
        let code = code as usize;
        let start = if code == 0 { 0 } else { self.ends[code - 1] as usize };
        start..self.ends[code] as usize
    }

    /// The text of a code.
    #[must_use]
    pub fn get(&self, code: u32) -> &str {
        self.texts.get(self.place(code)).unwrap_or("")
    }

    /// Forgets all codes from `len` on.
    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.texts.truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    /// Adds a text without looking whether it is there; its code.
    pub fn push(&mut self, text: &[u8]) -> u32 {
        match std::str::from_utf8(text) {
            Ok(text) => self.texts.push_str(text),
            Err(_) => self.texts.push_str(&String::from_utf8_lossy(text)),
        }
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        (self.ends.len() - 1) as u32
    }
}

/// Texts looked up together.
const AHEAD: usize = 32;

/// Finds or gives the code of a text.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    values: Values,
    /// Open addressing: 32 bits of the hash, and the code (0 = free). The place comes from the
    /// same bits, so that growing needs no text.
    slots: Vec<(u32, u32)>,
}

impl Interner {
    /// An interner that expects about `expected` different texts.
    #[must_use]
    pub fn with_capacity(expected: usize) -> Self {
        let slots = (expected * 2).next_power_of_two().max(64);
        Self { values: Values::default(), slots: vec![(0, 0); slots] }
    }

    /// The code of `text`, new when it was not seen before; 0 for the empty text.
    pub fn code(&mut self, text: &[u8]) -> u32 {
        self.code_tagged(text, (hash_bytes(text) >> 32) as u32)
    }

    fn code_tagged(&mut self, text: &[u8], tag: u32) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if self.values.len() * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let (slot_tag, code) = self.slots[at];
            if code == 0 {
                let code = self.values.push(text);
                self.slots[at] = (tag, code);
                return code;
            }
            if slot_tag == tag && self.values.bytes(code) == text {
                return code;
            }
            at = (at + 1) & mask;
        }
    }

    /// Appends the codes of texts, as [`Interner::code`] one by one. Some are hashed ahead and their
    /// places read, so that the waits for memory overlap.
    pub fn codes<'a>(&mut self, texts: impl IntoIterator<Item = &'a [u8]>, out: &mut Vec<u32>) {
        let mut texts = texts.into_iter();
        let mut some: Vec<(&[u8], u32)> = Vec::with_capacity(AHEAD);
        loop {
            some.clear();
            let hashed = |text: &'a [u8]| (text, (hash_bytes(text) >> 32) as u32);
            some.extend(texts.by_ref().take(AHEAD).map(hashed));
            if some.is_empty() {
                return;
            }
            if !self.slots.is_empty() {
                self.touch(&some);
            }
            out.extend(some.iter().map(|(text, tag)| self.code_tagged(text, *tag)));
        }
    }

    /// Reads the slot of each text and the first byte of what stands there.
    fn touch(&self, texts: &[(&[u8], u32)]) {
        let mask = self.slots.len() - 1;
        let mut found = [0u32; AHEAD];
        for (slot, (_, tag)) in found.iter_mut().zip(texts) {
            *slot = self.slots[*tag as usize & mask].1;
        }
        let mut ends = [0u32; AHEAD];
        for (end, code) in ends.iter_mut().zip(found) {
            *end = self.values.ends[code as usize];
        }
        let letters = self.values.texts.as_bytes();
        let seen = ends
            .iter()
            .fold(0u8, |seen, end| seen ^ letters.get(*end as usize).copied().unwrap_or(0));
        std::hint::black_box(seen);
    }

    /// The code of `text` when it is known.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let tag = (hash_bytes(text) >> 32) as u32;
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let (slot_tag, code) = self.slots[at];
            if code == 0 {
                return None;
            }
            if slot_tag == tag && self.values.bytes(code) == text {
                return Some(code);
            }
            at = (at + 1) & mask;
        }
    }

    /// The texts gathered so far.
    #[must_use]
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// An interner that holds these texts, each under the code it has.
    #[must_use]
    pub fn from_values(values: Values) -> Self {
        Self::from_some(values, |_| true)
    }

    /// An interner that holds these texts, each under the code it has, and finds those that are
    /// `wanted`.
    #[must_use]
    pub fn from_some(values: Values, wanted: impl Fn(u32) -> bool) -> Self {
        let mut interner = Self { values, slots: Vec::new() };
        interner.rebuild(wanted);
        interner
    }

    /// Forgets all codes from `len` on.
    pub fn truncate(&mut self, len: usize) {
        let len = len.max(1);
        if len >= self.values.len() {
            return;
        }
        // Texts stand as if placed in the order of their codes: nothing was placed because of the
        // latest, so its place can simply be freed.
        let mask = self.slots.len() - 1;
        for code in (len as u32..self.values.len() as u32).rev() {
            let tag = (hash_bytes(self.values.bytes(code)) >> 32) as u32;
            let mut at = tag as usize & mask;
            while self.slots[at].1 != code && self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = (0, 0);
        }
        self.values.truncate(len);
    }

    fn rebuild(&mut self, wanted: impl Fn(u32) -> bool) {
        let size = (self.values.len() * 2).next_power_of_two().max(64);
        let mask = size - 1;
        self.slots = vec![(0, 0); size];
        for code in (1..self.values.len() as u32).filter(|code| wanted(*code)) {
            let tag = (hash_bytes(self.values.bytes(code)) >> 32) as u32;
            let mut at = tag as usize & mask;
            while self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = (tag, code);
        }
    }

    /// Keeps the texts, drops the table.
    #[must_use]
    pub fn into_values(self) -> Values {
        self.values
    }

    fn grow(&mut self) {
        let mut tags = vec![0u32; self.values.len()];
        for &(tag, code) in self.slots.iter().filter(|(_, code)| *code != 0) {
            tags[code as usize] = tag;
        }
        // Fewer steps while it is small, no more memory than needed when it is large.
        let times = if self.slots.len() < 1 << 22 { 4 } else { 2 };
        let size = (self.slots.len() * times).max(64);
        let mask = size - 1;
        self.slots = vec![(0, 0); size];
        for (code, &tag) in tags.iter().enumerate().skip(1) {
            let mut at = tag as usize & mask;
            while self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = (tag, code as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_code_through_growth() {
        let mut interner = Interner::default();
        let codes: Vec<u32> =
            (0..5_000).map(|i| interner.code(format!("t{i}").as_bytes())).collect();
        for (i, code) in codes.iter().enumerate() {
            assert_eq!(interner.code(format!("t{i}").as_bytes()), *code);
            assert_eq!(interner.values().get(*code), format!("t{i}"));
            assert_eq!(interner.find(format!("t{i}").as_bytes()), Some(*code));
        }
        assert_eq!((interner.code(b""), interner.find(b"absent")), (0, None));
        assert_eq!(interner.values().len(), 5_001);
    }

    #[test]
    fn what_was_added_last_can_be_taken_back() {
        let mut interner = Interner::default();
        let text = |i: u32| format!("t{i}").into_bytes();
        (0..2_000).for_each(|i| assert_eq!(interner.code(&text(i)), i + 1));
        for keep in [1_500, 900, 40] {
            (5_000..9_000).for_each(|i| assert!(interner.code(&text(i)) > 40));
            interner.truncate(keep as usize + 1);
            (0..2_000).for_each(|i| {
                assert_eq!(interner.find(&text(i)), (i < keep).then_some(i + 1));
            });
        }
        assert_eq!(interner.code(b"new"), 41);
    }

    #[test]
    fn hashes_tell_lengths_and_places_apart() {
        let texts: Vec<Vec<u8>> = (0..3_000u32).map(|i| i.to_string().into_bytes()).collect();
        let mut hashes: Vec<u64> = texts.iter().map(|t| hash_bytes(t)).collect();
        hashes.push(hash_bytes(b"ab\0"));
        hashes.push(hash_bytes(b"ab"));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 3_002);
    }
}
