//! The page from which owners and riders go to where they work.

use super::store_head;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::Workplace;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fdp_http::caller::Role;
use fdp_http::{Caller, Problem};
use http::StatusCode;

/// How many stores are looked at for those of an owner.
const MAX_STORES: u32 = 500;

/// The page at `/work`.
#[derive(Debug, Template)]
#[template(path = "work/home.html")]
struct HomePage {
    frame: Frame,
    /// The stores of an owner; `None` for others.
    stores: Option<Vec<OwnStore>>,
    delivers: bool,
}

/// A store of the visitor.
#[derive(Debug)]
struct OwnStore {
    path: String,
    name: String,
}

/// Shows where the visitor works.
pub(super) async fn home(State(workplace): State<Workplace>, visitor: Visitor) -> Response {
    let page = show(&workplace, &visitor).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

async fn show(workplace: &Workplace, visitor: &Visitor) -> Result<Response, Problem> {
    if !visitor.works() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "role-missing",
            "this page is for the roles owner, rider and admin",
        ));
    }
    let stores = if has_role(visitor, Role::Owner) {
        Some(own_stores(workplace, visitor).await?)
    } else {
        None
    };
    let page = HomePage {
        frame: visitor.frame(),
        stores,
        delivers: has_role(visitor, Role::Rider),
    };
    Ok(render(visitor, StatusCode::OK, &page))
}

fn has_role(visitor: &Visitor, role: Role) -> bool {
    let caller = visitor.caller();
    visitor.is_unrestricted() || matches!(caller, Caller::Person(person) if person.roles.contains(&role))
}

/// The stores that the visitor runs, and of which the view knows. An owner of a store that has told nothing yet finds it by the
/// claims of the token.
async fn own_stores(workplace: &Workplace, visitor: &Visitor) -> Result<Vec<OwnStore>, Problem> {
    let own_store = |store_id: &str, name: &str| OwnStore {
        path: store_head::path(store_id),
        name: name.to_owned(),
    };
    let known = workplace.view.stores(MAX_STORES).await?;
    let mut own: Vec<OwnStore> = known
        .iter()
        .filter(|store| visitor.caller().may_run(&store.store_id))
        .map(|store| own_store(&store.store_id, &store.name))
        .collect();
    if let Caller::Person(person) = visitor.caller() {
        let is_new =
            |store_id: &&String| *store_id != "*" && !known.iter().any(|store| store.store_id == **store_id);
        own.extend(person.stores.iter().filter(is_new).map(|id| own_store(id, id)));
    }
    Ok(own)
}
