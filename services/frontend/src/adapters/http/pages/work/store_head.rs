//! The head of every page of a store: its name, whether it takes orders, and the way to the others.

use crate::application::work::Store;
use crate::path_segment::path_segment;

/// A page of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// The orders to cook.
    Orders,
}

/// The head of a page of a store.
#[derive(Debug)]
pub(super) struct StoreHead {
    /// The address of its first page.
    pub(super) path: String,
    /// The address at which its orders are told as they come.
    pub(super) events: String,
    /// What people call it.
    pub(super) name: String,
    /// Whether it takes orders now.
    pub(super) is_open: bool,
    tab: Tab,
}

impl StoreHead {
    /// The head of the page `tab` of a store.
    pub(super) fn new(store: &Store, tab: Tab) -> Self {
        Self {
            path: path(&store.store_id),
            events: format!("/stores/{}/tickets/events", path_segment(&store.store_id)),
            name: store.name.clone(),
            is_open: store.open_now,
            tab,
        }
    }

    /// Whether this is the page with the orders to cook.
    pub(super) fn shows_orders(&self) -> bool {
        self.tab == Tab::Orders
    }
}

/// The address of the first page of a store.
pub(super) fn path(store_id: &str) -> String {
    format!("/work/stores/{}", path_segment(store_id))
}
