//! What Kakao's answers mean (<https://developers.kakao.com/docs/latest/en/rest-api/error-code>).
//!
//! Only what Kakao says with certainty counts as sent or as not sent; all else is unknown.

use super::ME;
use crate::domain::{Answer, Refusal};
use reqwest::StatusCode;
use serde::Deserialize;
use std::time::Duration;

/// After the limit on calls is reached, unless Kakao names another time.
const CALLS_EXHAUSTED: Duration = Duration::from_mins(1);
/// After a limit on messages a day is reached.
const MESSAGES_EXHAUSTED: Duration = Duration::from_hours(1);
/// While somebody has to put the app's settings right, or Kakao is being maintained.
const NEEDS_HANDS: Duration = Duration::from_mins(1);

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This became of the message.
    Final(Answer),
    /// The message was not looked at, because the access token is not valid (any more).
    TokenRefused(String),
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

/// What the answer to a message to `receiver` means.
pub(super) fn judge(
    status: StatusCode,
    retry_after: Option<Duration>,
    body: &[u8],
    receiver: &str,
) -> Verdict {
    if status.is_success() {
        return delivered(body, receiver);
    }
    let Ok(ErrorBody { code, msg }) = serde_json::from_slice(body) else {
        return by_status(status, format!("Kakao answered {status}"), retry_after);
    };
    let reason = said(code, &msg);
    by_code(code, &reason, retry_after).unwrap_or_else(|| by_status(status, reason, retry_after))
}

/// What an answer means that carries no code, or none that we know.
fn by_status(status: StatusCode, reason: String, retry_after: Option<Duration>) -> Verdict {
    match status {
        StatusCode::UNAUTHORIZED => Verdict::TokenRefused(reason),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = retry_after.unwrap_or(CALLS_EXHAUSTED);
            Verdict::Final(nobody_now(reason, wait))
        }
        StatusCode::REQUEST_TIMEOUT => Verdict::Final(Answer::Unknown(reason)),
        _ if status.is_client_error() => Verdict::Final(Answer::Never(reason)),
        _ => Verdict::Final(Answer::Unknown(reason)),
    }
}

fn delivered(body: &[u8], receiver: &str) -> Verdict {
    let unreadable = || Verdict::Final(Answer::Unknown("Kakao's answer names no outcome".to_owned()));
    let Ok(delivery) = serde_json::from_slice::<Delivery>(body) else {
        return unreadable();
    };
    let to_me = receiver == ME && delivery.result_code == Some(0);
    if to_me
        || delivery
            .successful_receiver_uuids
            .iter()
            .any(|uuid| uuid == receiver)
    {
        return Verdict::Final(Answer::Sent);
    }
    delivery
        .failure_info
        .iter()
        .find(|failure| failure.receiver_uuids.iter().any(|uuid| uuid == receiver))
        .map_or_else(unreadable, |failure| {
            let reason = said(failure.code, &failure.msg);
            // The others may have got the message, but a receiver who is named here has not.
            by_code(failure.code, &reason, None).unwrap_or(Verdict::Final(Answer::Never(reason)))
        })
}

fn said(code: i64, message: &str) -> String {
    format!("Kakao says {code}: {message}")
}

/// What a code means that says more than the status beside it.
fn by_code(code: i64, reason: &str, retry_after: Option<Duration>) -> Option<Verdict> {
    let reason = reason.to_owned();
    Some(Verdict::Final(match code {
        -401 => return Some(Verdict::TokenRefused(reason)),
        // The limit on calls, or on what calls may cost.
        -10 | -11 => nobody_now(reason, retry_after.unwrap_or(CALLS_EXHAUSTED)),
        // The sender's messages for today are used up.
        -532 => nobody_now(reason, retry_after.unwrap_or(MESSAGES_EXHAUSTED)),
        // The receiver's are, from this app or from this sender.
        -533 | -536 => Answer::NotYet(Refusal {
            reason,
            wait: retry_after.unwrap_or(MESSAGES_EXHAUSTED),
            everyone: false,
        }),
        // The app lacks a setting, a permission or the account's consent; or Kakao is being maintained.
        -3 | -4 | -5 | -12 | -402 | -9798 => nobody_now(reason, retry_after.unwrap_or(NEEDS_HANDS)),
        // Something went wrong inside Kakao, before or after the message had left.
        -1 | -7 | -603 => Answer::Unknown(reason),
        // A receiver who is no friend (-502), takes no messages (-530) or has no KakaoTalk (-501), a parameter that
        // Kakao does not take (-2), and the like: all of them come with a status that says no.
        _ => return None,
    }))
}

fn nobody_now(reason: String, wait: Duration) -> Answer {
    Answer::NotYet(Refusal {
        reason,
        wait,
        everyone: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Verdict {
        judge(
            StatusCode::from_u16(status).unwrap(),
            None,
            body.as_bytes(),
            "friend",
        )
    }

    fn refusal(verdict: Verdict) -> Refusal {
        match verdict {
            Verdict::Final(Answer::NotYet(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_success_that_names_the_receiver_is_sent() {
        let friend = r#"{"successful_receiver_uuids": ["friend"]}"#;
        assert_eq!(judged(200, friend), Verdict::Final(Answer::Sent));
        for body in [
            r#"{"successful_receiver_uuids": ["other"]}"#,
            r#"{"result_code": 0}"#,
            "{}",
            "<html>",
        ] {
            let verdict = judged(200, body);
            assert!(
                matches!(verdict, Verdict::Final(Answer::Unknown(_))),
                "{body}: {verdict:?}"
            );
        }
        let to_me = judge(StatusCode::OK, None, br#"{"result_code": 0}"#, ME);
        assert_eq!(to_me, Verdict::Final(Answer::Sent));
    }

    #[test]
    fn a_failure_for_this_receiver_is_told_with_kakaos_words() {
        let body = r#"{"successful_receiver_uuids": ["other"], "failure_info":
            [{"code": -530, "msg": "the receiver refuses", "receiver_uuids": ["friend"]}]}"#;
        let expected = Answer::Never("Kakao says -530: the receiver refuses".into());
        assert_eq!(judged(200, body), Verdict::Final(expected));
    }

    #[test]
    fn a_token_that_is_not_taken_says_nothing_about_the_message() {
        for (status, body) in [
            (
                401,
                r#"{"code": -401, "msg": "this access token is already expired"}"#,
            ),
            (401, ""),
            (401, r#"{"code": -99999, "msg": "never heard of"}"#),
        ] {
            let verdict = judged(status, body);
            assert!(matches!(verdict, Verdict::TokenRefused(_)), "{verdict:?}");
        }
    }

    #[test]
    fn limits_are_waited_for_by_those_whom_they_concern() {
        let calls = judged(400, r#"{"code": -10, "msg": "API limit has been exceeded."}"#);
        assert!(refusal(calls).everyone);
        let one = judged(400, r#"{"code": -536, "msg": "quota of this receiver"}"#);
        assert!(!refusal(one).everyone);
        let unheard_of = judged(429, r#"{"code": -99999, "msg": "slow down"}"#);
        let unheard_of = refusal(unheard_of);
        assert_eq!((unheard_of.everyone, unheard_of.wait), (true, CALLS_EXHAUSTED));
        assert!(unheard_of.reason.contains("slow down"));
        let told = Duration::from_secs(7);
        let limited = judge(StatusCode::TOO_MANY_REQUESTS, Some(told), b"slow down", "friend");
        assert_eq!(refusal(limited).wait, told);
    }

    #[test]
    fn what_may_have_left_is_unknown_and_what_kakao_does_not_take_never_leaves() {
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
            let verdict = judged(status, body);
            assert!(
                matches!(verdict, Verdict::Final(Answer::Unknown(_))),
                "{body}: {verdict:?}"
            );
        }
        for body in [
            r#"{"code": -2, "msg": "receiver_uuids"}"#,
            r#"{"code": -502}"#,
            "no",
        ] {
            let verdict = judged(400, body);
            assert!(
                matches!(verdict, Verdict::Final(Answer::Never(_))),
                "{body}: {verdict:?}"
            );
        }
    }
}
