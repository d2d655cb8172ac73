//! Draws platforms and their parts as trees of text.

mod drills;

use std::fmt::Write as _;

use fdp_crds::{
    ServiceStatus,
    condition::{READY, SERVICES_READY, STALLED},
};

use crate::{
    cli::{
        paint::{Colour, Paint},
        status::shown::Shown,
    },
    connect::program,
    view::{
        Problem,
        condition::{ConditionView, is_about_a_part, part},
        cure::Cure,
        outage::OutageView,
        service::ServiceView,
        state::{State, Tone},
    },
};

/// The platforms as trees, one below the other; their columns are aligned with each other.
pub fn tree(platforms: &[Shown], paint: Paint) -> String {
    let width = |column: fn(&Shown) -> &str| {
        let widths = platforms.iter().map(|shown| column(shown).chars().count());
        widths.max().unwrap_or_default()
    };
    let (names, namespaces) = (
        width(|shown| &shown.view.name),
        width(|shown| &shown.view.namespace),
    );
    let states = width(label);
    let trees: Vec<String> = platforms
        .iter()
        .map(|shown| {
            let view = &shown.view;
            let mut head = format!(
                "{}  {}  {}",
                padded(&view.name, names),
                padded(&view.namespace, namespaces),
                coloured(paint, view.state.tone(), label(shown), states),
            );
            if let Some(version) = &view.version {
                let _ = write!(head, "  version {version}");
            }
            if let Some(address) = &view.address {
                let _ = write!(head, "  {}", address.text);
            }
            let mut tree = head.trim_end().to_owned();
            tree.push('\n');
            write_branches(&mut tree, shown, paint);
            tree
        })
        .collect();
    trees.join("\n")
}

fn label(shown: &Shown) -> &str {
    if shown.unreadable.is_some() {
        "Unreadable"
    } else {
        shown.view.state.label()
    }
}

/// One part of a platform.
struct Branch {
    name: String,
    tone: Tone,
    state: String,
    /// Why it has that state.
    message: Option<String>,
    /// What to do about it.
    cure: Option<Cure>,
    leaves: Vec<Leaf>,
}

/// One service, or one drill with its phase or verdict, and its figures.
struct Leaf {
    name: String,
    tone: Tone,
    replicas: String,
    image: String,
    remark: String,
}

fn write_branches(tree: &mut String, shown: &Shown, paint: Paint) {
    let branches = branches(shown);
    let stem = if branches.is_empty() { "   " } else { "│  " };
    for note in notes(shown) {
        let _ = writeln!(tree, "{stem}{note}");
    }
    let names = widest(branches.iter().map(|branch| branch.name.as_str()));
    for (at, branch) in branches.iter().enumerate() {
        let is_last = at + 1 == branches.len();
        let _ = write!(
            tree,
            "{}{}  {}",
            if is_last { "└─ " } else { "├─ " },
            padded(&branch.name, names),
            coloured(paint, branch.tone, &branch.state, 0),
        );
        if let Some(message) = &branch.message {
            let _ = write!(tree, ": {}", in_one_line(message));
        }
        tree.push('\n');
        let stem = if is_last { "   " } else { "│  " };
        for line in branch.cure.iter().flat_map(lines) {
            let _ = writeln!(tree, "{stem}{line}");
        }
        write_leaves(tree, stem, &branch.leaves, paint);
    }
}

fn write_leaves(tree: &mut String, stem: &str, leaves: &[Leaf], paint: Paint) {
    let names = widest(leaves.iter().map(|leaf| leaf.name.as_str()));
    let replicas = widest(leaves.iter().map(|leaf| leaf.replicas.as_str()));
    let images = widest(leaves.iter().map(|leaf| leaf.image.as_str()));
    for (at, leaf) in leaves.iter().enumerate() {
        let twig = if at + 1 == leaves.len() {
            "└─ "
        } else {
            "├─ "
        };
        let line = format!(
            "{stem}{twig}{}  {}  {}  {}",
            padded(&leaf.name, names),
            coloured(paint, leaf.tone, &leaf.replicas, replicas),
            padded(&leaf.image, images),
            leaf.remark,
        );
        let _ = writeln!(tree, "{}", line.trim_end());
    }
}

/// The notes about the platform that belong to no part.
fn notes(shown: &Shown) -> Vec<String> {
    let view = &shown.view;
    let mut notes = Vec::new();
    if let Some(problem) = &shown.unreadable {
        notes.push(format!(
            "its status cannot be read, perhaps because its operator is of another version than this {}: {problem}",
            program()
        ));
        return notes;
    }
    match view.state {
        State::Outdated => {
            let number =
                |generation: Option<i64>| generation.map_or("?".to_owned(), |number| number.to_string());
            notes.push(format!(
                "the operator has not seen the last change yet: this is about generation {}, the resource is at {}",
                number(view.observed_generation),
                number(view.generation),
            ));
        }
        State::Unreported => notes.push(
            "the operator has not reported on it yet; is it running? \
             kubectl get pods -A -l app.kubernetes.io/name=fdp-operator"
                .to_owned(),
        ),
        State::Deleting => notes.push("it is being deleted".to_owned()),
        State::Suspended => notes.push("the operator changes nothing until spec.suspend is false".to_owned()),
        State::Ready | State::Reconciling | State::NotReady | State::Stalled => {}
    }
    let of_the_whole = view.problems.iter().filter(|problem| problem.part == "Platform");
    notes.extend(of_the_whole.map(|problem| in_one_line(&problem.message)));
    // The cure of a part that has failed stands below it; that of a rollout that has stopped belongs to none.
    let told =
        |row: &&ConditionView| (row.type_ == STALLED && row.reason != "PartFailed") || row.type_ == READY;
    let cures = view.conditions.iter().filter(told);
    let cure = cures
        .filter(|row| matches!(row.tone, Tone::Bad | Tone::Paused))
        .filter(|row| row.type_ == STALLED || view.problems.iter().any(|problem| is_same(problem, row)))
        .find_map(|row| row.cure.as_ref());
    notes.extend(cure.into_iter().flat_map(lines));
    let outages = view.outages.iter().map(OutageView::sentence);
    notes.extend(outages.map(|outage| in_one_line(&outage)));
    notes
}

fn is_same(problem: &Problem, row: &ConditionView) -> bool {
    problem.part == "Platform" && problem.reason == row.reason
}

/// A cure, a line for people and one to copy.
fn lines(cure: &Cure) -> [String; 2] {
    [format!("→ {}", cure.advice), format!("$ {}", cure.command)]
}

fn branches(shown: &Shown) -> Vec<Branch> {
    let parts = shown
        .view
        .conditions
        .iter()
        .filter(|row| is_about_a_part(&row.type_));
    let mut branches: Vec<Branch> = parts.map(|row| branch(row, shown)).collect();
    let are_shown = shown
        .view
        .conditions
        .iter()
        .any(|row| row.type_ == SERVICES_READY);
    if !are_shown && !shown.status.services.is_empty() {
        branches.push(Branch {
            name: part(SERVICES_READY).to_owned(),
            tone: Tone::Unknown,
            state: of_services(shown),
            message: None,
            cure: None,
            leaves: leaves(&shown.status.services),
        });
    }
    branches.extend(drills::branch(&shown.view.drills));
    branches
}

fn branch(row: &ConditionView, shown: &Shown) -> Branch {
    let has_services = row.type_ == SERVICES_READY && !shown.status.services.is_empty();
    let name = part(&row.type_);
    let asked = row.type_[name.len()..].to_lowercase();
    let state = match (row.status.as_str(), row.reason.as_str()) {
        _ if has_services => of_services(shown),
        // The suffix of the condition's type: `ready` or `complete`.
        ("True", _) if asked.is_empty() => "ready".to_owned(),
        ("True", _) => asked,
        ("False", "Waiting") => "waiting".to_owned(),
        ("False", "Failed") => "failed".to_owned(),
        ("False", _) => "not ready".to_owned(),
        _ => "unknown".to_owned(),
    };
    // A ready part shows its message only if its reason is a special one.
    let tells = row.status != "True" || row.reason != "Ready";
    Branch {
        name: name.to_owned(),
        tone: row.tone,
        state,
        cure: row.cure.clone().filter(|_| row.tone == Tone::Bad),
        message: (tells && !row.message.is_empty()).then(|| row.message.clone()),
        leaves: if has_services {
            leaves(&shown.status.services)
        } else {
            Vec::new()
        },
    }
}

fn of_services(shown: &Shown) -> String {
    let services = &shown.view.services;
    format!("{} of {} ready", shown.view.complete_services(), services.len())
}

fn leaves(services: &[ServiceStatus]) -> Vec<Leaf> {
    services
        .iter()
        .map(|service| {
            let (tone, remark) = match (service.ready, service.desired) {
                (_, ..=0) => (Tone::Paused, "scaled to zero".to_owned()),
                _ if service.wanted.is_some() => wanted(service),
                _ if service.version.is_none() => (Tone::Busy, "rolling out".to_owned()),
                (ready, desired) if ready >= desired => (Tone::Good, String::new()),
                _ => (Tone::Busy, String::new()),
            };
            Leaf {
                name: service.name.clone(),
                tone,
                replicas: format!("{}/{}", service.ready, service.desired),
                image: service.image.clone(),
                remark,
            }
        })
        .collect()
}

/// Which version runs while another one is wanted.
fn wanted(service: &ServiceStatus) -> (Tone, String) {
    let view = ServiceView::of(service);
    let running = view
        .version
        .map_or("none runs".to_owned(), |running| format!("{running} runs"));
    (
        view.tone,
        format!("{running}, {}", view.wanted.unwrap_or_default()),
    )
}

/// The text in the colour of its tone, padded with uncoloured spaces.
fn coloured(paint: Paint, tone: Tone, text: &str, width: usize) -> String {
    let colour = match tone {
        Tone::Good => Colour::Green,
        Tone::Busy => Colour::Yellow,
        Tone::Bad => Colour::Red,
        Tone::Paused => Colour::Blue,
        Tone::Unknown => Colour::Grey,
    };
    let padding = width.saturating_sub(text.chars().count());
    paint.colour(colour, text) + &" ".repeat(padding)
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or_default()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
