//! What messages quote that a command can use: another command, and the account that lacks a right.

/// The command in a message that labels a Secret.
pub(super) fn label_command(message: &str) -> Option<String> {
    const COMMAND: &str = "kubectl label --overwrite secret ";
    let (_, rest) = message.split_once(COMMAND)?;
    let arguments = rest.split(';').next()?;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || " -./=".contains(character);
    arguments
        .chars()
        .all(is_plain)
        .then(|| format!("{COMMAND}{arguments}"))
}

/// The account that the API server refuses something, as its message names it.
pub(super) fn account(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User \"")?;
    let (account, _) = rest.split_once('"')?;
    let is_in_name = |character: char| character.is_ascii_alphanumeric() || ":.-".contains(character);
    account.chars().all(is_in_name).then_some(account)
}
