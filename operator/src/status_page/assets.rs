//! The stylesheet, script and logo, embedded in the binary; their URLs contain a hash of their content.

use std::sync::LazyLock;

use axum::{
    extract::{Path, Query},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static str,
    version: LazyLock<String>,
}

static STYLE: Asset = Asset {
    name: "dashboard.css",
    content_type: "text/css; charset=utf-8",
    body: include_str!("../../templates/dashboard.css"),
    version: LazyLock::new(|| fingerprint(STYLE.body)),
};
static SCRIPT: Asset = Asset {
    name: "dashboard.js",
    content_type: "text/javascript; charset=utf-8",
    body: include_str!("../../templates/dashboard.js"),
    version: LazyLock::new(|| fingerprint(SCRIPT.body)),
};
static LOGO: Asset = Asset {
    name: "logo.svg",
    content_type: "image/svg+xml",
    body: include_str!("../../templates/logo.svg"),
    version: LazyLock::new(|| fingerprint(LOGO.body)),
};

impl Asset {
    fn url(&self) -> String {
        format!("/assets/{}?v={}", self.name, *self.version)
    }
}

/// The path of the style; it changes with its content.
pub(super) fn style_url() -> String {
    STYLE.url()
}

/// The path of the script; it changes with its content.
pub(super) fn script_url() -> String {
    SCRIPT.url()
}

/// The path of the logo; it changes with its content.
pub(super) fn logo_url() -> String {
    LOGO.url()
}

fn fingerprint(content: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..9])
}

/// The version of an asset that a page requests.
#[derive(serde::Deserialize)]
pub(super) struct AssetQuery {
    v: Option<String>,
}

/// Serves an asset. It may be cached for ever only if the requested version is the served one: during an update of the
/// operator, a page from one version can send its request to a pod of the other.
pub(super) async fn serve(Path(name): Path<String>, Query(query): Query<AssetQuery>) -> Response {
    let Some(asset) = [&STYLE, &SCRIPT, &LOGO]
        .into_iter()
        .find(|asset| asset.name == name)
    else {
        return (StatusCode::NOT_FOUND, "no such asset\n").into_response();
    };
    let caching = if query.v.as_deref() == Some(asset.version.as_str()) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, caching)],
        asset.body,
    )
        .into_response()
}
