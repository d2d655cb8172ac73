//! Pushes image archives to a registry with skopeo.

use std::path::Path;
use std::process::Command;

use crate::{Error, ImageSet, command};

/// Copies every image of `set` to `destination`, a registry and path such as `registry.example/acme/food`.
///
/// Names and tags stay the same. A registry on a loopback address is used without TLS, like Docker does. Credentials
/// are those of `skopeo login`.
pub fn push(set: &ImageSet, destination: &str) -> Result<(), Error> {
    command::ensure_program("skopeo", "skopeo", &mut |_| {})?;
    let destination = destination.trim_end_matches('/');
    let registry = destination.split('/').next().unwrap_or(destination);
    for image in &set.images {
        let target = format!("{destination}/{}", name_and_tag(&image.reference));
        let mut skopeo = Command::new("skopeo");
        skopeo
            .args(["--insecure-policy", "copy", "--quiet", "--retry-times", "3"])
            .arg(format!("--dest-tls-verify={}", !is_loopback(registry)))
            .arg(source(&image.archive))
            .arg(format!("docker://{target}"));
        let output = command::output(&mut skopeo, &format!("pushing {}", image.name))?;
        if !output.status.success() {
            return Err(Error::Push {
                image: image.reference.clone(),
                destination: target,
                registry: registry.to_owned(),
                detail: message(&command::last_words(&output)).to_owned(),
            });
        }
    }
    Ok(())
}

/// The message in a line of skopeo such as `time="…" level=fatal msg="…"`.
fn message(said: &str) -> &str {
    said.rsplit_once("msg=\"")
        .map_or(said, |(_, message)| message.trim_end_matches('"'))
}

fn source(archive: &Path) -> String {
    format!("oci-archive:{}", archive.display())
}

fn name_and_tag(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _port)| host);
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registries_on_this_machine_are_spoken_to_without_tls() {
        assert!(is_loopback("localhost:5000"));
        assert!(is_loopback("127.0.0.1:5000"));
        assert!(is_loopback("[::1]:5000"));
        assert!(!is_loopback("registry.example"));
        assert!(!is_loopback("localhost.example.org"));
        assert!(!is_loopback("10.0.0.1:5000"));
    }

    #[test]
    fn of_what_skopeo_says_the_message_is_kept() {
        assert_eq!(
            message("time=\"now\" level=fatal msg=\"no such host\""),
            "no such host"
        );
        assert_eq!(message("killed"), "killed");
    }

    #[test]
    fn an_image_keeps_its_name_and_tag_in_another_registry() {
        assert_eq!(
            name_and_tag("localhost/food-delivery/order:0123456789ab"),
            "order:0123456789ab"
        );
    }
}
