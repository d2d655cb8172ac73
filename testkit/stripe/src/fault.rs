//! What goes wrong with a call.

/// A call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A page is made on which a customer pays.
    CreateSession,
    /// A page is read.
    ReadSession,
    /// A page is closed.
    ExpireSession,
    /// Money that is held is taken.
    Capture,
    /// Money that is held is given up.
    Cancel,
    /// Money goes back.
    Refund,
    /// The refunds of a payment are read.
    ListRefunds,
    /// The payments of the account are read.
    ListIntents,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no effect and no answer.
    SilentBefore,
    /// There is an effect, and no answer.
    SilentAfter,
    /// There is no effect, and an answer with this status: 409 and 429 among them.
    Status(u16),
    /// There is an effect, and an answer with status 500.
    FailedAfter,
    /// All is well, after so many milliseconds.
    Slow(u64),
}
