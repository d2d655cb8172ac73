//! What the pages tell owners and riders when something did not work: each message once, in both languages.

use crate::adapters::http::pages::message::messages;
use crate::application::work::ServiceError;
use crate::domain::Language;
use fdp_http::Problem;
use http::StatusCode;

/// What the kinds of problems begin with.
const KIND: &str = "urn:fooddelivery:problem:";

messages! {
    /// The state of a ticket does not allow it, mostly because it was changed elsewhere.
    TicketState, "ticket-state":
        "This order has changed meanwhile, so that was not possible. Here it is as it is now.",
        "그사이 주문 상태가 바뀌어 처리할 수 없었어요. 지금 상태를 보여 드려요.";
    /// The state of a delivery does not allow it.
    DeliveryState, "delivery-state":
        "This delivery has changed meanwhile, so that was not possible. Here it is as it is now.",
        "그사이 배달 상태가 바뀌어 처리할 수 없었어요. 지금 상태를 보여 드려요.";
    /// A rider has enough to do.
    TooManyDeliveries, "too-many-deliveries":
        "You have as many deliveries as are allowed at once. Deliver one first, or give one back.",
        "동시에 맡을 수 있는 배달을 모두 맡고 있어요. 먼저 하나를 배달하거나 돌려주세요.";
    /// Another rider was faster.
    NotYourDelivery, "not-your-delivery":
        "Another rider has taken this delivery on.",
        "다른 라이더가 먼저 맡은 배달이에요.";
    /// Nobody has taken the delivery on.
    DeliveryUnassigned, "delivery-unassigned":
        "Take this delivery on first.",
        "먼저 이 배달을 맡아 주세요.";
    /// The store of somebody else.
    NotYourStore, "not-your-store":
        "This is not among your stores. Whoever runs the platform can add it.",
        "내 상점이 아니에요. 플랫폼 관리자에게 추가를 요청하세요.";
    /// No reason was given.
    ReasonMissing, "reason-missing":
        "Choose a reason, or write one: the customer reads it.",
        "고객에게 전달할 사유를 고르거나 직접 써 주세요.";
    /// A text that services refuse.
    InvalidText, "invalid-text":
        "A text is missing, or longer than 200 letters, or holds characters that cannot be seen.",
        "내용이 비었거나 200자를 넘거나 보이지 않는 문자가 있어요.";
    /// A price or an amount is no number.
    InvalidPrice, "invalid-price":
        "Write an amount in won as a whole number, such as 18000.",
        "금액은 18000처럼 원 단위의 정수로 써 주세요.";
    /// A date and a time cannot be read.
    InvalidTime, "invalid-time":
        "A time cannot be read. Write it as the field shows it.",
        "시각을 읽을 수 없어요. 입력란에 보이는 형식으로 써 주세요.";
    /// Of the opening hours only one is there.
    HoursIncomplete, "hours-incomplete":
        "Give both when the store opens and when it closes, or neither.",
        "여는 시각과 닫는 시각을 모두 쓰거나 모두 비워 주세요.";
    /// A number of minutes is none.
    InvalidMinutes, "invalid-minutes":
        "Give a number of minutes from 1 to 1440.",
        "시간은 1부터 1440까지의 분으로 써 주세요.";
    /// Two dishes of a menu would have one name.
    NameTaken, "name-taken":
        "Another dish has this name already. Please choose a different one.",
        "같은 이름의 메뉴가 이미 있어요. 다른 이름을 써 주세요.";
    /// A number of things is none.
    InvalidQuantity, "invalid-quantity":
        "Write how many have come in as a whole number, or how many are gone with a minus before it; not 0.",
        "들어온 수량을 정수로, 나간 수량은 앞에 -를 붙여 써 주세요. 0은 안 돼요.";
    /// More are to be taken away than there are.
    TooFew, "too-few":
        "There are fewer than that.",
        "재고가 그만큼 없어요.";
    /// The product was changed meanwhile.
    ProductChanged, "product-changed":
        "This product has changed meanwhile. What you typed is still here; press the button again to have it so.",
        "그사이 상품이 바뀌었어요. 입력한 내용은 그대로 있으니 맞으면 버튼을 다시 눌러 주세요.";
    /// There is such a product already.
    ProductExists, "product-exists":
        "There is a product with this number already. Please choose a different one.",
        "같은 번호의 상품이 이미 있어요. 다른 번호를 써 주세요.";
    /// There is no such thing, or not any more.
    Gone, "gone":
        "There is no such thing any more. Here is what there is now.",
        "더는 없는 항목이에요. 지금 있는 것을 보여 드려요.";
    /// Any other refusal.
    Refused, "refused":
        "That was not accepted as it is, and nothing has changed. Please look at what you typed.",
        "그대로는 처리할 수 없었고 바뀐 것은 없어요. 입력한 내용을 확인해 주세요.";
    /// The form is not one of ours.
    Unreadable, "unreadable":
        "We could not read what your browser sent. Please try again.",
        "브라우저가 보낸 내용을 읽을 수 없었어요. 다시 시도해 주세요.";
    /// A service is away.
    Unavailable, "unavailable":
        "This cannot be done just now, and nothing has changed. Please try again in a moment.",
        "지금은 처리할 수 없고 바뀐 것은 없어요. 잠시 후 다시 시도해 주세요.";
    /// Too many requests.
    TooMany, "too-many":
        "That was a lot at once. Please try again in a moment.",
        "요청이 너무 많아요. 잠시 후 다시 시도해 주세요.";
    /// It is unknown whether it was done.
    NoAnswer, "no-answer":
        "We got no answer and cannot tell whether it was done. Press the button again: it is not done twice.",
        "응답이 없어 처리됐는지 알 수 없어요. 버튼을 다시 눌러도 두 번 처리되지 않아요.";
}

impl Message {
    /// The message about a problem of a service: by its kind, or by its status if the kind says no more.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        let slug = problem.kind.strip_prefix(KIND).unwrap_or_default();
        Self::of_kind(slug).unwrap_or(match problem.status {
            404 | 410 => Self::Gone,
            429 => Self::TooMany,
            500.. => Self::Unavailable,
            _ => Self::Refused,
        })
    }

    /// The message about a kind of problem; `None` if its status says enough.
    pub(in crate::adapters::http::pages) fn of_kind(slug: &str) -> Option<Self> {
        Some(match slug {
            "ticket-state" => Self::TicketState,
            "delivery-state" => Self::DeliveryState,
            "too-many-deliveries" => Self::TooManyDeliveries,
            "not-your-delivery" => Self::NotYourDelivery,
            "delivery-unassigned" => Self::DeliveryUnassigned,
            "not-your-store" => Self::NotYourStore,
            "too-few" => Self::TooFew,
            "product-changed" => Self::ProductChanged,
            "product-exists" => Self::ProductExists,
            "other-stock" | "idempotency-key-reused" => Self::Refused,
            _ => return None,
        })
    }
}

/// A message above a page, and the status with which the page is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Notice {
    /// What it says.
    pub(super) message: Message,
    /// The status.
    pub(super) status: StatusCode,
}

impl Notice {
    /// The notice that something typed cannot be accepted.
    pub(super) fn invalid(message: Message) -> Self {
        Self {
            message,
            status: StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The notice that what a form is about is not there any more.
    pub(super) fn gone() -> Self {
        Self {
            message: Message::Gone,
            status: StatusCode::NOT_FOUND,
        }
    }

    /// Its words.
    pub(super) fn text(self, language: Language) -> &'static str {
        self.message.text(language)
    }
}

impl From<&ServiceError> for Notice {
    fn from(error: &ServiceError) -> Self {
        tracing::info!(%error, "a form of somebody who works here was not carried out");
        match error {
            ServiceError::Rejected { problem, .. } => Self {
                message: Message::of_problem(problem),
                status: StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY),
            },
            ServiceError::Unreachable { .. } => Self {
                message: Message::Unavailable,
                status: StatusCode::SERVICE_UNAVAILABLE,
            },
            ServiceError::NoAnswer { .. } => Self {
                message: Message::NoAnswer,
                status: StatusCode::GATEWAY_TIMEOUT,
            },
        }
    }
}
