//! Tests that `docs/api.md` matches the schema; `UPDATE_DOCS=1 cargo test -p fdp-crds --test api_document`
//! regenerates it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::fmt::Write as _;

use fdp_crds::definitions;
use serde_json::Value;

const HEAD: &str = "\
# FoodDeliveryPlatform, `fooddelivery.dev/v1alpha1`

Every field has a default: `spec: {}` is a working platform. Unknown and misspelt fields are refused. What is refused
beyond types and ranges stands [at the end](#what-is-refused). `kubectl explain fdp.spec` tells the same.
";

const SERVICES: &str = "\
`<service>` is one of gateway, order, pay, store, delivery, inventory, customer, marketing and frontend. Order scales from
1 to 10 replicas at 15 % CPU unless told otherwise and sets aside 200m CPU of at most 500m. All others run once;
gateway and pay set aside 100m, the rest 20m. Each sets aside 24Mi memory of at most 128Mi.
";

/// A row of a table.
struct Field {
    path: String,
    kind: String,
    default: String,
    meaning: String,
}

fn document() -> String {
    let definition = serde_json::to_value(&definitions()[0]).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut text = HEAD.to_owned();
    for (name, property) in properties(&schema["properties"]["spec"]) {
        let _ = write!(text, "\n## spec.{name}\n\n");
        for part in [property, &property["items"]] {
            let told = description(part);
            if nested(property).is_some() && !told.is_empty() {
                let _ = write!(text, "{told}\n\n");
            }
        }
        let fields = if name == "services" {
            text.push_str(SERVICES);
            text.push('\n');
            fields("services.<service>", &property["properties"]["order"])
        } else if nested(property).is_none() {
            vec![field(name, property, false)]
        } else {
            fields(name, property)
        };
        table(&mut text, &fields);
    }
    text.push_str("\n## status\n\nWhat the operator reports; nobody else writes it.\n\n");
    table(&mut text, &fields("status", &schema["properties"]["status"]));
    text.push_str("\n## What is refused\n\n");
    let mut messages = Vec::new();
    rules(schema, &mut messages);
    for message in messages {
        let _ = writeln!(text, "- {message}");
    }
    text
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// The fields of an object, or of the items of a list, each followed by the fields below it.
fn fields(path: &str, schema: &Value) -> Vec<Field> {
    let Some((schema, suffix)) = nested(schema) else {
        return Vec::new();
    };
    let path = format!("{path}{suffix}");
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    properties(schema)
        .flat_map(|(name, property)| {
            let path = format!("{path}.{name}");
            let mut found = vec![field(&path, property, required.contains(&name.as_str()))];
            found.extend(fields(&path, property));
            found
        })
        .collect()
}

/// The schema with the fields, and the suffix of the path to them.
fn nested(schema: &Value) -> Option<(&Value, &'static str)> {
    let has_fields = |schema: &Value| schema["properties"].is_object();
    if has_fields(schema) {
        Some((schema, ""))
    } else if has_fields(&schema["items"]) {
        Some((&schema["items"], "[]"))
    } else {
        None
    }
}

fn field(path: &str, schema: &Value, required: bool) -> Field {
    let (default, meaning) = split_default(&description(schema));
    Field {
        path: path.to_owned(),
        kind: kind(schema),
        default: if required { "required".to_owned() } else { default },
        meaning,
    }
}

fn kind(schema: &Value) -> String {
    let bounds = |least: &str, most: &str| match (schema[least].as_f64(), schema[most].as_f64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        _ => String::new(),
    };
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .filter_map(|word| Some(format!("`{}`", word.as_str()?)))
            .collect();
        return words.join(", ");
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return "quantity".to_owned();
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}s", kind(&schema["items"])),
        Some("object") if schema["additionalProperties"].is_object() => "map of strings".to_owned(),
        Some("integer") => format!("integer{}", bounds("minimum", "maximum")),
        Some("string") if schema["format"] == "date-time" => "time".to_owned(),
        Some(other) => other.to_owned(),
        None => String::new(),
    }
}

/// The default of a field, and the rest of its description.
fn split_default(description: &str) -> (String, String) {
    if let Some(start) = description.find(" (default: ") {
        let rest = &description[start + " (default: ".len()..];
        if let Some(end) = rest.find(')') {
            let meaning = format!("{}{}", &description[..start], &rest[end + 1..]);
            return (rest[..end].to_owned(), meaning);
        }
    }
    let word = description.find(" (default)").map(|end| {
        description[..end]
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    (word.unwrap_or_default(), description.to_owned())
}

fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table(text: &mut String, fields: &[Field]) {
    text.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
    for Field {
        path,
        kind,
        default,
        meaning,
    } in fields
    {
        let meaning = meaning.replace('|', "\\|");
        let _ = writeln!(text, "| `{path}` | {kind} | {default} | {meaning} |");
    }
}

/// The messages of all rules, each once.
fn rules(schema: &Value, messages: &mut Vec<String>) {
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let message = rule["message"].as_str().unwrap_or_default().to_owned();
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    for (_, property) in properties(schema) {
        rules(property, messages);
    }
    if schema["items"].is_object() {
        rules(&schema["items"], messages);
    }
}

#[test]
fn the_manual_of_the_api_is_what_the_schema_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let document = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/api.md is stale: run `UPDATE_DOCS=1 cargo test -p fdp-crds --test api_document`"
    );
}

#[test]
fn a_default_is_taken_out_of_its_sentence() {
    let split = |text: &str| {
        let (default, meaning) = split_default(text);
        format!("{default} / {meaning}")
    };
    assert_eq!(split("Fewest replicas (default: 1)."), "1 / Fewest replicas.");
    assert_eq!(
        split("Who runs it. None (default): nobody."),
        "None / Who runs it. None (default): nobody."
    );
    assert_eq!(split("Its name."), " / Its name.");
}
