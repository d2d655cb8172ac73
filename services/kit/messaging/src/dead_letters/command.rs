//! The command line `<service> dead-letters list|replay`.

use uuid::Uuid;

/// The usage text.
pub(super) const USAGE: &str = "usage: <service> dead-letters list [--all] [--limit <n>] [--event <id>]\n\
     \x20      <service> dead-letters replay [--limit <n>] [--event <id>]";

/// The parsed command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Replay the dead letters instead of listing them.
    pub(super) replay: bool,
    /// Include those that were replayed before.
    pub(super) all: bool,
    /// The most dead letters to list or replay.
    pub(super) limit: Option<usize>,
    /// Only the dead letter of the event with this id.
    pub(super) event: Option<Uuid>,
}

/// Parses the arguments after the program's name; `None` when they are not about dead letters.
pub(super) fn parse(arguments: &[String]) -> Result<Option<Command>, String> {
    let mut words = arguments.iter().map(String::as_str);
    if words.next() != Some("dead-letters") {
        return Ok(None);
    }
    let mut command = Command {
        replay: match words.next() {
            Some("list") => false,
            Some("replay") => true,
            Some(other) => return Err(format!("'{other}' is neither list nor replay")),
            None => return Err("say list or replay".to_owned()),
        },
        ..Command::default()
    };
    while let Some(option) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{option} needs a value"));
        match option {
            "--all" if !command.replay => command.all = true,
            "--limit" => {
                let number = value()?;
                let limit = number
                    .parse()
                    .map_err(|_| format!("--limit {number} is no number"))?;
                command.limit = Some(limit);
            }
            "--event" => {
                let id = value()?;
                let event = id.parse().map_err(|_| format!("--event {id} is no event's id"))?;
                command.event = Some(event);
            }
            other => return Err(format!("there is no option '{other}' here")),
        }
    }
    Ok(Some(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Command>, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&arguments)
    }

    #[test]
    fn a_service_that_is_told_nothing_serves() {
        assert_eq!(parsed(""), Ok(None));
        assert_eq!(parsed("rebuild --limit 3"), Ok(None));
    }

    #[test]
    fn the_options_are_read() {
        let event = Uuid::now_v7();
        let command = parsed(&format!("dead-letters replay --limit 3 --event {event}"));
        let expected = Command {
            replay: true,
            limit: Some(3),
            event: Some(event),
            all: false,
        };
        assert_eq!(command, Ok(Some(expected)));
        assert!(parsed("dead-letters list --all").unwrap().unwrap().all);
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (line, word) in [
            ("dead-letters", "list or replay"),
            ("dead-letters burn", "burn"),
            ("dead-letters list --limit", "--limit needs a value"),
            ("dead-letters list --limit many", "many"),
            ("dead-letters replay --all", "--all"),
        ] {
            let words = parsed(line).unwrap_err();
            assert!(words.contains(word), "{line}: {words}");
        }
    }
}
