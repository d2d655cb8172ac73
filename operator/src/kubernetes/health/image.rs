//! Images that cannot be had: what the kubelet says of them, in short, and whether a registry has answered.

use crate::kubernetes::health::{patience::Patience, text::shortened};

/// What a registry, or the kubelet itself, says only if trying again changes nothing.
const ANSWERS: &[&str] = &[
    "not found",
    "denied",
    "unauthorized",
    "Unauthorized",
    "authorization failed",
    "Forbidden",
    "manifest unknown",
    "name unknown",
    "name invalid",
    "invalid reference",
    "no match for platform",
    "x509:",
    "not present with pull policy of Never",
];

/// The message of the kubelet, without what it repeats, and without what differs from attempt to attempt.
pub(super) fn words(message: &str, image: &str) -> String {
    let mut rest = message;
    // While it waits to try again: `Back-off pulling image "…": ErrImagePull: …`.
    if let Some((_, after)) = rest
        .strip_prefix("Back-off pulling image ")
        .map(|quoted| quoted.split_once("\": ").unwrap_or(("", "")))
    {
        rest = after.split_once(": ").map_or("", |(_, cause)| cause);
    }
    if let Some((_, after)) = rest
        .strip_prefix("rpc error: ")
        .and_then(|error| error.split_once(" desc = "))
    {
        rest = after;
    }
    for prefix in ["failed to pull and unpack image", "failed to resolve reference"] {
        if let Some((_, after)) = rest
            .strip_prefix(prefix)
            .and_then(|quoted| quoted.split_once("\": "))
        {
            rest = after;
        }
    }
    let rest = rest
        .strip_prefix(image)
        .map_or(rest, |after| after.trim_start_matches(": "));
    shortened(&without_own_ports(rest))
}

/// The text without the ports that a client gets by chance: `10.0.0.5:45312->10.0.0.1:53` differs every time.
fn without_own_ports(text: &str) -> String {
    let parts: Vec<&str> = text.split("->").collect();
    let last = parts.len() - 1;
    let parts: Vec<&str> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| {
            if at == last {
                return *part;
            }
            part.trim_end_matches(|character: char| character.is_ascii_digit())
                .trim_end_matches(':')
        })
        .collect();
    parts.join("->")
}

/// How long to wait for an image of which the kubelet says that.
pub(super) fn patience(reason: &str, message: &str, image: &str) -> Patience {
    match reason {
        "InvalidImageName" => Patience::None,
        "ErrImageNeverPull" | "SignatureValidationFailed" => Patience::Answered,
        "RegistryUnavailable" | "ImageInspectError" => Patience::Unanswered,
        _ if ANSWERS.iter().any(|answer| message.contains(answer)) => Patience::Answered,
        // No registry serves there, so the image has to be on the node, and is not.
        _ if image.starts_with("localhost/") => Patience::Answered,
        _ => Patience::Unanswered,
    }
}
