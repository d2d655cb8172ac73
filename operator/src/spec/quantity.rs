//! Compares amounts of CPU and memory, which Kubernetes rewrites (`0.5` becomes `500m`).

/// The amount in thousandths of its unit, rounded up as Kubernetes does; `None` if it is not an amount.
pub fn milli(text: &str) -> Option<i128> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    // Milli-units per unit of the suffix.
    let scale: i128 = match suffix {
        "m" => 1,
        "" => 1000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "T" => 1_000_000_000_000_000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.len() > 20 || fraction.contains('.') {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let product = digits.checked_mul(scale)?;
    Some((product + divisor - 1) / divisor)
}

/// Whether two texts are the same amount.
pub fn equal(left: &str, right: &str) -> bool {
    left == right || matches!((milli(left), milli(right)), (Some(a), Some(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_can_be_written_in_many_ways() {
        assert!(equal("0.5", "500m"));
        assert!(equal("1", "1000m"));
        assert!(equal("1Gi", "1024Mi"));
        assert!(equal("1.5Gi", "1536Mi"));
        assert!(!equal("1G", "1Gi"));
        assert!(!equal("100m", "100Mi"));
    }

    #[test]
    fn what_is_not_an_amount_equals_only_itself() {
        assert_eq!(milli("much"), None);
        assert_eq!(milli(""), None);
        assert_eq!(milli("1.2.3"), None);
        assert!(equal("much", "much"));
        assert!(!equal("much", "little"));
    }
}
