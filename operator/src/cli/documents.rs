//! The resources of one kind in a file of YAML documents; other kinds are skipped.

use kube::Resource;
use serde_json::Value;

/// The resources of that kind, the items of lists included.
///
/// # Errors
/// When the text is no YAML.
pub(super) fn of_kind<K: Resource<DynamicType = ()>>(text: &str) -> Result<Vec<Value>, serde_saphyr::Error> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text)?;
    let mut found = documents.iter().flat_map(items::<K>).collect::<Vec<_>>();
    found.retain(|document| {
        document["kind"] == *K::kind(&()) && document["apiVersion"] == *K::api_version(&())
    });
    Ok(found.into_iter().cloned().collect())
}

/// The items of a `List`, or of the kind's own, as kubectl reads and writes them, or the document itself.
fn items<K: Resource<DynamicType = ()>>(document: &Value) -> Vec<&Value> {
    let is_list = document["kind"] == "List" || document["kind"] == format!("{}List", K::kind(&()));
    match document["items"].as_array() {
        Some(items) if is_list => items.iter().flat_map(self::items::<K>).collect(),
        _ => vec![document],
    }
}

/// The name with its namespace, if it has them.
pub(super) fn name_of(document: &Value) -> String {
    let metadata = &document["metadata"];
    let name = metadata["name"].as_str().unwrap_or("without a name");
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}
