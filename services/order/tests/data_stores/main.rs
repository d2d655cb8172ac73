//! Tests the contract of the repository and the inbox with every kind of data store.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

mod awaiting;
mod changes;
mod crashes;
mod data_store;
mod events;
mod indexes;
mod intents;
mod keys;
mod recipients;
mod relay;

/// Makes each check a separate test with an empty data store of one kind.
macro_rules! store_passes {
    ($name:ident, $made:expr, $($module:ident::$test:ident,)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "starts a server"]
                async fn $test() {
                    let store = $made.await.unwrap();
                    crate::$module::$test(&store).await;
                }
            )*
        }
    };
}

/// Makes each check a separate test for each kind of data store. With `FDP_TEST_MONGODB_URL`, `mongodb` is that server.
macro_rules! each_data_store_passes {
    ($($checks:tt)*) => {
        store_passes! { postgresql, crate::data_store::Postgresql::make(), $($checks)* }
        store_passes! {
            mongodb, crate::data_store::Mongodb::make(fdp_test_mongodb::StandIn::MongoJavaServer), $($checks)*
        }
        store_passes! {
            ferretdb, crate::data_store::Mongodb::make(fdp_test_mongodb::StandIn::FerretDb), $($checks)*
        }
    };
}

/// Makes each check a separate test for each document database.
macro_rules! each_document_database_passes {
    ($($module:ident::$test:ident,)*) => {
        $(
            mod $test {
                use fdp_test_mongodb::StandIn;

                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "starts a server"]
                async fn mongodb() {
                    crate::$module::$test(StandIn::MongoJavaServer).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "starts a server"]
                async fn ferretdb() {
                    crate::$module::$test(StandIn::FerretDb).await;
                }
            }
        )*
    };
}

each_data_store_passes! {
    intents::an_intent_becomes_the_order_once,
    intents::an_order_needs_an_intent,
    intents::deleting_removes_intents_and_never_orders,
    intents::an_abandoned_intent_never_becomes_an_order,
    intents::of_completing_and_abandoning_one_wins,
    intents::of_completing_and_claiming_one_wins,
    intents::an_intent_is_claimed_once_after_its_lease_has_ended,
    intents::no_more_intents_are_claimed_than_requested,
    keys::a_repeated_request_waits_for_the_first_and_gets_its_order,
    keys::a_key_belongs_to_one_request,
    keys::checking_a_key_returns_its_result_and_records_nothing,
    keys::a_key_whose_attempt_failed_is_free,
    keys::a_failed_request_can_be_repeated,
    keys::a_repeated_request_ends_an_attempt_that_takes_too_long,
    keys::of_many_equal_requests_at_once_one_continues,
    keys::a_late_completion_and_a_repeated_request_place_one_order,
    keys::old_keys_are_deleted_and_younger_ones_are_not,
    recipients::a_recipient_is_kept_with_its_order_and_told_to_nobody,
    recipients::an_intent_that_is_deleted_takes_its_recipient_with_it,
    recipients::an_intent_that_is_settled_takes_its_recipient_with_it,
    recipients::a_repeated_request_keeps_one_recipient,
    recipients::recipients_of_long_ago_are_removed_the_oldest_first,
    awaiting::what_waits_for_its_customer_is_found_and_is_no_order,
    awaiting::the_news_of_its_payment_place_it_once,
    awaiting::the_placed_order_belongs_to_the_trace_of_the_news,
    awaiting::news_of_orders_that_do_not_wait_change_nothing,
    awaiting::news_before_the_answer_of_pay_are_kept_for_it,
    awaiting::what_was_given_up_is_not_placed_by_the_news,
    awaiting::what_is_overdue_is_claimed_and_can_still_be_placed,
    awaiting::what_was_voided_is_kept_for_a_while,
    awaiting::of_the_news_and_giving_up_one_wins,
    awaiting::of_the_news_and_many_who_place_it_one_does,
    awaiting::of_the_news_and_the_answer_of_pay_both_orders_lead_to_one_order,
    changes::a_change_is_stored_and_announced,
    changes::a_decision_to_change_nothing_changes_nothing,
    changes::concurrent_changes_all_take_effect,
    changes::the_newest_orders_come_first_without_intents,
    events::an_event_takes_effect_once_however_often_it_arrives,
    events::events_of_many_orders_take_effect_in_their_order,
    events::two_replicas_with_the_same_events_apply_them_once,
    events::concurrent_events_and_cancellations_are_announced_in_order,
    events::an_order_that_cannot_be_read_does_not_hold_up_the_events_behind_it,
    events::an_event_about_no_order_changes_nothing,
    events::the_effects_of_an_event_belong_to_its_trace,
    events::the_highest_version_of_a_store_counts_whichever_arrives_last,
    events::the_newest_price_counts_whichever_arrives_last,
    events::a_confirmed_price_is_not_replaced_by_an_older_one,
    events::of_prices_in_one_batch_the_newest_counts,
    crashes::a_crash_while_recording_a_keyed_intent_blocks_nothing,
    crashes::a_crash_while_completing_leaves_an_order_or_an_intent,
}

each_document_database_passes! {
    relay::events_of_all_replicas_are_published_once_and_in_order,
    relay::another_replica_relays_when_the_first_dies_or_stops,
    relay::an_unavailable_broker_does_not_move_the_relay,
    relay::a_relay_that_failed_starts_again_without_waiting_for_its_own_lease,
}
