//! The table of how each part's commands and files are tested, and by which test.

/// How a part was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The real program ran it.
    Real,
    /// A stub that follows the vendor's documentation ran it.
    StandIn,
    /// Nothing ran it: it was compared with the vendor's documentation.
    Read,
}

/// A function in a source file of the checkout that is a test, or that a test calls.
pub(crate) struct Test {
    pub(crate) file: &'static str,
    pub(crate) function: &'static str,
}

/// A test of some of a part's items.
pub(crate) struct Trial {
    /// The part, as in the label `app.kubernetes.io/name` of objects.
    pub(crate) part: &'static str,
    /// The items, with names as in [`crate::emitted::items`].
    pub(crate) items: &'static [&'static str],
    pub(crate) tried: Tried,
    /// The program and its version.
    pub(crate) by: &'static str,
    pub(crate) tests: &'static [Test],
    /// What the test does not cover.
    pub(crate) unseen: &'static str,
}

pub(crate) const fn test(file: &'static str, function: &'static str) -> Test {
    Test { file, function }
}

const RUNS_ORDERS: Test = test(
    "tests/platform/end_to_end/orders.rs",
    "an_order_is_paid_cooked_and_delivered",
);
const SURVIVES: Test = test(
    "tests/platform/end_to_end/self_healing.rs",
    "any_pod_may_die_and_no_order_is_lost",
);
const HANGS: Test = test(
    "tests/platform/end_to_end/hung/mod.rs",
    "whatever_hangs_is_restarted_and_orders_go_on",
);
const PROMTOOL: Test = test(
    "tests/conformance/prometheus.rs",
    "promtool_reads_the_files_of_the_managed_prometheus",
);
const DASHBOARDS: Test = test(
    "operator/tests/plan_monitoring.rs",
    "dashboards_and_alerts_use_only_metrics_that_somebody_tells",
);

pub(crate) const TRIALS: &[Trial] = &[
    Trial {
        part: "elasticsearch",
        items: &["configuration: command"],
        tried: Tried::Real,
        by: "cp of GNU coreutils 9.1, on files like those of Elastic's image",
        tests: &[
            test(
                "tests/commands/elasticsearch.rs",
                "elasticsearch_finds_our_settings_beside_the_files_of_its_image",
            ),
            test(
                "tests/commands/elasticsearch.rs",
                "a_half_done_copy_of_the_configuration_is_finished",
            ),
        ],
        unseen: "Elastic's image itself",
    },
    Trial {
        part: "elasticsearch",
        items: &["file elasticsearch.yml"],
        tried: Tried::Read,
        by: "Elasticsearch 8's reference",
        tests: &[],
        unseen: "a start of Elasticsearch 8 with it",
    },
    Trial {
        part: "elasticsearch",
        items: &["elasticsearch: liveness probe"],
        tried: Tried::StandIn,
        by: "bash 5.2 against a server of ours that refuses everybody, and hangs",
        tests: &[test(
            "tests/commands/refusals.rs",
            "elasticsearch_that_wants_a_password_is_alive",
        )],
        unseen: "Elasticsearch answering it",
    },
    Trial {
        part: "kibana",
        items: &["kibana: liveness probe"],
        tried: Tried::StandIn,
        by: "bash 5.2 against a server of ours that refuses everybody, and hangs",
        tests: &[test(
            "tests/commands/refusals.rs",
            "kibana_without_elasticsearch_is_alive",
        )],
        unseen: "Kibana answering it",
    },
    Trial {
        part: "fluentd",
        items: &["file fluent.conf"],
        tried: Tried::Read,
        by: "the sources of Fluentd 1.18.0 and fluent-plugin-elasticsearch 5.3.0, as in its image; its regular expressions by Perl",
        tests: &[
            test(
                "operator/tests/fluentd_configuration.rs",
                "lines_that_elasticsearch_is_too_busy_for_come_back_past_the_filters",
            ),
            test(
                "operator/src/components/logging/pipeline.rs",
                "a_line_of_a_service_is_told_from_what_the_runtime_wrote_before_it",
            ),
        ],
        unseen: "a start of Fluentd with it",
    },
    Trial {
        part: "grafana",
        items: &["file datasources.yaml", "file providers.yaml"],
        tried: Tried::Read,
        by: "Grafana 12's reference of provisioning",
        tests: &[],
        unseen: "a start of Grafana with them",
    },
    Trial {
        part: "dashboard-services",
        items: &["file services.json"],
        tried: Tried::Read,
        by: "their metrics are those that the programs have",
        tests: &[DASHBOARDS],
        unseen: "Grafana showing it",
    },
    Trial {
        part: "dashboard-orders",
        items: &["file orders.json"],
        tried: Tried::Read,
        by: "their metrics are those that the programs have",
        tests: &[DASHBOARDS],
        unseen: "Grafana showing it",
    },
    Trial {
        part: "dashboard-messaging",
        items: &["file messaging.json"],
        tried: Tried::Read,
        by: "their metrics are those that the programs have",
        tests: &[DASHBOARDS],
        unseen: "Grafana showing it",
    },
    Trial {
        part: "dashboard-cluster",
        items: &["file cluster.json"],
        tried: Tried::Read,
        by: "their metrics are those that the programs have",
        tests: &[DASHBOARDS],
        unseen: "Grafana showing it",
    },
    Trial {
        part: "kafka",
        items: &["format: command", "file server.properties"],
        tried: Tried::Real,
        by: "Apache Kafka 4.3.1, one broker and three",
        tests: &[
            test(
                "tests/commands/kafka.rs",
                "a_brokers_storage_is_formatted_once_and_again_after_an_interruption",
            ),
            test(
                "tests/commands/kafka.rs",
                "each_of_three_brokers_takes_its_number_from_its_environment",
            ),
        ],
        unseen: "",
    },
    Trial {
        part: "kafka",
        items: &["kafka: command", "file log4j2.properties"],
        tried: Tried::Real,
        by: "Apache Kafka 4.3.1, one broker on the local Kubernetes",
        tests: &[RUNS_ORDERS, SURVIVES],
        unseen: "three managed brokers as one cluster",
    },
    Trial {
        part: "kafka",
        items: &["kafka: liveness probe"],
        tried: Tried::Real,
        by: "bash 5.2 against Apache Kafka 4.3.1, also while it hangs, and on the local Kubernetes",
        tests: &[
            test(
                "tests/commands/kafka.rs",
                "a_broker_that_hangs_answers_nobody_until_it_goes_on",
            ),
            HANGS,
        ],
        unseen: "the official image of Kafka",
    },
    Trial {
        part: "kafka",
        items: &["in-sync: command"],
        tried: Tried::Real,
        by: "our own program, on a mock of a cluster; its argument was only read",
        tests: &[test(
            "services/setup/src/in_sync.rs",
            "the_brokers_themselves_are_asked",
        )],
        unseen: "three managed brokers as one cluster",
    },
    Trial {
        part: "logging-setup",
        items: &[
            "logging-setup: command",
            "file setup.sh",
            "file policy.json",
            "file template.json",
            "file role.json",
            "file data-view.json",
        ],
        tried: Tried::StandIn,
        by: "bash 5.2 and curl 7.88 against a server of ours with the paths of Elasticsearch 8 and Kibana 8",
        tests: &[
            test(
                "tests/commands/logging_setup.rs",
                "elasticsearch_gets_template_and_retention_before_fluentd_may_write",
            ),
            test(
                "tests/commands/logging_setup.rs",
                "a_refused_template_ends_the_setup_in_the_servers_words_before_the_user",
            ),
            test(
                "tests/commands/logging_setup.rs",
                "whoever_elasticsearch_refuses_is_named_in_the_last_words",
            ),
        ],
        unseen: "Elasticsearch and Kibana taking them",
    },
    Trial {
        part: "order-reach",
        items: &["reach: command"],
        tried: Tried::Real,
        by: "our own program, on sockets of this machine",
        tests: &[test(
            "services/setup/src/reach.rs",
            "what_is_not_reached_is_written_for_the_operator",
        )],
        unseen: "",
    },
    Trial {
        part: "mongodb",
        items: &["mongodb: command", "file start.sh", "file administrator.js"],
        tried: Tried::StandIn,
        by: "bash 5.2 and Node.js, with programs of ours for mongod and mongosh, killed at each step; mongosh 2.12 by hand",
        tests: &[
            test(
                "tests/commands/mongodb.rs",
                "mongodb_interrupted_at_any_first_step_has_its_user_after_the_next_start",
            ),
            test(
                "tests/commands/mongodb.rs",
                "mongodb_interrupted_later_keeps_its_data_and_follows_the_secret",
            ),
            test(
                "tests/commands/mongodb.rs",
                "a_volume_of_the_images_entry_point_serves_on_even_without_a_user",
            ),
        ],
        unseen: "mongod itself",
    },
    Trial {
        part: "mongodb",
        items: &["mongodb: liveness probe"],
        tried: Tried::StandIn,
        by: "bash 5.2 against mongo-java-server 1.47 and FerretDB 1.24, also while they hang",
        tests: &[test(
            "tests/commands/mongodb.rs",
            "servers_of_its_protocol_answer_what_mongodb_is_asked_until_they_hang",
        )],
        unseen: "mongod itself",
    },
    Trial {
        part: "postgres",
        items: &[
            "postgres: command",
            "postgres: startup probe",
            "postgres: liveness probe",
            "postgres: preStop",
            "file start.sh",
            "file postgresql.conf",
            "file pg_hba.conf",
        ],
        tried: Tried::Real,
        by: "PostgreSQL 15 of Debian, also on the local Kubernetes",
        tests: &[
            test(
                "tests/commands/postgres.rs",
                "postgresql_starts_after_an_initialisation_that_was_interrupted",
            ),
            test(
                "tests/commands/postgres.rs",
                "the_hook_of_postgresql_stops_it_and_loses_nothing",
            ),
            test(
                "tests/commands/postgres.rs",
                "postgresql_that_hangs_answers_nobody_until_it_goes_on",
            ),
            RUNS_ORDERS,
            SURVIVES,
            HANGS,
        ],
        unseen: "the official image of PostgreSQL",
    },
    Trial {
        part: "store-copy",
        items: &["store-copy: command"],
        tried: Tried::Real,
        by: "PostgreSQL 15 of Debian, two servers, killed in the middle",
        tests: &[
            test(
                "tests/commands/store_copy.rs",
                "databases_are_copied_whole_also_after_an_interruption",
            ),
            test(
                "tests/commands/store_copy.rs",
                "a_copy_that_is_not_whole_fails_in_words",
            ),
            test(
                "tests/commands/store_copy.rs",
                "two_addresses_of_one_database_are_told_apart_from_two_databases",
            ),
        ],
        unseen: "the official image of PostgreSQL, and that of CloudNativePG",
    },
    Trial {
        part: "setup",
        items: &["drain: command"],
        tried: Tried::Real,
        by: "our own program, with PostgreSQL 15 of Debian and a mock of a Kafka; its argument was only read",
        tests: &[test(
            "services/setup/tests/drain.rs",
            "nothing_is_left_when_outboxes_are_empty_and_groups_at_the_end",
        )],
        unseen: "the Job on a cluster",
    },
    Trial {
        part: "store-copy",
        items: &["mirror: command"],
        tried: Tried::Real,
        by: "our own program, between two brokers of Apache Kafka 4.3.1; its argument was only read",
        tests: &[
            test(
                "services/setup/tests/mirror.rs",
                "between_real_brokers_everything_comes_over",
            ),
            test(
                "services/setup/tests/mirror.rs",
                "two_addresses_of_one_kafka_are_refused",
            ),
        ],
        unseen: "brokers that want credentials",
    },
    Trial {
        part: "prometheus",
        items: &["file prometheus.yml", "file rules.yml"],
        tried: Tried::Real,
        by: "promtool of Prometheus 3",
        tests: &[PROMTOOL],
        unseen: "Prometheus finding the pods",
    },
    Trial {
        part: "prometheus",
        items: &["prometheus: command"],
        tried: Tried::Read,
        by: "Prometheus 3's reference of flags",
        tests: &[],
        unseen: "a start of Prometheus with them",
    },
];
