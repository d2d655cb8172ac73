//! Volumes that cannot be had, of which the status of a pod does not tell.

use super::*;

const MISSING: &str =
    "MountVolume.SetUp failed for volume \"databases\" : secret \"shop-databases\" not found";

#[test]
fn the_secret_of_a_volume_that_is_missing_is_told_by_its_event() {
    let pod = waiting("ContainerCreating", "", "order:1");
    let told = Some(vec![event("FailedMount", MISSING, 1, 16, 6)]);
    let observed = observed(std::slice::from_ref(&pod), told.clone(), 20);
    assert_eq!(
        evidence(&observed).worst().unwrap().text,
        format!("pod shop-order-x: FailedMount: {MISSING}")
    );
    // The kubelet tries six times in these seconds.
    assert!(!has_failed(&pod, told.clone(), 25));
    assert!(has_failed(&pod, told, 26));
}

#[test]
fn a_volume_that_another_node_still_has_gets_the_time_that_kubernetes_takes() {
    let pod = waiting("ContainerCreating", "", "order:1");
    let error = "Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached to one node";
    let told = Some(vec![event("FailedAttachVolume", error, 1, 200, 4)]);
    assert!(!has_failed(&pod, told.clone(), 400));
    assert!(has_failed(&pod, told, 421));
}

#[test]
fn a_volume_that_came_after_all_is_forgotten() {
    let pod = waiting("ContainerCreating", "", "order:1");
    let told = vec![
        event("FailedMount", MISSING, 1, 8, 4),
        event("Pulling", "Pulling image \"order:1\"", 17, 17, 1),
    ];
    assert!(!has_failed(&pod, Some(told), 60));
}
