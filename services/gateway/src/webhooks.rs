//! The paths at which programs of others send news. They have no token: the service behind admits them by their signature.

use http::{Method, Uri};

/// Those of payment providers, exactly as they are sent.
const PATHS: [&str; 1] = ["/payments/webhooks/stripe"];
/// The highest number of bytes of a body there: whoever may send without a token does not send much.
pub(crate) const MAX_BODY: u64 = 64 * 1024;

/// Whether a request brings such news.
pub(crate) fn is_webhook(method: &Method, uri: &Uri) -> bool {
    *method == Method::POST && PATHS.contains(&uri.path())
}
