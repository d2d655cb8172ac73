//! Other people's programs, compiled from their Go modules.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use fdp_cluster::command::run;
use fdp_cluster::{Progress as _, Terminal, go, paths};

use crate::cache;
use crate::error::{Error, Result};

/// One program, and the module that it is built in: each in its own, because they disagree on versions and on
/// `replace` lines.
struct Program {
    name: &'static str,
    package: &'static str,
    tags: &'static str,
}

const PROGRAMS: [Program; 5] = [
    Program {
        name: "kubeconform",
        package: "github.com/yannh/kubeconform/cmd/kubeconform",
        tags: "",
    },
    Program {
        name: "istioctl",
        package: "istio.io/istio/istioctl/cmd/istioctl",
        tags: "",
    },
    Program {
        name: "promtool",
        package: "github.com/prometheus/prometheus/cmd/promtool",
        // Without those for clouds, one of which needs a module that is not to be had.
        tags: "remove_all_sd,enable_kubernetes_sd,enable_dns_sd",
    },
    Program {
        name: "prometheus-operator",
        package: "github.com/prometheus-operator/prometheus-operator/cmd/operator",
        tags: "",
    },
    // Under the Elastic licence: it may be run here, and is part of nothing that we publish.
    Program {
        name: "elastic-operator",
        package: "github.com/elastic/cloud-on-k8s/v3/cmd",
        tags: "",
    },
];

/// The program of that name: `kubeconform`, `istioctl`, `promtool`, `prometheus-operator` or `elastic-operator`.
///
/// It is compiled on the first call, which takes minutes, and kept.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = PROGRAMS
        .iter()
        .find(|program| program.name == name)
        .ok_or_else(|| Error::UnknownProgram {
            name: name.to_owned(),
            known: PROGRAMS.map(|program| program.name).join(", "),
        })?;
    let directory = cache::kept(name, &key(program)?, |directory| {
        let progress = Terminal::new();
        progress.stage(&format!("Compiling {name} (minutes, once)"));
        go::Build {
            module: &module(name),
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

/// The folder with `go.mod` and `go.sum`.
pub(crate) fn module(name: &str) -> PathBuf {
    paths::checkout().join("tests/peers/go").join(name)
}

/// What decides which versions a module has.
pub(crate) fn sums(name: &str) -> Result<[Vec<u8>; 2]> {
    let read = |file: &str| {
        let path = module(name).join(file);
        fs::read(&path).map_err(Error::file("read", &path))
    };
    Ok([read("go.mod")?, read("go.sum")?])
}

fn key(program: &Program) -> Result<String> {
    let [module, sum] = sums(program.name)?;
    let version = run(Command::new("go").arg("version"))?;
    Ok(cache::key([
        &module,
        &sum,
        version.as_bytes(),
        program.package.as_bytes(),
        program.tags.as_bytes(),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_module_that_pins_what_it_is_built_of() {
        for program in PROGRAMS {
            let [module, sum] = sums(program.name).unwrap();
            let module = String::from_utf8(module).unwrap();
            assert!(module.contains(&format!("tool {}", program.package)), "{module}");
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
