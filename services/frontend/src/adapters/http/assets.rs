//! Style sheet, script and icon: compiled into the binary, and cached for ever under a URL that contains their hash.

use crate::fingerprint::fingerprint;
use axum::response::{IntoResponse, Response};
use fdp_http::{Path, Problem};
use http::header;
use std::sync::LazyLock;

/// A file that the pages load.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static str,
    /// A hash of the body, which is part of the URL.
    hash: String,
}

/// All assets.
pub(super) struct Assets {
    style: Asset,
    script: Asset,
    work_style: Asset,
    work_script: Asset,
    icon: Asset,
}

/// The assets of this build.
pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::new(
        "shop.css",
        "text/css; charset=utf-8",
        include_str!("../../../assets/shop.css"),
    ),
    script: Asset::new(
        "shop.js",
        "text/javascript; charset=utf-8",
        include_str!("../../../assets/shop.js"),
    ),
    work_style: Asset::new(
        "work.css",
        "text/css; charset=utf-8",
        include_str!("../../../assets/work.css"),
    ),
    work_script: Asset::new(
        "work.js",
        "text/javascript; charset=utf-8",
        include_str!("../../../assets/work.js"),
    ),
    icon: Asset::new(
        "icon.svg",
        "image/svg+xml",
        include_str!("../../../assets/icon.svg"),
    ),
});

impl Asset {
    fn new(name: &'static str, content_type: &'static str, body: &'static str) -> Self {
        Self {
            name,
            content_type,
            body,
            hash: fingerprint(&[body.as_bytes()], 6),
        }
    }

    fn url(&self) -> String {
        format!("/assets/{}/{}", self.hash, self.name)
    }
}

impl Assets {
    /// The URL of the style sheet.
    pub(super) fn style(&self) -> String {
        self.style.url()
    }

    /// The URL of the script.
    pub(super) fn script(&self) -> String {
        self.script.url()
    }

    /// The URL of the style sheet of the pages of owners and riders.
    pub(super) fn work_style(&self) -> String {
        self.work_style.url()
    }

    /// The URL of their script.
    pub(super) fn work_script(&self) -> String {
        self.work_script.url()
    }

    /// The URL of the icon.
    pub(super) fn icon(&self) -> String {
        self.icon.url()
    }

    fn find(&self, name: &str) -> Option<&Asset> {
        let all = [
            &self.style,
            &self.script,
            &self.work_style,
            &self.work_script,
            &self.icon,
        ];
        all.into_iter().find(|asset| asset.name == name)
    }
}

/// Serves an asset.
pub(super) async fn serve(Path((hash, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = ASSETS
        .find(&name)
        .ok_or_else(|| Problem::not_found("no such file"))?;
    // During a rollout, a page of one version may request an asset from a replica of the other version. It gets that
    // replica's asset, without caching.
    let caching = if asset.hash == hash {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, caching),
    ];
    Ok((headers, asset.body).into_response())
}
