//! What a user does next, by chance.

use fdp_drill::Mix;
use rand::RngExt as _;
use rand::rngs::StdRng;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Places an order.
    Order,
    /// Looks at an earlier order.
    Browse,
    /// Places an order and cancels it.
    Cancel,
}

impl Action {
    /// One of them, as likely as its part of the mix, which is not empty.
    pub(super) fn choose(mix: Mix, random: &mut StdRng) -> Self {
        let [order, browse, cancel] = [mix.order, mix.browse, mix.cancel].map(u64::from);
        let chosen = random.random_range(0..(order + browse + cancel).max(1));
        if chosen < browse {
            Self::Browse
        } else if chosen < browse + cancel {
            Self::Cancel
        } else {
            Self::Order
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    fn shares(order: u32, browse: u32, cancel: u32) -> [usize; 3] {
        let mut random = StdRng::seed_from_u64(7);
        let mix = Mix {
            order,
            browse,
            cancel,
        };
        let chosen: Vec<_> = (0..10_000).map(|_| Action::choose(mix, &mut random)).collect();
        [Action::Order, Action::Browse, Action::Cancel]
            .map(|action| chosen.iter().filter(|chosen| **chosen == action).count())
    }

    #[test]
    fn each_is_as_likely_as_its_part() {
        assert_eq!(shares(1, 0, 0), [10_000, 0, 0]);
        assert_eq!(shares(0, 3, 0), [0, 10_000, 0]);
        let [order, browse, cancel] = shares(7, 2, 1);
        assert!((6_700..7_300).contains(&order), "{order}");
        assert!((1_800..2_200).contains(&browse), "{browse}");
        assert!((800..1_200).contains(&cancel), "{cancel}");
    }

    #[test]
    fn parts_may_be_as_big_as_they_like() {
        assert_eq!(shares(0, 0, u32::MAX), [0, 0, 10_000]);
        assert!(
            shares(u32::MAX, u32::MAX, u32::MAX)
                .iter()
                .all(|count| *count > 3_000)
        );
    }
}
