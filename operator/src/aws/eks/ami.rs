//! Which image nodes start from, by the processors of their instance types.

/// The operating system of nodes, which is built for each architecture:
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ami {
    X86,
    Arm,
}

/// One group of nodes has one image, but these instance types need two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mixed {
    pub x86: Vec<String>,
    pub arm: Vec<String>,
}

impl Ami {
    /// The image for nodes of all these instance types.
    ///
    /// # Errors
    /// When they have different architectures.
    pub fn for_all(instance_types: &[String]) -> Result<Self, Mixed> {
        let (arm, x86): (Vec<_>, Vec<_>) = instance_types.iter().cloned().partition(|kind| is_arm(kind));
        match (arm.is_empty(), x86.is_empty()) {
            (true, _) => Ok(Self::X86),
            (false, true) => Ok(Self::Arm),
            (false, false) => Err(Mixed { x86, arm }),
        }
    }

    /// Its name at EKS.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86 => "AL2023_x86_64_STANDARD",
            Self::Arm => "AL2023_ARM_64_STANDARD",
        }
    }
}

/// Whether an instance type has ARM processors: its name has a `g` after the generation, as in `m7gd.large`, and not only
/// before it, as in `g5.xlarge`: <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html>. The first
/// of them were named before that rule.
fn is_arm(instance_type: &str) -> bool {
    let family = instance_type
        .split_once('.')
        .map_or(instance_type, |(family, _)| family);
    let after_series = family.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    family == "a1" || after_series.contains('g')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ami(instance_types: &[&str]) -> Result<Ami, Mixed> {
        let types: Vec<String> = instance_types.iter().map(ToString::to_string).collect();
        Ami::for_all(&types)
    }

    #[test]
    fn graviton_is_arm_whatever_else_the_name_says() {
        for kind in [
            "a1.large",
            "t4g.medium",
            "m6g.large",
            "m7gd.metal",
            "c6gn.large",
            "c7gn.large",
            "r8g.large",
            "x2gd.large",
            "im4gn.large",
            "is4gen.large",
            "i8ge.large",
            "hpc7g.large",
            "g5g.xlarge",
        ] {
            assert_eq!(ami(&[kind]), Ok(Ami::Arm), "{kind}");
        }
    }

    #[test]
    fn all_others_are_x86_those_with_graphics_processors_too() {
        for kind in [
            "t3.medium",
            "t3a.medium",
            "m7i.large",
            "m7i-flex.large",
            "m7a.large",
            "c5n.large",
            "g4dn.xlarge",
            "g4ad.xlarge",
            "g5.xlarge",
            "g6e.xlarge",
            "gr6.4xlarge",
            "p4d.24xlarge",
            "p5.48xlarge",
            "i3en.large",
            "inf2.xlarge",
            "trn1.2xlarge",
            "u-6tb1.metal",
            "u7i-12tb.224xlarge",
        ] {
            assert_eq!(ami(&[kind]), Ok(Ami::X86), "{kind}");
        }
        assert_eq!(ami(&[]), Ok(Ami::X86));
    }

    #[test]
    fn both_at_once_have_no_image() {
        assert_eq!(
            ami(&["t4g.medium", "t3.medium", "m7g.large"]),
            Err(Mixed {
                x86: vec!["t3.medium".to_owned()],
                arm: vec!["t4g.medium".to_owned(), "m7g.large".to_owned()],
            })
        );
        assert_eq!(ami(&["t4g.medium", "m7g.large"]), Ok(Ami::Arm));
    }
}
