//! What the use cases rely on, tried on every kind of database that orders can be kept in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

mod changes;
mod crashes;
mod events;
mod intents;
mod keys;
mod place;
mod relay;

/// Every promise as a test of its own for each kind of database.
macro_rules! each_place_keeps {
    ($($module:ident::$promise:ident,)*) => {
        mod postgresql {
            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "starts a server"]
                async fn $promise() {
                    let place = crate::place::Postgresql::make().await.unwrap();
                    crate::$module::$promise(&place).await;
                }
            )*
        }
        mod mongodb {
            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "starts a server"]
                async fn $promise() {
                    let place = crate::place::Mongodb::make().await.unwrap();
                    crate::$module::$promise(&place).await;
                }
            )*
        }
    };
}

each_place_keeps! {
    intents::an_intent_becomes_the_order_once,
    intents::an_order_needs_an_intent,
    intents::forgetting_takes_intents_and_never_orders,
    intents::an_abandoned_intent_never_becomes_an_order,
    intents::of_completing_and_abandoning_one_wins,
    intents::of_completing_and_claiming_one_wins,
    intents::an_intent_is_claimed_when_its_lease_has_ended_and_by_one,
    intents::no_more_are_claimed_than_asked_for,
    keys::a_repeated_wish_waits_for_the_first_and_then_gets_its_order,
    keys::a_key_stands_for_one_wish,
    keys::a_key_is_recalled_as_what_it_stands_for_and_nothing_is_noted,
    keys::a_key_whose_attempt_came_to_nothing_is_recalled_as_free,
    keys::a_wish_that_came_to_nothing_can_be_repeated,
    keys::a_repeated_wish_puts_an_end_to_an_attempt_that_takes_too_long,
    keys::of_many_that_wish_the_same_at_once_one_goes_on,
    keys::a_late_completion_and_a_repeated_wish_make_one_order,
    keys::old_keys_are_forgotten_and_younger_ones_are_not,
    changes::a_change_is_kept_and_announced,
    changes::a_decision_to_leave_an_order_leaves_it,
    changes::changes_at_once_all_take_effect_one_after_another,
    changes::the_newest_come_first_and_intents_not_at_all,
    events::an_event_takes_effect_once_however_often_it_comes,
    events::events_of_many_orders_take_effect_in_their_order,
    events::two_replicas_that_get_the_same_events_bring_them_about_once,
    events::events_and_cancellations_at_once_are_announced_as_they_happened,
    events::an_event_about_no_order_changes_nothing,
    events::what_an_event_causes_belongs_to_its_trace,
    events::the_newest_price_counts_whatever_comes_last,
    events::a_price_that_was_confirmed_is_not_undone_by_older_news,
    events::of_prices_in_one_batch_the_newest_counts,
    crashes::a_crash_while_noting_a_keyed_wish_leaves_nothing_in_the_way,
    crashes::a_crash_while_completing_leaves_an_order_or_an_intent,
}
