//! The assets over HTTP.

use crate::assets::ASSETS;
use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use fdp_kit::http::Path;
use http::header;

pub(super) async fn asset(Path((hash, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = ASSETS
        .find(&name)
        .ok_or_else(|| Problem::not_found("no such file"))?;
    // While an old and a new version run side by side, a page of one may ask the other for its style: the
    // nearest there is does, but not for long.
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
