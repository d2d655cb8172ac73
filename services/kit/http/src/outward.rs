//! Which addresses of other sites a browser is sent to.

use http::Uri;

/// Whether a browser may be sent to this address: by https, or, on the same machine, as in tests, by http.
pub fn is_safe_address(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => matches!(host, "localhost" | "127.0.0.1" | "[::1]"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_sent_to_https_and_to_their_own_machine_only() {
        for safe in [
            "https://checkout.stripe.com/c/pay/cs_1#fid",
            "http://127.0.0.1:8443/pay/1",
            "http://localhost/pay",
            "http://[::1]:80/",
        ] {
            assert!(is_safe_address(safe), "{safe}");
        }
        for unsafe_address in [
            "",
            "/pay/1",
            "//evil.example/pay",
            "http://checkout.stripe.com/pay",
            "http://localhost.evil.example/",
            "http://localhost:80@evil.example/",
            "javascript:alert(1)",
            "https:/pay",
            "https://",
            "ftp://127.0.0.1/",
        ] {
            assert!(!is_safe_address(unsafe_address), "{unsafe_address}");
        }
    }
}
