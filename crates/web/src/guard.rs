//! What every answer carries, who may see officers' pages, and how often may be asked.

use crate::state::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

/// Nothing from elsewhere, no script, no frame, no inline style.
const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the security headers on an answer. A handler that needs another policy sets its own.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    set_headers(&mut response, POLICY);
    response
}

/// The headers of every answer, with this content policy; what a handler set itself stays.
pub fn set_headers(response: &mut Response, policy: &'static str) {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, policy);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-store");
}

/// Officers' pages answer on loopback only until roles decide: anybody else gets the same 404 as
/// for an address that does not exist. A request that came through a proxy is not local.
pub async fn local_only(State(_): State<App>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if is_local(peer, request.headers()) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn is_local(peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let proxied =
        ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|h| headers.contains_key(*h));
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    // The host name is checked too: a page elsewhere may point its own name at 127.0.0.1.
    let named_local = matches!(name, "localhost" | "127.0.0.1" | "[::1]" | "");
    peer.is_some_and(|ip| ip.is_loopback()) && !proxied && named_local
}

/// The address a request came from, for the limit on checks; one for all when unknown.
#[must_use]
pub fn peer(info: Option<&ConnectInfo<SocketAddr>>) -> IpAddr {
    info.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip())
}

const DAY_MS: i64 = 86_400_000;
/// Checks of one NIK per day.
pub const CHECKS_PER_NIK: u32 = 5;
/// Checks from one address per day. Many people share one address (village office, mobile network).
const CHECKS_PER_ADDRESS: u32 = 500;
/// Entries kept before old days are thrown away.
const ENTRIES_MAX: usize = 1_000_000;

/// Counts checks per NIK (by its blind index) and per address. It does not know whether the NIK
/// exists, so being stopped says nothing about it.
#[derive(Default)]
pub struct Limiter(Mutex<BTreeMap<(i64, [u8; 16]), u32>>);

impl Limiter {
    /// Counts one check; false when it is one too many.
    pub fn allow(&self, now_ms: i64, nik: [u8; 16], address: IpAddr) -> bool {
        let day = now_ms.div_euclid(DAY_MS);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() > ENTRIES_MAX {
            counts.retain(|(then, _), _| *then == day);
        }
        let address = match address {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        let mut count = |key: [u8; 16]| {
            let count = counts.entry((day, key)).or_default();
            *count = count.saturating_add(1);
            *count
        };
        let (by_nik, by_address) = (count(nik), count(address));
        by_nik <= CHECKS_PER_NIK && by_address <= CHECKS_PER_ADDRESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_checks_a_day_then_tomorrow_again() {
        let limiter = Limiter::default();
        let ip = IpAddr::from([10, 0, 0, 1]);
        let ask = |ms| limiter.allow(ms, [1; 16], ip);
        assert!((0..5).all(|_| ask(1_000)));
        assert!(!ask(1_000));
        assert!(limiter.allow(1_000, [2; 16], ip), "another NIK is not stopped");
        assert!(ask(DAY_MS + 1_000));
    }

    #[test]
    fn only_a_plain_local_request_is_local() {
        let check = |ip: [u8; 4], pairs: &[(&'static str, &'static str)], want: bool| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_local(Some(IpAddr::from(ip)), &headers), want, "{pairs:?}");
        };
        check([127, 0, 0, 1], &[("host", "localhost:8080")], true);
        check([127, 0, 0, 1], &[("host", "127.0.0.1:8080")], true);
        check([127, 0, 0, 1], &[("host", "evil.example")], false);
        check([127, 0, 0, 1], &[("host", "localhost"), ("x-forwarded-for", "1.2.3.4")], false);
        check([192, 168, 0, 2], &[("host", "localhost")], false);
    }
}
