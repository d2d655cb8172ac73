//! Compares the events of the order topic with the orders.

use crate::kafka::Record;
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;

/// Fails unless `records` (of the order topic, in the order of each partition) contain every change of each of the
/// `orders`, given by their ids and last versions, in the right order. A change may be repeated, because a relay may
/// be killed before it has stored what it published; but none may be missing, and none may come before an earlier
/// one.
///
/// # Errors
/// With the first order whose events are wrong.
pub fn is_told_in_order<'a>(
    records: &[Record],
    orders: impl IntoIterator<Item = (&'a str, u64)>,
) -> Result<()> {
    let mut told: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for record in records {
        // What cannot be parsed is an invalid message of another test, and not about an order.
        let Ok(event) = serde_json::from_str::<Value>(&record.payload) else {
            continue;
        };
        if let Some(version) = event["data"]["version"].as_u64() {
            let versions = told.entry(&record.key).or_default();
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
    }
    for (id, last) in orders {
        let expected: Vec<u64> = (1..=last).collect();
        let versions = told.get(id).map_or(&[][..], Vec::as_slice);
        ensure!(
            versions == expected,
            "the topic tells the versions {versions:?} of {id}, not {expected:?}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judge(told: &[u64]) -> Result<()> {
        let records: Vec<Record> = told
            .iter()
            .map(|version| Record {
                key: "ord_1".to_owned(),
                payload: json!({"data": {"version": version}}).to_string(),
                headers: Vec::new(),
            })
            .collect();
        is_told_in_order(&records, [("ord_1", 3)])
    }

    #[test]
    fn a_change_may_be_told_twice() {
        judge(&[1, 2, 3]).unwrap();
        judge(&[1, 2, 1, 2, 3]).unwrap();
    }

    #[test]
    fn a_change_that_is_missing_or_comes_too_early_is_found() {
        for told in [&[1, 2][..], &[1, 3, 2], &[], &[2, 1, 2, 3]] {
            assert!(judge(told).is_err(), "{told:?}");
        }
    }
}
