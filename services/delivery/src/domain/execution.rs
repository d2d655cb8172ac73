//! How commands change a delivery.

use super::actor::Actor;
use super::command::{Command, CommandError};
use super::delivery::Delivery;
use super::history::what;
use super::load::Load;
use super::position::Position;
use chrono::{DateTime, Utc};
use fdp_contracts::DeliveryState;

impl Delivery {
    /// Executes a command of `by`; a rider may do less than others. `load` is that of [`Command::taker`]. A repeated command
    /// changes nothing.
    ///
    /// # Errors
    /// When the state of the delivery does not allow it, or the rider may not do it or has enough to do; the delivery is
    /// unchanged then.
    pub fn execute(
        &mut self,
        by: &Actor,
        command: &Command,
        load: Load,
        now: DateTime<Utc>,
    ) -> Result<(), CommandError> {
        use DeliveryState::{Cancelled, Delivered, Departing, Ready, Requested, Started};
        if let Some(rider) = by.rider() {
            self.authorize(rider, command)?;
        }
        match (command, self.state) {
            (Command::Assign { rider_id }, _) if self.rider_id.as_ref() == Some(rider_id) => {}
            (Command::Assign { .. } | Command::GiveBack { .. }, Requested) if self.offered_at.is_none() => {
                return Err(CommandError::NotOffered(self.parcel.order_id));
            }
            (Command::Assign { rider_id }, Requested | Ready) => self.take_on(rider_id, by, load, now)?,
            (Command::GiveBack { reason }, Requested | Ready) => self.give_back(reason, by, now),
            (Command::Locate(position), Requested | Ready | Departing | Started) => {
                self.locate(*position, now);
            }
            (Command::Start, Ready | Departing | Started) => {
                // A rider who leaves with an unassigned delivery takes it on.
                if let Some(rider) = by.rider() {
                    self.take_on(rider, by, load, now)?;
                }
                if self.state == Ready {
                    self.enter(Departing, by, now);
                }
            }
            (Command::Start | Command::Deliver, Delivered) => {}
            (Command::Deliver, Started) => self.enter(Delivered, by, now),
            (
                Command::Assign { .. } | Command::GiveBack { .. },
                Departing | Started | Delivered | Cancelled,
            )
            | (Command::Locate(_), Delivered | Cancelled)
            | (Command::Start, Requested | Cancelled)
            | (Command::Deliver, Requested | Ready | Departing | Cancelled) => {
                return Err(CommandError::WrongState {
                    order_id: self.parcel.order_id,
                    state: self.state,
                    command: command.name(),
                });
            }
        }
        Ok(())
    }

    /// Whether `rider` may give `command`.
    fn authorize(&self, rider: &str, command: &Command) -> Result<(), CommandError> {
        let order_id = self.parcel.order_id;
        match (self.rider_id.as_deref(), command) {
            (_, Command::Assign { rider_id }) if rider_id != rider => Err(CommandError::AssignsOther),
            (Some(other), _) if other != rider => Err(CommandError::AssignedToOther(order_id)),
            (None, Command::Locate(_) | Command::Deliver) if !self.has_ended() => {
                Err(CommandError::Unassigned(order_id))
            }
            _ => Ok(()),
        }
    }

    fn take_on(
        &mut self,
        rider: &str,
        by: &Actor,
        load: Load,
        now: DateTime<Utc>,
    ) -> Result<(), CommandError> {
        if self.rider_id.as_deref() == Some(rider) {
            return Ok(());
        }
        if load.is_full() {
            return Err(CommandError::TooMany {
                rider_id: rider.to_owned(),
                limit: load.limit,
            });
        }
        if self.rider_id.is_some() {
            // The position is that of the rider before.
            self.free();
        }
        self.rider_id = Some(rider.to_owned());
        self.record(now, what::ASSIGNED, by, None);
        Ok(())
    }

    /// Whoever repeats it, because the first answer was lost, finds that nobody has the delivery any more.
    fn give_back(&mut self, reason: &str, by: &Actor, now: DateTime<Utc>) {
        if self.rider_id.is_some() {
            self.record(now, what::GIVEN_BACK, by, Some(reason));
            self.free();
        }
    }

    fn enter(&mut self, state: DeliveryState, by: &Actor, now: DateTime<Utc>) {
        self.state = state;
        self.changed_at = now;
        self.record(now, state.name(), by, None);
    }

    /// Keeps the position with the latest time, in whichever order they arrive.
    fn locate(&mut self, position: Position, now: DateTime<Utc>) {
        // A time from a fast clock must not hide later positions.
        let position = position.no_later_than(now);
        if self.position.is_none_or(|known| known.at() < position.at()) {
            self.position = Some(position);
        }
    }
}
