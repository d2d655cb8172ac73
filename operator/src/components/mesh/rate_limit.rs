//! The rate limit of each pod of the gateway, in its sidecar.

use serde_json::{Value, json};

use crate::{
    components::mesh::{inbound, members::Member},
    model::object::Planned,
    spec::{Mesh, Validated},
};

/// The filter, if a limit is set.
pub(super) fn filter(platform: &Validated, mesh: &Mesh, member: &Member) -> Option<Planned> {
    let (per_second, burst) = mesh.rate_limit?;
    let limit = local_rate_limit(per_second, burst);
    Some(inbound::filter(platform, member, &member.part, limit))
}

/// Envoy's token bucket filter:
/// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter>.
fn local_rate_limit(per_second: i32, burst: i32) -> Value {
    // By default, Envoy applies the limit to no request.
    let for_all = |key: &str| json!({ "runtime_key": key, "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    json!({
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
            "type_url": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "value": {
                "stat_prefix": "http_local_rate_limiter",
                "token_bucket": {
                    "max_tokens": burst,
                    "tokens_per_fill": per_second,
                    "fill_interval": "1s",
                },
                "filter_enabled": for_all("local_rate_limit_enabled"),
                "filter_enforced": for_all("local_rate_limit_enforced"),
                // A bucket is full again after a second, so clients may retry after that time.
                "response_headers_to_add": [{
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                    "header": { "key": "retry-after", "value": "1" },
                }],
            },
        },
    })
}
