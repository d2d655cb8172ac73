//! The head of every page of a store: its name, whether it takes orders, and the way to the others.

use super::text::WorkText;
use crate::application::work::Store;
use crate::path_segment::path_segment;

/// A page of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// The orders to cook.
    Orders,
    /// Its menu.
    Menu,
    /// Its products.
    Stock,
    /// Its hours and terms.
    Settings,
}

impl Tab {
    /// The end of its address.
    fn ending(self) -> &'static str {
        match self {
            Self::Orders => "",
            Self::Menu => "/menu",
            Self::Stock => "/stock",
            Self::Settings => "/settings",
        }
    }

    /// Its address for a store.
    pub(super) fn path(self, store_id: &str) -> String {
        format!("{}{}", path(store_id), self.ending())
    }
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

    /// The pages of the store: address, name, and whether it is this one.
    pub(super) fn tabs(&self, text: &WorkText) -> [(String, &'static str, bool); 4] {
        [
            (Tab::Orders, text.orders),
            (Tab::Menu, text.menu),
            (Tab::Stock, text.stock),
            (Tab::Settings, text.settings),
        ]
        .map(|(tab, name)| (format!("{}{}", self.path, tab.ending()), name, self.tab == tab))
    }
}

/// The address of the first page of a store.
pub(super) fn path(store_id: &str) -> String {
    format!("/work/stores/{}", path_segment(store_id))
}
