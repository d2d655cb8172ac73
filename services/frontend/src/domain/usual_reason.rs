//! The usual reasons of owners and riders, which the pages can translate; everybody may write one of their own instead.

/// A reason that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsualReason {
    /// The store lacks something that it cooks with.
    IngredientMissing,
    /// The store cannot cook more.
    KitchenBusy,
    /// The store stops for today.
    ClosingEarly,
    /// Something in the kitchen does not work.
    KitchenBroken,
    /// A rider's vehicle does not work.
    VehicleBroken,
    /// A rider is too far away.
    TooFar,
    /// A rider stops for today.
    ShiftEnds,
}

impl UsualReason {
    /// Why a store does not cook an order.
    pub const OF_STORES: [Self; 4] = [
        Self::IngredientMissing,
        Self::KitchenBusy,
        Self::ClosingEarly,
        Self::KitchenBroken,
    ];

    /// Why a rider does not bring it.
    pub const OF_RIDERS: [Self; 3] = [Self::VehicleBroken, Self::TooFar, Self::ShiftEnds];

    /// The words that services store, in English like those that they find themselves.
    pub fn words(self) -> &'static str {
        match self {
            Self::IngredientMissing => "an ingredient has run out",
            Self::KitchenBusy => "the kitchen has too much to do",
            Self::ClosingEarly => "the store closes early today",
            Self::KitchenBroken => "something in the kitchen is broken",
            Self::VehicleBroken => "the rider's vehicle has broken down",
            Self::TooFar => "the rider is too far away",
            Self::ShiftEnds => "the rider's shift has ended",
        }
    }

    /// The reason with these words.
    pub fn of_words(words: &str) -> Option<Self> {
        let all = Self::OF_STORES.into_iter().chain(Self::OF_RIDERS);
        all.into_iter().find(|reason| reason.words() == words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_known_again_by_its_words() {
        for reason in UsualReason::OF_STORES.into_iter().chain(UsualReason::OF_RIDERS) {
            assert_eq!(UsualReason::of_words(reason.words()), Some(reason));
        }
        assert_eq!(UsualReason::of_words("the oven broke"), None);
    }
}
