//! For how long services keep what need not be kept for ever. What bookkeeping needs is not here: orders, payments, stock.

use std::collections::BTreeMap;
use std::str::FromStr;

/// For how long the rows of one table are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The table, or the collection of documents.
    pub table: &'static str,
    /// For how many days, if nobody says otherwise.
    pub days: u32,
    /// For how many days at least: with less, something would go wrong.
    pub least_days: u32,
}

const fn keep(table: &'static str, days: u32, least_days: u32) -> Retention {
    Retention {
        table,
        days,
        least_days,
    }
}

/// Whom orders went to, and where.
pub const RECIPIENTS: Retention = keep("recipients", 30, 1);
/// Messages to customers.
pub const NOTIFICATIONS: Retention = keep("notifications", 90, 1);
/// Who did what with tickets.
pub const TICKET_HISTORY: Retention = keep("ticket_history", 90, 1);
/// Who did what with deliveries.
pub const DELIVERY_HISTORY: Retention = keep("delivery_history", 90, 1);
/// What customers and owners see of orders.
pub const ORDER_VIEW: Retention = keep("order_view", 365, 1);
/// How orders came to be what is seen of them.
pub const ORDER_HISTORY: Retention = keep("order_history", 365, 1);
/// Which orders are counted in recommendations. Kafka keeps the events of an order for 7 days.
pub const COUNTED_ORDERS: Retention = keep("counted_orders", 90, 14);
/// The events that a service has handled: twice as long as Kafka can deliver them again.
pub const INBOX: Retention = keep("inbox", 14, 14);

/// All tables of which old rows are removed.
pub const ALL: [Retention; 8] = [
    RECIPIENTS,
    NOTIFICATIONS,
    TICKET_HISTORY,
    DELIVERY_HISTORY,
    ORDER_VIEW,
    ORDER_HISTORY,
    COUNTED_ORDERS,
    INBOX,
];

/// For how many days tables are kept, as somebody has said it: `recipients=30,notifications=90`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionDays(BTreeMap<&'static str, u32>);

impl RetentionDays {
    /// For how many days the rows of this table are kept.
    pub fn of(&self, retention: &Retention) -> u32 {
        self.0.get(retention.table).copied().unwrap_or(retention.days)
    }
}

impl FromStr for RetentionDays {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let read = |pair: &str| {
            let (table, days) = pair
                .split_once('=')
                .ok_or_else(|| format!("'{}' is not like recipients=30", pair.trim()))?;
            let (table, days) = (table.trim(), days.trim());
            let retention = ALL
                .iter()
                .find(|retention| retention.table == table)
                .ok_or_else(|| {
                    let all = ALL.map(|retention| retention.table).join(", ");
                    format!("rows of '{table}' are not removed; there are {all}")
                })?;
            let days: u32 = days
                .parse()
                .map_err(|_| format!("'{days}' is not a number of days"))?;
            if days < retention.least_days {
                let least = retention.least_days;
                return Err(format!("{table} has to be kept for {least} days at least"));
            }
            Ok((retention.table, days))
        };
        pairs.map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_kept_as_long_as_somebody_says_or_else_as_usual() {
        let days: RetentionDays = " recipients=7, notifications = 30,".parse().unwrap();
        assert_eq!((days.of(&RECIPIENTS), days.of(&NOTIFICATIONS)), (7, 30));
        assert_eq!(days.of(&ORDER_VIEW), 365);
        assert_eq!("".parse(), Ok(RetentionDays::default()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (text, words) in [
            ("recipients", "like recipients=30"),
            ("recipients=soon", "'soon' is not a number"),
            ("recipients=0", "1 days at least"),
            ("inbox=7", "14 days at least"),
            ("payments=30", "rows of 'payments' are not removed"),
        ] {
            let error = text.parse::<RetentionDays>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn no_table_is_kept_shorter_than_it_has_to_be() {
        for retention in ALL {
            assert!(retention.days >= retention.least_days, "{retention:?}");
        }
    }
}
