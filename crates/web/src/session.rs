//! The one session of all page rooms: the cookie, the token, who is signed in. `doors` begins and
//! ends it; every room reads it here.

use access::Token;
use axum::http::{HeaderMap, header};
use casework::{Casework, Session};

/// The cookie of the session.
const COOKIE: &str = "padan_sesi";
/// The same where TLS is certain: a browser takes this name from this host only, over TLS only.
const COOKIE_TLS: &str = "__Host-padan_sesi";

/// The token in a cookie.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).and_then(|(_, value)| Token::parse(value))
}

/// The token of the session: of the cookie, or of a program's `Authorization: Bearer`.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<Token> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(token) = bearer.and_then(|text| text.strip_prefix("Bearer ")) {
        return Token::parse(token.trim());
    }
    cookie(headers, COOKIE_TLS).or_else(|| cookie(headers, COOKIE))
}

/// Who is signed in.
///
/// # Errors
/// When the store is away.
pub fn of(
    work: &Casework,
    headers: &HeaderMap,
) -> Result<Option<Session>, casework::CaseworkError> {
    token(headers).map_or(Ok(None), |token| work.session(&token))
}

/// The header that gives a browser its session; an empty value ends it.
#[must_use]
pub fn set_cookie(value: &str, secure: bool) -> String {
    let age = if value.is_empty() { 0 } else { access::ABSOLUTE_MS / 1_000 };
    let (name, flag) = if secure { (COOKIE_TLS, "; Secure") } else { (COOKIE, "") };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{flag}")
}

/// The kind of device, from what a browser says of itself: enough to know one's own sessions again.
#[must_use]
pub fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_session_is_found_in_cookie_and_bearer() {
        let text = Token::new().unwrap().expose();
        for (name, value) in [
            (header::COOKIE, format!("a=b; padan_sesi={text}")),
            (header::COOKIE, format!("__Host-padan_sesi={text}")),
            (header::AUTHORIZATION, format!("Bearer {text}")),
        ] {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(&value).unwrap())]);
            assert_eq!(token(&headers).unwrap().expose(), text, "{value}");
        }
        assert!(token(&HeaderMap::new()).is_none());
        assert!(set_cookie("x", true).starts_with("__Host-padan_sesi=x; Path=/; HttpOnly"));
        assert!(set_cookie("", false).contains("Max-Age=0"));
    }
}
