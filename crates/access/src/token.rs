//! Session tokens and one-time links: 256 random bits, stored only as a hash, revocable at once.

use crate::AccessError;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest as _, Sha256};

/// A session ends after this long without use, in milliseconds (30 minutes).
pub const IDLE_MS: i64 = 30 * 60_000;
/// A session ends this long after it began, in milliseconds (12 hours).
pub const ABSOLUTE_MS: i64 = 12 * 3_600_000;
/// An account is locked after this many failures in a row.
pub const FAILURES_MAX: u32 = 10;
/// A one-time link lives this long, in milliseconds (24 hours).
const LINK_MS: i64 = 24 * 3_600_000;
const TOKEN_BYTES: usize = 32;

/// A secret token. It is shown once and never stored.
#[derive(Clone)]
pub struct Token([u8; TOKEN_BYTES]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What is stored of a token: its SHA-256. 256 random bits need no slow hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new() -> Result<Self, AccessError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|e| AccessError::Random(e.to_string()))?;
        Ok(Self(bytes))
    }

    /// Reads a token from a cookie or link; none when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The text for the cookie or link: 43 characters.
    #[must_use]
    pub fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

/// When a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without use, in milliseconds.
    pub idle_ms: i64,
    /// In any case, in milliseconds.
    pub absolute_ms: i64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_ms: IDLE_MS, absolute_ms: ABSOLUTE_MS }
    }
}

/// True when a session that began at `began`, was last used at `used` and was revoked or not is
/// alive at `now` (all in milliseconds).
#[must_use]
pub const fn session_is_alive(
    limits: SessionLimits,
    began: i64,
    used: i64,
    revoked: bool,
    now: i64,
) -> bool {
    !revoked && now >= began && now - used < limits.idle_ms && now - began < limits.absolute_ms
}

/// The link of the first run: whoever opens it within a day becomes the administrator, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTimeLink {
    /// The hash of its token.
    pub hash: TokenHash,
    /// When it was made.
    pub made_ms: i64,
    /// Whether it was used.
    pub used: bool,
}

impl OneTimeLink {
    /// A new link and its token, to be printed once on the terminal.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new(now_ms: i64) -> Result<(Self, Token), AccessError> {
        let token = Token::new()?;
        Ok((Self { hash: token.hash(), made_ms: now_ms, used: false }, token))
    }

    /// True when `token` opens it now.
    #[must_use]
    pub fn opens(&self, token: &Token, now_ms: i64) -> bool {
        !self.used
            && token.hash() == self.hash
            && now_ms >= self.made_ms
            && now_ms - self.made_ms < LINK_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_only() {
        let token = Token::new().unwrap();
        let text = token.expose();
        assert_eq!((text.len(), Token::parse(&text).unwrap().hash()), (43, token.hash()));
        assert!(Token::parse("short").is_none() && Token::parse(&format!("{text}A")).is_none());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn sessions_end_idle_and_absolutely_and_when_revoked() {
        let check = |used, revoked, now, alive| {
            assert_eq!(
                session_is_alive(SessionLimits::default(), 1_000, used, revoked, now),
                alive,
                "{used} {now}"
            );
        };
        check(1_000, false, 1_000, true);
        check(1_000, false, 1_000 + IDLE_MS - 1, true);
        check(1_000, false, 1_000 + IDLE_MS, false);
        check(ABSOLUTE_MS, false, 999 + ABSOLUTE_MS, true);
        check(ABSOLUTE_MS, false, 1_000 + ABSOLUTE_MS, false);
        check(1_000, true, 1_001, false);
        check(1_000, false, 999, false);
    }

    #[test]
    fn a_link_opens_once_within_a_day() {
        let (mut link, token) = OneTimeLink::new(0).unwrap();
        assert!(link.opens(&token, LINK_MS - 1) && !link.opens(&token, LINK_MS));
        assert!(!link.opens(&Token::new().unwrap(), 1));
        link.used = true;
        assert!(!link.opens(&token, 1));
    }
}
