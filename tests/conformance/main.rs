//! Tests the objects of every example, and the operator's installation by Helm and others, with an API server that
//! has all kinds and with the tools of Istio, Prometheus and others.
//!
//! One control plane serves all tests; it is stopped after the last one.

mod api_server;
mod argocd;
mod argocd_health;
mod helm;
mod helm_release;
mod istio;
mod kubeconform;
mod kustomize;
mod packaging;
mod prometheus;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use world::World;

struct Test {
    name: &'static str,
    run: fn(&World) -> anyhow::Result<()>,
    /// The API group that a test is about. If no example has objects of it, the test is ignored and its tools are not
    /// built.
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
    Test {
        name: "promtool_sees_alerts_raised_when_they_should_be",
        run: prometheus::promtool_sees_alerts_raised_when_they_should_be,
        about: Some(prometheus::GROUP),
    },
    Test {
        name: "promtool_misses_an_alert_that_is_not_raised",
        run: prometheus::promtool_misses_an_alert_that_is_not_raised,
        about: Some(prometheus::GROUP),
    },
    Test {
        name: "promtool_reads_the_files_of_the_managed_prometheus",
        run: prometheus::promtool_reads_the_files_of_the_managed_prometheus,
        about: None,
    },
    Test {
        name: "kustomize_makes_what_the_chart_makes",
        run: kustomize::kustomize_makes_what_the_chart_makes,
        about: None,
    },
    Test {
        name: "a_difference_between_kustomize_and_the_chart_is_found",
        run: kustomize::a_difference_between_kustomize_and_the_chart_is_found,
        about: None,
    },
    Test {
        name: "every_overlay_fits_the_schema_of_its_kinds",
        run: kustomize::every_overlay_fits_the_schema_of_its_kinds,
        about: None,
    },
    Test {
        name: "helm_finds_nothing_wrong_with_the_charts",
        run: helm::helm_finds_nothing_wrong_with_the_charts,
        about: None,
    },
    Test {
        name: "every_value_makes_valid_objects_and_is_seen_in_them",
        run: helm::every_value_makes_valid_objects_and_is_seen_in_them,
        about: None,
    },
    Test {
        name: "a_value_that_makes_no_sense_is_refused_with_its_name",
        run: helm::a_value_that_makes_no_sense_is_refused_with_its_name,
        about: None,
    },
    Test {
        name: "every_value_is_in_the_schema_and_every_word_of_the_schema_has_a_value",
        run: helm::every_value_is_in_the_schema_and_every_word_of_the_schema_has_a_value,
        about: None,
    },
    Test {
        name: "the_chart_of_the_definition_holds_the_generated_one",
        run: helm::the_chart_of_the_definition_holds_the_generated_one,
        about: None,
    },
    Test {
        name: "platforms_outlive_the_charts_through_install_upgrade_rollback_and_uninstall",
        run: helm_release::platforms_outlive_the_charts_through_install_upgrade_rollback_and_uninstall,
        about: None,
    },
    Test {
        name: "the_patch_of_argo_cd_holds_the_health_check",
        run: argocd::the_patch_of_argo_cd_holds_the_health_check,
        about: None,
    },
    Test {
        name: "applications_lead_to_what_is_in_the_repositories",
        run: argocd::applications_lead_to_what_is_in_the_repositories,
        about: None,
    },
    Test {
        name: "every_environment_is_a_platform_that_the_api_server_accepts",
        run: argocd::every_environment_is_a_platform_that_the_api_server_accepts,
        about: None,
    },
    Test {
        name: "an_update_is_one_line_of_one_file",
        run: argocd::an_update_is_one_line_of_one_file,
        about: None,
    },
    Test {
        name: "argo_cd_tells_the_state_of_a_platform",
        run: argocd_health::argo_cd_tells_the_state_of_a_platform,
        about: None,
    },
    Test {
        name: "the_health_check_reads_no_older_generation",
        run: argocd_health::the_health_check_reads_no_older_generation,
        about: None,
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
                "not checked, because the definition is missing: {}: {}",
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
    // Not `exit`, because the control plane has to be dropped.
    libtest_mimic::run(&arguments, trials).exit_code()
}
