//! Proof that a webhook body comes from the platform, and the handshake that registers the webhook.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The platform's application secret. Two may be valid while one replaces the other.
#[derive(Clone)]
pub struct AppSecret(Vec<u8>);

impl AppSecret {
    /// The secret with these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }
}

impl std::fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppSecret(\u{2026})")
    }
}

/// True when `header` (`X-Hub-Signature-256: sha256=<hex>`) is the HMAC-SHA-256 of the raw body
/// under one of the secrets. Every secret is tried and compared in constant time.
#[must_use]
pub fn is_genuine(raw_body: &[u8], header: &str, secrets: &[AppSecret]) -> bool {
    let Some(Ok(claimed)) = header.strip_prefix("sha256=").map(hex::decode) else {
        return false;
    };
    secrets.iter().fold(false, |genuine, secret| {
        genuine | bool::from(digest(raw_body, secret).ct_eq(claimed.as_slice()))
    })
}

/// The header value that belongs to a body: for the simulator of the platform and for tests.
#[must_use]
pub fn sign(raw_body: &[u8], secret: &AppSecret) -> String {
    format!("sha256={}", hex::encode(digest(raw_body, secret)))
}

fn digest(raw_body: &[u8], secret: &AppSecret) -> Vec<u8> {
    // HMAC takes a key of any length, so this cannot fail; an empty digest equals no signature.
    Hmac::<Sha256>::new_from_slice(&secret.0).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(raw_body);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

/// The answer to the platform's registration call
/// (`hub.mode=subscribe&hub.verify_token=…&hub.challenge=…`): the challenge, if the token is ours.
#[must_use]
pub fn challenge_answer<'a>(
    mode: &str,
    token: &str,
    challenge: &'a str,
    expected_token: &str,
) -> Option<&'a str> {
    let same = bool::from(token.as_bytes().ct_eq(expected_token.as_bytes()));
    (mode == "subscribe" && same && !expected_token.is_empty()).then_some(challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vector() {
        let secret = AppSecret::new("secret");
        let header = "sha256=0329a06b62cd16b33eb6792be8c60b158d89a2ee3a876fce9a881ebb488c0914";
        assert_eq!(sign(b"test", &secret), header);
        assert!(is_genuine(b"test", header, &[AppSecret::new("old"), secret.clone()]));
        assert!(!is_genuine(b"test ", header, std::slice::from_ref(&secret)));
        assert!(!is_genuine(b"test", "sha256=zz", std::slice::from_ref(&secret)));
        assert!(!is_genuine(b"test", "", &[secret]));
        assert!(!is_genuine(b"test", header, &[]));
    }

    #[test]
    fn only_our_token_gets_the_challenge_back() {
        assert_eq!(challenge_answer("subscribe", "t", "42", "t"), Some("42"));
        assert_eq!(challenge_answer("subscribe", "x", "42", "t"), None);
        assert_eq!(challenge_answer("other", "t", "42", "t"), None);
        assert_eq!(challenge_answer("subscribe", "", "42", ""), None);
    }
}
