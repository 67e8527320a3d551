//! Where a request comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::Settings;

/// The client's address: the other end of the connection, or, behind a proxy that is trusted, the one that the proxy
/// added last. What stands before that in the header the client may have written itself.
pub(crate) fn of(request: &HttpRequest, settings: &Settings) -> String {
    let forwarded = if settings.trust_forwarded { forwarded(request) } else { None };
    let address = forwarded.or_else(|| request.peer_addr().map(|peer| peer.ip()));
    address.map_or_else(|| "unknown".to_owned(), shown)
}

fn forwarded(request: &HttpRequest) -> Option<IpAddr> {
    let last = |name: &str| {
        let value = request.headers().get_all(name).last()?.to_str().ok()?;
        value.rsplit(',').next().map(|part| part.trim().to_owned())
    };
    if let Some(part) = last("forwarded") {
        let value = part.split(';').find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            name.eq_ignore_ascii_case("for").then(|| value.trim_matches('"').to_owned())
        });
        return value.and_then(|value| parse(&value));
    }
    last("x-forwarded-for").and_then(|value| parse(&value))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn parse(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    text.rsplit_once(':')?.0.parse().ok()
}

/// An IPv6 client has its whole network (/64) to choose addresses from, so it counts as one.
fn shown(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(trust_forwarded: bool, headers: &[(&'static str, &'static str)]) -> String {
        let mut request = TestRequest::get().peer_addr("192.0.2.7:1234".parse().unwrap());
        for header in headers {
            request = request.append_header(*header);
        }
        of(&request.to_http_request(), &Settings { trust_forwarded, ..Settings::default() })
    }

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is_and_only_its_own_word_counts() {
        let forged = [("x-forwarded-for", "10.0.0.1, 198.51.100.3")];
        assert_eq!(address(false, &forged), "192.0.2.7");
        assert_eq!(address(true, &forged), "198.51.100.3");
        let twice = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "198.51.100.4")];
        assert_eq!(address(true, &twice), "198.51.100.4");
        let standard = [("forwarded", "for=10.0.0.1, for=\"[2001:db8:1:2:3::4]:99\";proto=https")];
        assert_eq!(address(true, &standard), "2001:db8:1:2::/64");
        assert_eq!(address(true, &[]), "192.0.2.7");
        assert_eq!(address(true, &[("x-forwarded-for", "garbage")]), "192.0.2.7");
        assert_eq!(address(true, &[("x-forwarded-for", "198.51.100.5:80")]), "198.51.100.5");
        assert_eq!(address(true, &[("x-forwarded-for", "::ffff:198.51.100.6")]), "198.51.100.6");
    }
}
