//! Third-party programs, compiled from their Go modules.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use fdp_cluster::command::run;
use fdp_cluster::{Progress as _, Terminal, go};

use crate::cache;
use crate::error::{Error, Result};

/// A program and the module in which it is built. Each project has its own module because their versions and `replace`
/// directives conflict.
struct Program {
    name: &'static str,
    /// The folder in `dev/programs/go`.
    folder: &'static str,
    package: &'static str,
    tags: &'static str,
}

const PROGRAMS: [Program; 14] = [
    Program {
        name: "kubeconform",
        folder: "kubeconform",
        package: "github.com/yannh/kubeconform/cmd/kubeconform",
        tags: "",
    },
    Program {
        name: "istioctl",
        folder: "istio",
        package: "istio.io/istio/istioctl/cmd/istioctl",
        tags: "",
    },
    // What runs beside Envoy in a sidecar.
    Program {
        name: "pilot-agent",
        folder: "istio",
        package: "istio.io/istio/pilot/cmd/pilot-agent",
        tags: "",
    },
    // Istio's control plane.
    Program {
        name: "pilot-discovery",
        folder: "istio",
        package: "istio.io/istio/pilot/cmd/pilot-discovery",
        tags: "",
    },
    Program {
        name: "promtool",
        folder: "promtool",
        package: "github.com/prometheus/prometheus/cmd/promtool",
        // Without the service discoveries of clouds, one of which needs a module that is not available.
        tags: "remove_all_sd,enable_kubernetes_sd,enable_dns_sd",
    },
    Program {
        name: "prometheus-operator",
        folder: "prometheus-operator",
        package: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
        tags: "",
    },
    // Its Elastic licence allows running it here; it is not part of anything that we publish.
    Program {
        name: "elastic-operator",
        folder: "elastic-operator",
        package: "github.com/elastic/cloud-on-k8s/v3/cmd",
        tags: "",
    },
    // The operator, which is also what its database pods start.
    Program {
        name: "cloudnative-pg",
        folder: "cloudnative-pg",
        package: "github.com/cloudnative-pg/cloudnative-pg/cmd/manager",
        tags: "",
    },
    Program {
        name: "helm",
        folder: "helm",
        package: "helm.sh/helm/v4/cmd/helm",
        tags: "",
    },
    // A few lines of code around the Lua interpreter that Argo CD uses.
    Program {
        name: "lua",
        folder: "lua",
        package: "fooddelivery.dev/peers/lua",
        tags: "",
    },
    // A few lines of code around the library with which other tools wait for objects.
    Program {
        name: "kstatus",
        folder: "kstatus",
        package: "fooddelivery.dev/peers/kstatus",
        tags: "",
    },
    // Three programs of Argo CD in one; it runs the one that it is called as.
    Program {
        name: "argocd",
        folder: "argocd",
        package: "fooddelivery.dev/peers/argocd",
        tags: "",
    },
    // A few lines of code around a document database with MongoDB's protocol.
    Program {
        name: "ferretdb",
        folder: "ferretdb",
        package: "fooddelivery.dev/peers/ferretdb",
        tags: "",
    },
    // Stripe's description of its API, as a server that judges requests.
    Program {
        name: "stripe-mock",
        folder: "stripe-mock",
        package: "github.com/stripe/stripe-mock",
        tags: "",
    },
];

/// The program with that name: `kubeconform`, `istioctl`, `pilot-agent`, `pilot-discovery`, `promtool`,
/// `prometheus-operator`, `elastic-operator`, `cloudnative-pg`, `helm`, `lua`, `kstatus`, `argocd`, `ferretdb` or
/// `stripe-mock`.
///
/// It is compiled on the first call, which takes minutes, and kept.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = PROGRAMS
        .iter()
        .find(|program| program.name == name)
        .ok_or_else(|| Error::UnknownProgram {
            name: name.to_owned(),
            known: names().collect::<Vec<_>>().join(", "),
        })?;
    let directory = cache::kept(name, &key(program)?, |directory| {
        let progress = Terminal::new();
        progress.stage(&format!("Compiling {name} (minutes, once)"));
        go::Build {
            module: &module(program.folder),
            packages: &[program.package],
            tags: program.tags,
            link_flags: "",
            output: &directory.join(name),
        }
        .run(&progress)?;
        Ok(())
    })?;
    Ok(directory.join(name))
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|program| program.name)
}

/// The folder with `go.mod` and `go.sum`.
pub(crate) fn module(folder: &str) -> PathBuf {
    fdp_checkout::root().join("dev/programs/go").join(folder)
}

/// The files that determine the versions of a module.
pub(crate) fn sums(folder: &str) -> Result<[Vec<u8>; 2]> {
    let read = |file: &str| {
        let path = module(folder).join(file);
        fs::read(&path).map_err(Error::file("read", &path))
    };
    Ok([read("go.mod")?, read("go.sum")?])
}

fn key(program: &Program) -> Result<String> {
    let [module, sum] = sums(program.folder)?;
    let version = run(Command::new("go").arg("version"))?;
    let own = own_source(program.folder)?;
    let mut parts: Vec<&[u8]> = vec![
        &module,
        &sum,
        version.as_bytes(),
        program.package.as_bytes(),
        program.tags.as_bytes(),
    ];
    parts.extend(own.as_deref());
    Ok(cache::key(parts))
}

/// The source of a program that is in its folder here, if not all of it is in third-party modules.
fn own_source(folder: &str) -> Result<Option<Vec<u8>>> {
    let path = module(folder).join("main.go");
    match fs::read(&path) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_module_that_pins_what_it_is_built_of() {
        for program in PROGRAMS {
            let [module, sum] = sums(program.folder).unwrap();
            let module = String::from_utf8(module).unwrap();
            let is_pinned = |line: &str| line.trim_start_matches("tool ").trim() == program.package;
            assert!(module.lines().any(is_pinned), "{module}");
            assert!(!sum.is_empty());
        }
    }

    #[test]
    fn an_unknown_program_is_refused_with_those_there_are() {
        let error = program("kubeconfirm").unwrap_err().to_string();
        assert!(
            error.contains("kubeconfirm") && error.contains("kubeconform, istioctl"),
            "{error}"
        );
    }
}
