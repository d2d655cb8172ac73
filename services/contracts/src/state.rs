//! States by name: as they are stored and shown, and as the `CloudEvents` types that announce them.

/// A name that no state has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is no {kind}")]
pub struct UnknownState {
    /// What was read.
    pub given: String,
    /// The type of the state.
    pub kind: &'static str,
}

/// Gives each state its name, which is that of the variant, and the `CloudEvents` type that announces it.
macro_rules! announced {
    ($kind:ident { $($state:ident => $event_type:literal,)+ }) => {
        impl $kind {
            /// Its name, as it is published and stored.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$state => stringify!($state),)+
                }
            }

            /// The `CloudEvents` type that announces it.
            pub fn event_type(self) -> &'static str {
                match self {
                    $(Self::$state => $event_type,)+
                }
            }

            /// Whether events of this `CloudEvents` type announce one of `states`.
            pub fn announces_any(kind: &str, states: &[Self]) -> bool {
                states.iter().any(|state| state.event_type() == kind)
            }
        }

        impl std::str::FromStr for $kind {
            type Err = $crate::state::UnknownState;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $(stringify!($state) => Ok(Self::$state),)+
                    other => Err($crate::state::UnknownState {
                        given: other.to_owned(),
                        kind: stringify!($kind),
                    }),
                }
            }
        }
    };
}
pub(crate) use announced;
