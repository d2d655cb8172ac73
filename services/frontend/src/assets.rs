//! Style, script and icon: inside the binary, cached for good under an address that holds their hash.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::LazyLock;

/// A file that pages ask for.
pub struct Asset {
    name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What it holds.
    pub body: &'static str,
    /// Changes with its body.
    pub hash: String,
}

/// The addresses of the assets, for pages.
pub struct Assets {
    style: Asset,
    script: Asset,
    icon: Asset,
}

/// The assets of this build.
pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::new(
        "shop.css",
        "text/css; charset=utf-8",
        include_str!("../assets/shop.css"),
    ),
    script: Asset::new(
        "shop.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/shop.js"),
    ),
    icon: Asset::new("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
});

impl Asset {
    fn new(name: &'static str, content_type: &'static str, body: &'static str) -> Self {
        let mut hash = String::new();
        for byte in &Sha256::digest(body)[..6] {
            // Writing to a String cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self {
            name,
            content_type,
            body,
            hash,
        }
    }

    fn address(&self) -> String {
        format!("/assets/{}/{}", self.hash, self.name)
    }
}

impl Assets {
    /// Where the style sheet is.
    pub fn style(&self) -> String {
        self.style.address()
    }

    /// Where the script is.
    pub fn script(&self) -> String {
        self.script.address()
    }

    /// Where the icon is.
    pub fn icon(&self) -> String {
        self.icon.address()
    }

    /// The asset of that name.
    pub fn find(&self, name: &str) -> Option<&Asset> {
        [&self.style, &self.script, &self.icon]
            .into_iter()
            .find(|asset| asset.name == name)
    }
}
