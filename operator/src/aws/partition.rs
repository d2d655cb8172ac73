//! The partitions of AWS, which share nothing: each has names of its own for the same things.
//!
//! <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>

/// A partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    id: &'static str,
    dns_suffix: &'static str,
}

/// The partition of the commercial regions.
const COMMERCIAL: Partition = Partition {
    id: "aws",
    dns_suffix: "amazonaws.com",
};
/// The other partitions, by what the names of their regions start with.
const OTHERS: [(&str, Partition); 7] = [
    ("cn-", partition("aws-cn", "amazonaws.com.cn")),
    ("us-gov-", partition("aws-us-gov", "amazonaws.com")),
    ("us-iso-", partition("aws-iso", "c2s.ic.gov")),
    ("us-isob-", partition("aws-iso-b", "sc2s.sgov.gov")),
    ("eu-isoe-", partition("aws-iso-e", "cloud.adc-e.uk")),
    ("us-isof-", partition("aws-iso-f", "csp.hci.ic.gov")),
    ("eusc-", partition("aws-eusc", "amazonaws.eu")),
];

const fn partition(id: &'static str, dns_suffix: &'static str) -> Partition {
    Partition { id, dns_suffix }
}

impl Partition {
    /// The partition of a region.
    pub fn of(region: &str) -> Self {
        OTHERS
            .into_iter()
            .find_map(|(start, partition)| region.starts_with(start).then_some(partition))
            .unwrap_or(COMMERCIAL)
    }

    /// The ARN of a policy that AWS manages, by its path and name, such as `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn managed_policy(self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.id)
    }

    /// The address of STS in a region of the partition: <https://docs.aws.amazon.com/general/latest/gr/sts.html>.
    pub fn sts(self, region: &str) -> String {
        format!("https://sts.{region}.{}", self.dns_suffix)
    }

    /// The name by which roles trust EC2. Unlike that of other services, it is a different one in China.
    pub fn ec2(self) -> &'static str {
        match self.id {
            "aws-cn" => "ec2.amazonaws.com.cn",
            _ => "ec2.amazonaws.com",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_policies_addresses_and_name_of_ec2() {
        for (region, arn, sts, ec2) in [
            ("eu-central-1", "arn:aws:", "amazonaws.com", "ec2.amazonaws.com"),
            ("us-east-1", "arn:aws:", "amazonaws.com", "ec2.amazonaws.com"),
            (
                "cn-north-1",
                "arn:aws-cn:",
                "amazonaws.com.cn",
                "ec2.amazonaws.com.cn",
            ),
            (
                "us-gov-west-1",
                "arn:aws-us-gov:",
                "amazonaws.com",
                "ec2.amazonaws.com",
            ),
            ("us-iso-east-1", "arn:aws-iso:", "c2s.ic.gov", "ec2.amazonaws.com"),
            (
                "us-isob-east-1",
                "arn:aws-iso-b:",
                "sc2s.sgov.gov",
                "ec2.amazonaws.com",
            ),
            (
                "eu-isoe-west-1",
                "arn:aws-iso-e:",
                "cloud.adc-e.uk",
                "ec2.amazonaws.com",
            ),
            (
                "us-isof-south-1",
                "arn:aws-iso-f:",
                "csp.hci.ic.gov",
                "ec2.amazonaws.com",
            ),
            (
                "eusc-de-east-1",
                "arn:aws-eusc:",
                "amazonaws.eu",
                "ec2.amazonaws.com",
            ),
        ] {
            let partition = Partition::of(region);
            assert_eq!(
                partition.managed_policy("AmazonEKSClusterPolicy"),
                format!("{arn}iam::aws:policy/AmazonEKSClusterPolicy")
            );
            assert_eq!(partition.sts(region), format!("https://sts.{region}.{sts}"));
            assert_eq!(partition.ec2(), ec2);
        }
    }
}
