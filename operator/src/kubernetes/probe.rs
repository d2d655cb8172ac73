//! Builders for probes: how the kubelet finds out that a container has started, gets requests, or hangs.

use fdp_crds::Probes;
use k8s_openapi::{
    api::core::v1::{ExecAction, HTTPGetAction, Probe, TCPSocketAction},
    apimachinery::pkg::util::intstr::IntOrString,
};

/// The timeout of probes over the network.
const TIMEOUT_SECONDS: i32 = 3;
/// How long a command waits for an answer, and how long the kubelet waits for the command: longer, so that it is the command
/// that says what happened.
pub const ANSWER_SECONDS: i32 = 3;
const COMMAND_TIMEOUT_SECONDS: i32 = 5;
/// How often a command asks a data store, and how many failures in a row mean that it hangs: it is found after 40 s to 65 s.
/// Each command is a process, and a data store may have nothing else to do.
pub const COMMAND_PERIOD_SECONDS: i32 = 20;
pub const COMMAND_FAILURES: i32 = 3;

/// How long a container that failed its liveness probe has to end. What hangs does not end by itself, and would use up the
/// whole time that the pod has for that.
pub const GRACE_SECONDS: i64 = 10;
/// The same for data stores: one that is only slow gets the time to write down what it has.
pub const STORE_GRACE_SECONDS: i64 = 30;

/// A request that every HTTP server answers, be it with an error.
pub const HTTP_REQUEST: &str = r"GET / HTTP/1.0\r\n\r\n";

/// The readiness and liveness probes: the defaults, overridden by `given`.
pub fn probes(port: &str, given: &Probes) -> (Probe, Probe) {
    let question = |given: &Option<fdp_crds::Probe>, path: &str, period_seconds, failures| {
        let given = given.clone().unwrap_or_default();
        Probe {
            // The API server omits a zero.
            initial_delay_seconds: given.initial_delay_seconds.filter(|seconds| *seconds > 0),
            timeout_seconds: Some(given.timeout_seconds.unwrap_or(TIMEOUT_SECONDS)),
            ..http_probe(
                port,
                given.path.as_deref().unwrap_or(path),
                given.period_seconds.unwrap_or(period_seconds),
                given.failure_threshold.unwrap_or(failures),
            )
        }
    };
    (
        question(&given.readiness, "/readyz", 2, 2),
        liveness(GRACE_SECONDS, question(&given.liveness, "/healthz", 10, 6)),
    )
}

/// A liveness probe; where it fails, the container is killed after `grace_seconds` if it has not ended.
pub fn liveness(grace_seconds: i64, probe: Probe) -> Probe {
    Probe {
        termination_grace_period_seconds: Some(grace_seconds),
        ..probe
    }
}

/// A GET request to a path of a container's port.
pub fn http_probe(port: &str, path: &str, period_seconds: i32, failures: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String(port.to_owned()),
            scheme: Some("HTTP".to_owned()),
            ..Default::default()
        }),
        ..repeated(period_seconds, failures, TIMEOUT_SECONDS)
    }
}

/// A probe that succeeds if a port accepts connections. For a program that hangs the kernel still does so: as a liveness probe
/// it would never restart one.
pub fn tcp_probe(port: &str, period_seconds: i32, failures: i32) -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::String(port.to_owned()),
            host: None,
        }),
        ..repeated(period_seconds, failures, TIMEOUT_SECONDS)
    }
}

/// A probe that succeeds if a command does.
pub fn command_probe(command: &[&str], period_seconds: i32, failures: i32) -> Probe {
    Probe {
        exec: Some(ExecAction {
            command: Some(command.iter().map(|&word| word.to_owned()).collect()),
        }),
        ..repeated(period_seconds, failures, COMMAND_TIMEOUT_SECONDS)
    }
}

/// A liveness probe for a server of another protocol than HTTP, or one whose errors must restart nobody: it sends a request to
/// the port and waits for the first byte of an answer, whatever it says. `request` is written by the `printf` of bash.
///
/// It needs bash in the image, as those of Apache Kafka, MongoDB and Elastic have it. Where there is none, the kubelet gets an
/// error in place of an exit code, and leaves the container alone; such a container is only restarted when it ends.
pub fn answer_probe(port: u16, request: &str) -> Probe {
    // As a variable would, `read` leaves zeros out and waits for another byte.
    let command = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{request}' >&3 && read -r -n 1 -t {ANSWER_SECONDS} -u 3"
    );
    command_probe(
        &["bash", "-c", &command],
        COMMAND_PERIOD_SECONDS,
        COMMAND_FAILURES,
    )
}

fn repeated(period_seconds: i32, failures: i32, timeout_seconds: i32) -> Probe {
    Probe {
        period_seconds: Some(period_seconds),
        failure_threshold: Some(failures),
        timeout_seconds: Some(timeout_seconds),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gives_up_before_the_kubelet_does() {
        let probe = answer_probe(9092, HTTP_REQUEST);
        let command = probe.exec.unwrap().command.unwrap();
        assert_eq!(command[..2], ["bash", "-c"]);
        assert!(
            command[2].contains("/dev/tcp/127.0.0.1/9092 ") && command[2].contains(" -t 3 "),
            "{command:?}"
        );
        assert!(ANSWER_SECONDS < probe.timeout_seconds.unwrap());
    }

    #[test]
    fn what_hangs_is_found_within_80_seconds() {
        let probe = answer_probe(9092, HTTP_REQUEST);
        let (period, failures) = (probe.period_seconds.unwrap(), probe.failure_threshold.unwrap());
        assert!(period * failures + probe.timeout_seconds.unwrap() <= 80);
        assert!(probe.initial_delay_seconds.is_none());
    }

    #[test]
    fn only_a_liveness_probe_says_how_soon_a_container_has_to_end() {
        let (readiness, alive) = probes("http", &Probes::default());
        assert_eq!(
            readiness.termination_grace_period_seconds, None,
            "the API refuses it there"
        );
        assert_eq!(alive.termination_grace_period_seconds, Some(GRACE_SECONDS));
    }

    #[test]
    fn what_a_platform_says_of_its_probes_holds() {
        let given = Probes {
            liveness: Some(fdp_crds::Probe {
                path: Some("/alive".to_owned()),
                timeout_seconds: Some(9),
                ..fdp_crds::Probe::default()
            }),
            ..Probes::default()
        };
        let (_, alive) = probes("http", &given);
        assert_eq!(alive.timeout_seconds, Some(9));
        assert_eq!(alive.http_get.unwrap().path.unwrap(), "/alive");
        assert_eq!(alive.failure_threshold, Some(6), "the default");
    }
}
