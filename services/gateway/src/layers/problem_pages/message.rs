//! What people are told about a problem: by its status, in both languages.

use fdp_contracts::Language;
use fdp_http::Problem;
use fdp_http::problem_page::Reader;

/// Declares each text once: its name, and its words in English and in Korean.
macro_rules! texts {
    ($($(#[$meaning:meta])* $name:ident: $english:literal, $korean:literal;)+) => {
        /// A text of the page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Text {
            $($(#[$meaning])* $name,)+
        }

        impl Text {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its words in a language.
            pub(super) fn in_language(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => language.pick($korean, $english),)+
                }
            }
        }
    };
}

texts! {
    /// 400 and 415.
    Unreadable: "We could not read that", "요청을 읽을 수 없었어요";
    /// Under it.
    UnreadableAdvice:
        "Something in the address or the form is broken. Please go back to the shop and try again.",
        "주소나 양식에 잘못된 것이 있어요. 주문 화면으로 돌아가 다시 시도해 주세요.";
    /// 401.
    SignIn: "Please sign in first", "먼저 로그인해 주세요";
    /// Under it.
    SignInAdvice:
        "This page is only for people who are signed in.",
        "로그인한 분에게만 보이는 페이지예요.";
    /// 403.
    Forbidden: "This is not open to you", "이 페이지를 볼 권한이 없어요";
    /// Under it.
    ForbiddenAdvice:
        "It belongs to somebody else, or to people with another role.",
        "다른 분의 것이거나, 다른 역할을 가진 분에게만 보이는 페이지예요.";
    /// 404, 405 and 410.
    NoSuchPage: "There is no page here", "이 주소에는 페이지가 없어요";
    /// Under it.
    NoSuchPageAdvice:
        "Please check the address, or start again in the shop.",
        "주소를 확인하시거나 주문 화면에서 다시 시작해 주세요.";
    /// 413.
    TooLarge: "That was too large", "보낸 내용이 너무 커요";
    /// Under it.
    TooLargeAdvice:
        "Nothing was done. Please go back and send less at once.",
        "처리된 것은 없어요. 돌아가서 줄여서 보내 주세요.";
    /// 429.
    TooMany: "That was a lot at once", "요청이 너무 많았어요";
    /// Under it.
    TooManyAdvice:
        "Nothing was done. Please wait a moment before you try again.",
        "처리된 것은 없어요. 잠시 기다렸다가 다시 시도해 주세요.";
    /// 503: nothing was done.
    Away: "We are back in a moment", "잠시 후에 다시 열려요";
    /// Under it, when a page was loaded.
    AwayAdvice:
        "This cannot be shown just now.",
        "지금은 보여 드릴 수 없어요.";
    /// Under it, when a form was sent.
    AwayFormAdvice:
        "Nothing was done. Please go back in your browser and send it again in a moment.",
        "처리된 것은 없어요. 브라우저에서 뒤로 가서 잠시 후 다시 보내 주세요.";
    /// 502 and 504: whether it was done is unknown.
    NoAnswer: "We got no answer", "응답을 받지 못했어요";
    /// Under it, when a page was loaded.
    NoAnswerAdvice:
        "It took too long, or broke off. Please try again in a moment.",
        "너무 오래 걸렸거나 도중에 끊겼어요. 잠시 후 다시 시도해 주세요.";
    /// Under it, when a form was sent.
    NoAnswerFormAdvice:
        "It may or may not have worked. Please look at your orders before you send it again.",
        "처리됐는지 알 수 없어요. 다시 보내기 전에 내 주문을 확인해 주세요.";
    /// 500 and above.
    Broken: "Something went wrong on our side", "저희 쪽에 문제가 생겼어요";
    /// Under it.
    BrokenAdvice:
        "We are sorry. Please try again in a moment.",
        "죄송해요. 잠시 후 다시 시도해 주세요.";
    /// Everything else.
    Refused: "That was not possible", "처리할 수 없었어요";
    /// Under it.
    RefusedAdvice:
        "Please go back to the shop and try again.",
        "주문 화면으로 돌아가 다시 시도해 주세요.";
    /// When the page is loaded again by itself.
    Refreshes: "This page tries again by itself.", "이 페이지는 저절로 다시 시도해요.";
    /// The link that loads the page again.
    TryAgain: "Try again", "다시 시도";
    /// The link to the shop.
    ToShop: "Go to the shop", "주문하러 가기";
    /// The link to a customer's orders.
    MyOrders: "My orders", "내 주문";
    /// Above what helps us to find the cause.
    Details: "For those who help you", "문의하실 때 알려 주세요";
}

/// The headline about a problem, and what to do.
pub(super) fn of(reader: &Reader, problem: &Problem) -> [Text; 2] {
    let reads = reader.only_reads();
    match problem.status {
        400 | 415 => [Text::Unreadable, Text::UnreadableAdvice],
        401 => [Text::SignIn, Text::SignInAdvice],
        403 => [Text::Forbidden, Text::ForbiddenAdvice],
        404 | 405 | 410 => [Text::NoSuchPage, Text::NoSuchPageAdvice],
        413 => [Text::TooLarge, Text::TooLargeAdvice],
        429 => [Text::TooMany, Text::TooManyAdvice],
        503 if reads => [Text::Away, Text::AwayAdvice],
        503 => [Text::Away, Text::AwayFormAdvice],
        502 | 504 if reads => [Text::NoAnswer, Text::NoAnswerAdvice],
        502 | 504 => [Text::NoAnswer, Text::NoAnswerFormAdvice],
        500.. => [Text::Broken, Text::BrokenAdvice],
        _ => [Text::Refused, Text::RefusedAdvice],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_written_in_both_languages() {
        let is_korean = |text: &str| text.chars().any(|letter| ('가'..='힣').contains(&letter));
        for text in Text::ALL {
            assert!(!is_korean(text.in_language(Language::English)), "{text:?}");
            assert!(is_korean(text.in_language(Language::Korean)), "{text:?}");
        }
    }
}
