//! A provider that keeps books, for tests: it knows repeated calls by their keys, and answers them as it did the first time.

use super::{Books, Call, Reference, Standing};
use std::collections::BTreeMap;

/// What the provider answers: what there is, or why it refuses.
pub(super) type Answer = Result<(Standing, Reference), String>;

/// The payment at the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Account {
    #[default]
    None,
    Open,
    Expired,
    Held,
    Cancelled,
    Taken {
        captured: u64,
        refunds: Vec<Refund>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refund {
    pub(super) amount: u64,
    pub(super) state: RefundState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundState {
    Pending,
    Arrived,
    Failed,
}

/// A provider with one payment of `amount` won.
#[derive(Debug, Default)]
pub(super) struct Provider {
    amount: u64,
    pub(super) account: Account,
    answered: BTreeMap<String, Answer>,
    late: Vec<(Call, String)>,
}

impl Provider {
    pub(super) fn new(amount: u64) -> Self {
        Self {
            amount,
            ..Self::default()
        }
    }

    /// The call arrives; the answer to a repeated one is that of the first.
    pub(super) fn call(&mut self, call: Call, key: &str) -> Answer {
        if let Some(answered) = self.answered.get(key) {
            return answered.clone();
        }
        let answer = self.execute(call).map(|()| self.look_up());
        self.answered.insert(key.to_owned(), answer.clone());
        answer
    }

    /// The call is refused, whatever it is.
    pub(super) fn refuse(&mut self, key: &str) -> Answer {
        let refused = Err("the provider does not want to".to_owned());
        self.answered.entry(key.to_owned()).or_insert(refused).clone()
    }

    /// The call will arrive later.
    pub(super) fn delay(&mut self, call: Call, key: &str) {
        self.late.push((call, key.to_owned()));
    }

    /// The oldest delayed call arrives now.
    pub(super) fn deliver(&mut self) {
        if !self.late.is_empty() {
            let (call, key) = self.late.remove(0);
            // Nobody waits for the answer any more.
            let _ = self.call(call, &key);
        }
    }

    fn execute(&mut self, call: Call) -> Result<(), String> {
        let whole = self.amount;
        match (call, &mut self.account) {
            (Call::Authorize, account @ Account::None) => *account = Account::Open,
            (Call::Cancel, account @ Account::Open) => *account = Account::Expired,
            (Call::Cancel, account @ Account::Held) => *account = Account::Cancelled,
            (Call::Capture { amount }, account @ Account::Held) if (1..=whole).contains(&amount) => {
                *account = Account::Taken {
                    captured: amount,
                    refunds: vec![],
                };
            }
            (Call::Refund { amount }, Account::Taken { captured, refunds })
                if amount > 0 && amount <= *captured - sum(refunds, |state| state != RefundState::Failed) =>
            {
                refunds.push(Refund {
                    amount,
                    state: RefundState::Pending,
                });
            }
            (call, account) => return Err(format!("{call:?} is impossible: {account:?}")),
        }
        Ok(())
    }

    /// What there is now.
    pub(super) fn look_up(&self) -> (Standing, Reference) {
        let standing = match &self.account {
            Account::None => Standing::Asked,
            Account::Open => Standing::AwaitingCustomer,
            Account::Expired => Standing::Expired,
            Account::Held => Standing::Authorized { capture_before: None },
            Account::Cancelled => Standing::Cancelled,
            Account::Taken { captured, refunds } => Standing::Captured(Books {
                captured: *captured,
                refunded: sum(refunds, |state| state == RefundState::Arrived),
                refunding: sum(refunds, |state| state == RefundState::Pending),
                failed_refunds: failed(refunds),
            }),
        };
        let reference = Reference {
            session: Some("session".to_owned()),
            payment: None,
        };
        (standing, reference)
    }

    /// The customer pays, or the money that is held is given back, or the page expires, if that is possible now.
    pub(super) fn change(&mut self, from: &Account, to: Account) {
        if self.account == *from {
            self.account = to;
        }
    }

    /// The oldest refund that is under way ends.
    pub(super) fn end_refund(&mut self, state: RefundState) {
        if let Account::Taken { refunds, .. } = &mut self.account {
            let pending = |refund: &&mut Refund| refund.state == RefundState::Pending;
            if let Some(refund) = refunds.iter_mut().find(pending) {
                refund.state = state;
            }
        }
    }

    /// What it has of the customer's money, in won.
    pub(super) fn holds(&self) -> u64 {
        match &self.account {
            Account::Held => self.amount,
            Account::Taken { captured, refunds } => {
                captured - sum(refunds, |state| state != RefundState::Failed)
            }
            _ => 0,
        }
    }
}

fn sum(refunds: &[Refund], counts: impl Fn(RefundState) -> bool) -> u64 {
    let counted = refunds.iter().filter(|refund| counts(refund.state));
    counted.map(|refund| refund.amount).sum()
}

fn failed(refunds: &[Refund]) -> u32 {
    let failed = refunds
        .iter()
        .filter(|refund| refund.state == RefundState::Failed);
    u32::try_from(failed.count()).unwrap()
}
