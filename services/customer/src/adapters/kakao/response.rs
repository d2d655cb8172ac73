//! What Kakao's responses mean (<https://developers.kakao.com/docs/latest/en/rest-api/error-code>).
//!
//! A message counts as sent or as not sent only if Kakao says so for certain; otherwise it is unknown.

use crate::domain::{RetryableFailure, SendResult, is_sending_account};
use reqwest::StatusCode;
use serde::Deserialize;
use std::time::Duration;

/// The pause after the limit on calls is reached, unless Kakao names another one.
const CALL_LIMIT_PAUSE: Duration = Duration::from_mins(1);
/// The pause after a limit on messages a day is reached.
const MESSAGE_LIMIT_PAUSE: Duration = Duration::from_hours(1);
/// The pause while the app's settings have to be corrected, or Kakao is under maintenance.
const CONFIGURATION_PAUSE: Duration = Duration::from_mins(1);

/// What a response means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KakaoResponse {
    /// The result for the message.
    Result(SendResult),
    /// The message was not processed, because the access token is not valid (any more).
    InvalidToken(String),
}

#[derive(Deserialize)]
struct ErrorBody {
    code: i64,
    #[serde(default)]
    msg: String,
}

#[derive(Deserialize)]
struct Delivery {
    #[serde(default)]
    successful_receiver_uuids: Vec<String>,
    #[serde(default)]
    failure_info: Vec<Failure>,
    result_code: Option<i64>,
}

#[derive(Deserialize)]
struct Failure {
    code: i64,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    receiver_uuids: Vec<String>,
}

/// What the response to a message to `receiver` means.
pub(super) fn interpret(
    status: StatusCode,
    retry_after: Option<Duration>,
    body: &[u8],
    receiver: &str,
) -> KakaoResponse {
    if status.is_success() {
        return delivered(body, receiver);
    }
    let Ok(ErrorBody { code, msg }) = serde_json::from_slice(body) else {
        return by_status(status, format!("Kakao answered {status}"), retry_after);
    };
    let reason = reason(code, &msg);
    by_code(code, &reason, retry_after).unwrap_or_else(|| by_status(status, reason, retry_after))
}

/// Interprets a response without a code, or with an unknown one.
fn by_status(status: StatusCode, reason: String, retry_after: Option<Duration>) -> KakaoResponse {
    match status {
        StatusCode::UNAUTHORIZED => KakaoResponse::InvalidToken(reason),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = retry_after.unwrap_or(CALL_LIMIT_PAUSE);
            KakaoResponse::Result(SendResult::all_blocked(reason, wait))
        }
        StatusCode::REQUEST_TIMEOUT => KakaoResponse::Result(SendResult::Unknown(reason)),
        _ if status.is_client_error() => KakaoResponse::Result(SendResult::Permanent(reason)),
        _ => KakaoResponse::Result(SendResult::Unknown(reason)),
    }
}

fn delivered(body: &[u8], receiver: &str) -> KakaoResponse {
    let unreadable =
        || KakaoResponse::Result(SendResult::Unknown("Kakao's answer names no outcome".to_owned()));
    let Ok(delivery) = serde_json::from_slice::<Delivery>(body) else {
        return unreadable();
    };
    let to_me = is_sending_account(receiver) && delivery.result_code == Some(0);
    if to_me
        || delivery
            .successful_receiver_uuids
            .iter()
            .any(|uuid| uuid == receiver)
    {
        return KakaoResponse::Result(SendResult::Sent);
    }
    delivery
        .failure_info
        .iter()
        .find(|failure| failure.receiver_uuids.iter().any(|uuid| uuid == receiver))
        .map_or_else(unreadable, |failure| {
            let reason = reason(failure.code, &failure.msg);
            // Other receivers may have got the message, but a receiver that is named here has not.
            by_code(failure.code, &reason, None)
                .unwrap_or(KakaoResponse::Result(SendResult::Permanent(reason)))
        })
}

fn reason(code: i64, message: &str) -> String {
    format!("Kakao says {code}: {message}")
}

/// Interprets a code that says more than the HTTP status; `None` for any other code.
fn by_code(code: i64, reason: &str, retry_after: Option<Duration>) -> Option<KakaoResponse> {
    let reason = reason.to_owned();
    Some(KakaoResponse::Result(match code {
        -401 => return Some(KakaoResponse::InvalidToken(reason)),
        // The limit on calls, or on what calls may cost.
        -10 | -11 => SendResult::all_blocked(reason, retry_after.unwrap_or(CALL_LIMIT_PAUSE)),
        // The sender's daily limit on messages is reached.
        -532 => SendResult::all_blocked(reason, retry_after.unwrap_or(MESSAGE_LIMIT_PAUSE)),
        // The receiver's daily limit is reached, for this app or for this sender.
        -533 | -536 => SendResult::Retryable(RetryableFailure {
            reason,
            retry_after: retry_after.unwrap_or(MESSAGE_LIMIT_PAUSE),
            affects_all: false,
        }),
        // The app lacks a setting, a permission or the account's consent; or Kakao is under maintenance.
        -3 | -4 | -5 | -12 | -402 | -9798 => {
            SendResult::all_blocked(reason, retry_after.unwrap_or(CONFIGURATION_PAUSE))
        }
        // Kakao failed internally, before or after it sent the message.
        -1 | -7 | -603 => SendResult::Unknown(reason),
        // A receiver who is no friend (-502), takes no messages (-530) or has no KakaoTalk (-501), a parameter that
        // Kakao rejects (-2), and so on: all of them come with a 4xx status.
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreted(status: u16, body: &str) -> KakaoResponse {
        interpret(
            StatusCode::from_u16(status).unwrap(),
            None,
            body.as_bytes(),
            "friend",
        )
    }

    fn failure(response: KakaoResponse) -> RetryableFailure {
        match response {
            KakaoResponse::Result(SendResult::Retryable(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_sent_only_if_a_success_names_its_receiver() {
        let friend = r#"{"successful_receiver_uuids": ["friend"]}"#;
        assert_eq!(interpreted(200, friend), KakaoResponse::Result(SendResult::Sent));
        for body in [
            r#"{"successful_receiver_uuids": ["other"]}"#,
            r#"{"result_code": 0}"#,
            "{}",
            "<html>",
        ] {
            let response = interpreted(200, body);
            assert!(
                matches!(response, KakaoResponse::Result(SendResult::Unknown(_))),
                "{body}: {response:?}"
            );
        }
        let to_me = interpret(StatusCode::OK, None, br#"{"result_code": 0}"#, "me");
        assert_eq!(to_me, KakaoResponse::Result(SendResult::Sent));
    }

    #[test]
    fn a_failure_of_this_receiver_carries_kakaos_reason() {
        let body = r#"{"successful_receiver_uuids": ["other"], "failure_info":
            [{"code": -530, "msg": "the receiver refuses", "receiver_uuids": ["friend"]}]}"#;
        let expected = SendResult::Permanent("Kakao says -530: the receiver refuses".into());
        assert_eq!(interpreted(200, body), KakaoResponse::Result(expected));
    }

    #[test]
    fn an_invalid_token_is_no_result_for_the_message() {
        for (status, body) in [
            (
                401,
                r#"{"code": -401, "msg": "this access token is already expired"}"#,
            ),
            (401, ""),
            (401, r#"{"code": -99999, "msg": "never heard of"}"#),
        ] {
            let response = interpreted(status, body);
            assert!(matches!(response, KakaoResponse::InvalidToken(_)), "{response:?}");
        }
    }

    #[test]
    fn a_limit_blocks_all_messages_or_one_receiver() {
        let calls = interpreted(400, r#"{"code": -10, "msg": "API limit has been exceeded."}"#);
        assert!(failure(calls).affects_all);
        let one = interpreted(400, r#"{"code": -536, "msg": "quota of this receiver"}"#);
        assert!(!failure(one).affects_all);
        let unknown_code = interpreted(429, r#"{"code": -99999, "msg": "slow down"}"#);
        let unknown_code = failure(unknown_code);
        assert_eq!(
            (unknown_code.affects_all, unknown_code.retry_after),
            (true, CALL_LIMIT_PAUSE)
        );
        assert!(unknown_code.reason.contains("slow down"));
        let given = Duration::from_secs(7);
        let limited = interpret(StatusCode::TOO_MANY_REQUESTS, Some(given), b"slow down", "friend");
        assert_eq!(failure(limited).retry_after, given);
    }

    #[test]
    fn what_may_have_been_sent_is_unknown_and_what_kakao_rejects_is_not_sent() {
        for (status, body) in [
            (500, "{}"),
            (502, ""),
            (504, "<html>"),
            (408, ""),
            (400, r#"{"code": -1, "msg": "internal error"}"#),
            (400, r#"{"code": -603}"#),
            (
                500,
                r#"{"code": -530, "msg": "nobody knows where this came from"}"#,
            ),
            (503, r#"{"code": -99999, "msg": "never heard of"}"#),
            (408, r#"{"code": -99999}"#),
        ] {
            let response = interpreted(status, body);
            assert!(
                matches!(response, KakaoResponse::Result(SendResult::Unknown(_))),
                "{body}: {response:?}"
            );
        }
        for body in [
            r#"{"code": -2, "msg": "receiver_uuids"}"#,
            r#"{"code": -502}"#,
            "no",
        ] {
            let response = interpreted(400, body);
            assert!(
                matches!(response, KakaoResponse::Result(SendResult::Permanent(_))),
                "{body}: {response:?}"
            );
        }
    }
}
