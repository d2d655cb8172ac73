//! The page of a store's settings: its name, hours and pause, what it asks of orders, and how long it may keep people waiting.

use super::form;
use super::message::Notice;
use super::settings_form::SettingsForm;
use super::store_head::{StoreHead, Tab};
use super::worker::owner_of;
use crate::adapters::http::pages::form_fields::FormFields;
use crate::adapters::http::pages::frame::Frame;
use crate::adapters::http::pages::handlers::render;
use crate::adapters::http::pages::visitor::Visitor;
use crate::application::work::{Store, Workplace};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{SubsecRound as _, TimeDelta, Utc};
use fdp_http::{Caller, Path, Problem};
use http::StatusCode;

/// How long the store takes no orders after its owner has pressed that button.
const PAUSE: TimeDelta = TimeDelta::minutes(30);

/// The page at `/work/stores/{storeId}/settings`.
#[derive(Debug, Template)]
#[template(path = "work/settings.html")]
struct SettingsPage {
    frame: Frame,
    head: StoreHead,
    notice: Option<&'static str>,
    /// Whether the store takes no orders for a while.
    is_paused: bool,
    form: SettingsForm,
}

/// Shows the settings of a store.
pub(super) async fn settings(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
) -> Response {
    let page = show(&workplace, &visitor, &store_id, None).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

/// Changes the settings, and shows them.
pub(super) async fn change(
    State(workplace): State<Workplace>,
    visitor: Visitor,
    Path(store_id): Path<String>,
    FormFields(fields): FormFields,
) -> Response {
    let caller = match owner_of(&visitor, &store_id) {
        Ok(caller) => caller,
        Err(problem) => return visitor.refuse(problem),
    };
    let command = form::value(&fields, "command");
    let sent = SettingsForm::sent(&fields);
    let Err(notice) = carry_out(&workplace, &caller, &store_id, command, &sent).await else {
        return visitor.see_other(&Tab::Settings.path(&store_id));
    };
    let sent = Some(sent).filter(|_| command == "save");
    let page = show(&workplace, &visitor, &store_id, Some((notice, sent))).await;
    page.unwrap_or_else(|problem| visitor.refuse(problem))
}

async fn carry_out(
    workplace: &Workplace,
    caller: &Caller,
    store_id: &str,
    command: &str,
    sent: &SettingsForm,
) -> Result<(), Notice> {
    let stores = &workplace.stores;
    let store = stores
        .store(caller, store_id)
        .await
        .map_err(|error| Notice::from(&error))?;
    let changed = match command {
        "pause" => Store {
            paused_until: Some((Utc::now() + PAUSE).trunc_subsecs(0)),
            ..store
        },
        "resume" => Store {
            paused_until: None,
            ..store
        },
        _ => sent.store(&store).map_err(Notice::invalid)?,
    };
    stores
        .put_store(caller, &changed)
        .await
        .map_err(|error| Notice::from(&error))?;
    tracing::info!(store_id, command, "settings were changed from the owner's page");
    Ok(())
}

async fn show(
    workplace: &Workplace,
    visitor: &Visitor,
    store_id: &str,
    refused: Option<(Notice, Option<SettingsForm>)>,
) -> Result<Response, Problem> {
    let caller = owner_of(visitor, store_id)?;
    let store = workplace.stores.store(&caller, store_id).await?;
    let (notice, sent) = refused.unzip();
    let page = SettingsPage {
        frame: visitor.frame_at(&Tab::Settings.path(store_id)),
        head: StoreHead::new(&store, Tab::Settings),
        notice: notice.map(|notice| notice.text(visitor.language)),
        is_paused: store.paused_until.is_some_and(|until| Utc::now() < until),
        form: sent.flatten().unwrap_or_else(|| SettingsForm::of(&store)),
    };
    let status = notice.map_or(StatusCode::OK, |notice| notice.status);
    Ok(render(visitor, status, &page))
}
