//! The names of states, as stored and shown, and the `CloudEvents` types that announce them.

/// The name of an unknown state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is no {kind}")]
pub struct UnknownState {
    /// The unknown name.
    pub given: String,
    /// The type of the state.
    pub kind: &'static str,
}

/// Defines for each state its name (the name of the variant) and the `CloudEvents` type that announces it.
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
