//! The table of how each command that people are told to copy was tried, and by which test.

use crate::table::{Test, Trial, Tried, test};

const COPIED: Test = test(
    "tests/operator/kubernetes/advice/mod.rs",
    "every_command_that_people_are_told_to_copy_is_understood",
);

pub(crate) const TOLD: &[Trial] = &[
    Trial {
        part: "conditions",
        items: &[
            "kubectl annotate",
            "kubectl annotate configmap",
            "kubectl annotate fdp",
            "kubectl label secret",
            "kubectl patch fdp",
        ],
        tried: Tried::Real,
        by: "kubectl and kube-apiserver of Kubernetes 1.34, as a dry run",
        tests: &[COPIED],
        unseen: "",
    },
    Trial {
        part: "conditions",
        items: &[
            "fdp leave",
            "kubectl auth can-i",
            "kubectl describe",
            "kubectl edit fdp",
            "kubectl get apiservice",
            "kubectl get networkpolicies",
            "kubectl rollout restart statefulset",
            "kubectl rollout restart deployment",
            "kubectl scale deployment",
        ],
        tried: Tried::Real,
        by: "kubectl and kube-apiserver of Kubernetes 1.34",
        tests: &[COPIED],
        unseen: "",
    },
    Trial {
        part: "conditions",
        items: &["kubectl get secret"],
        tried: Tried::Real,
        by: "kubectl and kube-apiserver of Kubernetes 1.34",
        tests: &[COPIED],
        unseen: "",
    },
    Trial {
        part: "conditions",
        items: &["kubectl exec", "mongodump", "mongorestore"],
        tried: Tried::Read,
        by: "the manual of MongoDB's Database Tools 100",
        tests: &[],
        unseen: "a copy between two servers of MongoDB, for which there are no programs here",
    },
    Trial {
        part: "conditions",
        items: &["kubectl exec elasticsearch-reset-password"],
        tried: Tried::Read,
        by: "Elasticsearch 8's reference",
        tests: &[],
        unseen: "Elastic's image, which has the program",
    },
    Trial {
        part: "errors of `fdp`, troubleshooting",
        items: &[
            "fdp crds",
            "fdp status",
            "kubectl apply",
            "kubectl create namespace",
            "kubectl get fdp",
            "kubectl get pods",
            "kubectl uncordon",
        ],
        tried: Tried::Real,
        by: "kubectl and kube-apiserver of Kubernetes 1.34",
        tests: &[COPIED],
        unseen: "",
    },
    Trial {
        part: "conditions",
        items: &["istioctl analyze"],
        tried: Tried::Real,
        by: "istioctl of Istio 1.29, on files",
        tests: &[test("tests/conformance/istio.rs", "findings")],
        unseen: "istioctl asking an API server",
    },
    Trial {
        part: "conditions of drills",
        items: &["fdp drill run"],
        tried: Tried::Real,
        by: "the local Kubernetes",
        tests: &[test(
            "tests/platform/end_to_end/drills.rs",
            "a_drill_outlives_its_operator",
        )],
        unseen: "",
    },
];
