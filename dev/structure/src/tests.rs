//! Runs complete checks on small workspaces.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{
    arrows::{self, Arrows},
    circles, layers, module_tree, report,
    scopes::Source,
    workspace,
};

struct Checked {
    source: Source,
    arrows: Arrows,
    _directory: TempDir,
}

/// Checks a workspace with one crate, `shop`, with these files in `src`.
fn shop(files: &[(&str, &str)]) -> Checked {
    let files: Vec<(String, &str)> = files
        .iter()
        .map(|(path, text)| (format!("shop/src/{path}"), *text))
        .collect();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    all.push((
        "shop/Cargo.toml",
        "[package]\nname = \"shop\"\n[dependencies]\naxum = \"1\"\n",
    ));
    checked("shop", &all)
}

fn checked(members: &str, files: &[(&str, &str)]) -> Checked {
    let directory = tempfile::tempdir().unwrap();
    let members: Vec<String> = members.split(' ').map(|member| format!("\"{member}\"")).collect();
    write(
        directory.path(),
        "Cargo.toml",
        &format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
            members.join(", ")
        ),
    );
    for (path, text) in files {
        write(directory.path(), path, text);
    }
    let source = module_tree::read(&workspace::read(directory.path()).unwrap()).unwrap();
    let arrows = arrows::find(&source);
    Checked {
        source,
        arrows,
        _directory: directory,
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Checked {
    /// `from -> to: name, name`, without the leading `shop/src/`.
    fn arrows(&self) -> Vec<String> {
        self.lines(&self.arrows.between)
    }

    fn lines(&self, arrows: &std::collections::BTreeMap<(usize, usize), arrows::Names>) -> Vec<String> {
        let short = |file: usize| self.source.files[file].trim_start_matches("shop/src/").to_owned();
        let mut lines: Vec<String> = arrows
            .iter()
            .map(|(&(from, to), names)| {
                let names: Vec<&str> = names.keys().map(String::as_str).collect();
                format!("{} -> {}: {}", short(from), short(to), names.join(", "))
            })
            .collect();
        lines.sort();
        lines
    }

    fn report(&self, rules: &str) -> String {
        let circles = circles::find(&self.arrows.graph(self.source.files.len()));
        let violations = layers::check(&layers::read(rules).unwrap(), &self.source, &self.arrows);
        report::check(&self.source, &self.arrows, &circles, &violations).unwrap()
    }
}

const NO_RULES: &str = "rules: []";

#[test]
fn imports_in_groups_and_with_other_names_are_arrows() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use crate::{b::{One, Two as Other}, c::{self, Three}}; fn f() -> c::Four { c::four() }",
        ),
        ("b.rs", "pub struct One; pub struct Two;"),
        (
            "c.rs",
            "pub struct Three; pub struct Four; pub fn four() -> Four { Four }",
        ),
    ]);
    assert_eq!(
        shop.arrows(),
        ["a.rs -> b.rs: One, Two", "a.rs -> c.rs: Four, Three, four"]
    );
}

#[test]
fn paths_in_expressions_types_and_patterns_are_arrows() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "fn f(x: &super::b::Typed) { match x { crate::b::Kind::Some(_) => crate::b::call(), _ => {} } \
             let _ = super::b::Built { x: 1 }; <u8 as crate::b::Trait>::go(); }",
        ),
        (
            "b.rs",
            "pub struct Typed; pub enum Kind { Some(u8) } pub fn call() {} pub struct Built { pub x: u8 } pub trait Trait {}",
        ),
    ]);
    assert_eq!(shop.arrows(), ["a.rs -> b.rs: Built, Kind, Trait, Typed, call"]);
}

#[test]
fn paths_in_macros_and_attributes_are_arrows() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use super::b::*; use crate::c as names;
             #[derive(serde::Serialize)] struct S { #[serde(with = \"crate::c::time\")] x: u8 }
             fn f(x: u8) { let _ = vec![names::X]; format!(\"{}\", names::f(x.other())); assert_eq!(LIMIT, g(x)); }",
        ),
        ("b.rs", "pub const LIMIT: u8 = 1; pub fn g(x: u8) -> u8 { x } pub fn x() {} pub fn other() {}"),
        ("c.rs", "pub const X: u8 = 1; pub fn f(x: u8) -> u8 { x } pub mod time {}"),
    ]);
    assert_eq!(shop.arrows(), ["a.rs -> b.rs: LIMIT, g", "a.rs -> c.rs: X, f"]);
}

#[test]
fn a_reexport_leads_to_the_file_that_defines_the_item() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod plan; pub use plan::*;"),
        ("a.rs", "use crate::plan::Plan; fn f(_: crate::Step, _: Plan) {}"),
        (
            "plan/mod.rs",
            "mod types; mod step; pub use types::Plan; pub use self::step::*;",
        ),
        ("plan/types.rs", "pub struct Plan;"),
        ("plan/step.rs", "pub struct Step;"),
    ]);
    assert_eq!(
        shop.arrows(),
        ["a.rs -> plan/step.rs: Step", "a.rs -> plan/types.rs: Plan"]
    );
}

#[test]
fn a_star_brings_in_only_names_that_are_used_and_not_variables() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use super::b::*; use crate::c::Kind::*; fn f(lower: u8) -> u8 { match One { One => upper(lower) } }",
        ),
        ("b.rs", "pub fn lower() {} pub fn upper(x: u8) -> u8 { x }"),
        ("c.rs", "pub enum Kind { One }"),
    ]);
    assert_eq!(shop.arrows(), ["a.rs -> b.rs: upper", "a.rs -> c.rs: Kind"]);
}

#[test]
fn an_imported_module_counts_if_nothing_of_it_is_named() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use super::b; use super::b::Trait as _;"),
        ("b.rs", "pub trait Trait {}"),
    ]);
    assert_eq!(shop.arrows(), ["a.rs -> b.rs: Trait, b"]);
}

#[test]
fn a_function_of_a_type_leads_also_to_the_file_with_its_impl() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "fn f() { crate::b::Thing::made(); }"),
        ("b.rs", "pub struct Thing;"),
        (
            "c.rs",
            "use crate::b::Thing; impl Thing { pub fn made() { Self::other() } fn other() {} }",
        ),
    ]);
    assert_eq!(
        shop.arrows(),
        [
            "a.rs -> b.rs: Thing",
            "a.rs -> c.rs: Thing::made",
            "c.rs -> b.rs: Thing"
        ]
    );
}

#[test]
fn what_a_macro_makes_belongs_to_the_file_that_calls_it() {
    let shop = shop(&[
        (
            "lib.rs",
            "mod a; mod ids; mod spec; pub use spec::*; pub use ids::*;",
        ),
        ("a.rs", "use crate::{OrderId, Platform}; use crate::ids::made_up;"),
        (
            "ids.rs",
            "macro_rules! id { ($n:ident) => { pub struct $n; } } id!(OrderId);",
        ),
        (
            "spec.rs",
            "#[kube(group = \"x\", kind = \"Platform\", printcolumn(a = 1))] pub struct PlatformSpec {}",
        ),
    ]);
    assert_eq!(
        shop.arrows(),
        ["a.rs -> ids.rs: OrderId, made_up", "a.rs -> spec.rs: Platform"]
    );
}

#[test]
fn a_module_in_a_file_of_another_name_or_inside_another_is_found() {
    let shop = shop(&[
        (
            "lib.rs",
            "#[path = \"other/file.rs\"] mod a; mod outer { mod inner; } mod b;",
        ),
        ("other/file.rs", "mod child; fn f() { crate::b::f(); }"),
        ("other/child.rs", "fn f() { crate::b::f(); }"),
        ("outer/inner.rs", "fn f() { use super::super::b; b::f(); }"),
        ("b/mod.rs", "pub fn f() {}"),
    ]);
    assert_eq!(
        shop.arrows(),
        [
            "other/child.rs -> b/mod.rs: f",
            "other/file.rs -> b/mod.rs: f",
            "outer/inner.rs -> b/mod.rs: f"
        ]
    );
}

#[test]
fn another_crate_of_the_workspace_is_followed_by_its_name_in_rust() {
    let checked = checked(
        "my-kit shop",
        &[
            ("my-kit/Cargo.toml", "[package]\nname = \"my-kit\"\n"),
            ("my-kit/src/lib.rs", "mod log; pub use log::Log;"),
            ("my-kit/src/log.rs", "pub struct Log;"),
            (
                "shop/Cargo.toml",
                "[package]\nname = \"shop\"\n[dependencies]\nmy-kit = { path = \"../my-kit\" }\n",
            ),
            ("shop/src/lib.rs", "pub fn f(_: my_kit::Log) {}"),
            ("shop/src/main.rs", "fn main() { shop::f(); }"),
            (
                "shop/tests/shop.rs",
                "use my_kit::Log; #[test] fn t() { shop::f(Log) }",
            ),
        ],
    );
    assert_eq!(
        checked.arrows(),
        [
            "lib.rs -> my-kit/src/log.rs: Log",
            "main.rs -> lib.rs: f",
            "shop/tests/shop.rs -> lib.rs: f",
            "shop/tests/shop.rs -> my-kit/src/log.rs: Log"
        ]
    );
}

#[test]
fn a_module_is_not_taken_for_a_crate_of_its_name() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod axum;"),
        ("a.rs", "use crate::axum; fn f() { axum::f(); }"),
        ("axum.rs", "pub fn f() { ::axum::serve(); }"),
    ]);
    assert_eq!(shop.arrows(), ["a.rs -> axum.rs: f"]);
    assert_eq!(shop.arrows.external.len(), 1);
}

#[test]
fn a_child_may_use_the_modules_that_it_lies_in() {
    let shop = shop(&[
        ("lib.rs", "mod a; pub struct Root;"),
        (
            "a/mod.rs",
            "mod child; pub use child::Offered; struct Shared; fn f() { child::f(); }",
        ),
        (
            "a/child.rs",
            "use super::Shared; use crate::Root; pub struct Offered; pub fn f() {}",
        ),
    ]);
    assert_eq!(shop.arrows(), ["a/mod.rs -> a/child.rs: f"]);
    assert_eq!(
        shop.lines(&shop.arrows.to_ancestors),
        ["a/child.rs -> a/mod.rs: Shared", "a/child.rs -> lib.rs: Root"]
    );
    assert!(shop.report(NO_RULES).starts_with("no circles"));
    let strict = Checked {
        arrows: shop.arrows.with_ancestors(),
        ..shop
    };
    assert!(strict.report(NO_RULES).contains("circle 1 of 1: 2 files"));
}

#[test]
fn a_circle_is_named_with_a_short_way_round() {
    let shop = shop(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; use crate::c::C;\npub struct A;"),
        ("b.rs", "\npub struct B(crate::a::A);"),
        ("c.rs", "pub struct C(crate::b::B);"),
    ]);
    assert_eq!(
        shop.report(NO_RULES),
        "circle 1 of 1: 3 files
  short way round:
    shop/src/a.rs -> shop/src/b.rs: B (1)
    shop/src/b.rs -> shop/src/a.rs: A (2)
  files:
    shop/src/a.rs
    shop/src/b.rs
    shop/src/c.rs
  arrows:
    shop/src/a.rs -> shop/src/b.rs: B (1)
    shop/src/a.rs -> shop/src/c.rs: C (1)
    shop/src/b.rs -> shop/src/a.rs: A (2)
    shop/src/c.rs -> shop/src/b.rs: B (1)
1 circles with 3 files, 0 uses against the layers
"
    );
}

const RULES: &str = "
rules:
- root: shop/src
  order: [low, parts, high, one | other, main + run]
  siblings_apart: [parts]
  without_crates: {low: [axum]}
";

#[test]
fn a_use_against_the_order_of_layers_is_named() {
    let shop = shop(&[
        (
            "lib.rs",
            "pub mod low; pub mod high; pub mod one; pub mod other; mod run; mod free;",
        ),
        ("low/mod.rs", "mod inner; pub struct Low;"),
        (
            "low/inner.rs",
            "use crate::high::High; use axum::Router; use crate::free::f;",
        ),
        ("high.rs", "pub struct High; use crate::one::One;"),
        ("one.rs", "pub struct One; use crate::other::Other;"),
        ("other.rs", "pub struct Other; use crate::low::Low;"),
        ("run.rs", "use crate::one::One;"),
        ("free.rs", "pub fn f() { crate::one::One; }"),
    ]);
    assert_eq!(
        shop.report(RULES),
        "layers: shop/src/high.rs -> shop/src/one.rs: One (1): high is below one
layers: shop/src/one.rs -> shop/src/other.rs: Other (1): one and other are on one level
layers: shop/src/low/inner.rs -> shop/src/high.rs: High (1): low is below high
layers: shop/src/low/inner.rs -> axum: axum (1): low does without the crate axum
0 circles with 0 files, 4 uses against the layers
"
    );
}

#[test]
fn parts_that_are_kept_apart_do_not_use_each_other() {
    let shop = shop(&[
        ("lib.rs", "mod parts;"),
        (
            "parts/mod.rs",
            "mod kafka; mod mongodb; pub struct Part; fn f() { mongodb::f(); }",
        ),
        ("parts/kafka/mod.rs", "mod topics; fn f() { topics::f(); }"),
        (
            "parts/kafka/topics.rs",
            "use crate::parts::mongodb; pub fn f(_: crate::parts::Part) { mongodb::f(); }",
        ),
        ("parts/mongodb.rs", "pub fn f() {}"),
    ]);
    assert_eq!(
        shop.report(RULES),
        "layers: shop/src/parts/kafka/topics.rs -> shop/src/parts/mongodb.rs: f (1): the parts of parts don't use each other
0 circles with 0 files, 1 uses against the layers
"
    );
}

#[test]
fn a_rule_with_a_star_is_about_each_folder_by_itself() {
    let shop = shop(&[
        ("lib.rs", "mod domain; mod adapters;"),
        ("domain/mod.rs", "use crate::adapters::web::Page;"),
        ("adapters/mod.rs", "pub mod web;"),
        ("adapters/web.rs", "pub struct Page;"),
    ]);
    let report = shop.report("rules: [{root: '*/src', order: [domain, application, adapters]}]");
    assert!(
        report.contains(
            "shop/src/domain/mod.rs -> shop/src/adapters/web.rs: Page (1): domain is below adapters"
        )
    );
    assert!(
        shop.report("rules: [{root: '*/other', order: [domain, adapters]}]")
            .starts_with("no circles")
    );
}

#[test]
fn the_rules_of_this_workspace_can_be_read() {
    layers::read(include_str!("../layers.yaml")).unwrap();
}
