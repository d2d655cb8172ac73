//! What the operator makes of every example is judged by those whom it is for: an API server that knows all kinds, and
//! the command line tools of Istio and Prometheus.
//!
//! One control plane serves all tests; it goes when they are done.

mod api_server;
mod istio;
mod kubeconform;
mod prometheus;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use world::World;

struct Test {
    name: &'static str,
    run: fn(&World) -> anyhow::Result<()>,
    /// The group of kinds that it is about. While no example has any it is ignored, and what it needs isn't built.
    about: Option<&'static str>,
}

const TESTS: &[Test] = &[
    Test {
        name: "every_example_is_accepted",
        run: api_server::every_example_is_accepted,
        about: None,
    },
    Test {
        name: "every_object_of_every_example_is_accepted",
        run: api_server::every_object_of_every_example_is_accepted,
        about: None,
    },
    Test {
        name: "an_object_with_a_misspelt_field_is_refused",
        run: api_server::an_object_with_a_misspelt_field_is_refused,
        about: None,
    },
    Test {
        name: "an_orphan_is_collected",
        run: api_server::an_orphan_is_collected,
        about: None,
    },
    Test {
        name: "every_object_fits_the_schema_of_its_kind",
        run: kubeconform::every_object_fits_the_schema_of_its_kind,
        about: None,
    },
    Test {
        name: "a_misspelt_field_fits_no_schema",
        run: kubeconform::a_misspelt_field_fits_no_schema,
        about: None,
    },
    Test {
        name: "istioctl_finds_nothing_wrong",
        run: istio::istioctl_finds_nothing_wrong,
        about: Some(istio::GROUP),
    },
    Test {
        name: "istioctl_finds_a_route_that_leads_nowhere",
        run: istio::istioctl_finds_a_route_that_leads_nowhere,
        about: Some(istio::GROUP),
    },
    Test {
        name: "promtool_finds_nothing_wrong",
        run: prometheus::promtool_finds_nothing_wrong,
        about: Some(prometheus::GROUP),
    },
    Test {
        name: "promtool_finds_a_misspelt_expression",
        run: prometheus::promtool_finds_a_misspelt_expression,
        about: Some(prometheus::GROUP),
    },
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    if arguments.list {
        let none = TESTS
            .iter()
            .map(|test| Trial::test(test.name, || Ok(())))
            .collect();
        return libtest_mimic::run(&arguments, none).exit_code();
    }
    let world = match World::start() {
        Ok(world) => Arc::new(world),
        Err(error) => {
            eprintln!("\n{error:#}");
            return ExitCode::FAILURE;
        }
    };
    for example in &world.examples {
        for object in &example.unjudged {
            println!(
                "not judged, for want of a definition: {}: {}",
                example.name,
                world::label(object)
            );
        }
    }
    let trials = TESTS
        .iter()
        .map(|test| {
            let ignored = test.about.is_some_and(|group| !world.has_any_of(group));
            let world = Arc::clone(&world);
            Trial::test(test.name, move || {
                (test.run)(&world).map_err(|error| Failed::from(format!("{error:#}")))
            })
            .with_ignored_flag(ignored)
        })
        .collect();
    // Not `exit`: the control plane has to be dropped.
    libtest_mimic::run(&arguments, trials).exit_code()
}
