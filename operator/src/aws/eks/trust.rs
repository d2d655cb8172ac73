//! Trust policies: who may assume a role.

use serde_json::{Value, json};

/// The audience of the tokens by which service accounts get roles, which is the same in all partitions.
pub const AUDIENCE: &str = "sts.amazonaws.com";
/// What precedes the issuer in the ARN of an identity provider.
const PROVIDER: &str = ":oidc-provider/";

/// The policy that lets a service of AWS assume the role.
pub fn of_service(service: &str) -> Value {
    policy(&json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
    }))
}

/// The policy that lets one service account of the cluster with that identity provider assume the role:
/// <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>.
pub fn of_service_account(provider_arn: &str, namespace: &str, name: &str) -> Value {
    let issuer = provider_arn
        .split_once(PROVIDER)
        .map_or(provider_arn, |(_, issuer)| issuer);
    policy(&json!({
        "Effect": "Allow",
        "Principal": { "Federated": provider_arn },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{issuer}:aud"): AUDIENCE,
            format!("{issuer}:sub"): format!("system:serviceaccount:{namespace}:{name}"),
        } },
    }))
}

fn policy(statement: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A trust policy as IAM returns it: JSON, in the encoding of addresses. `None` if it is neither.
pub fn read(text: &str) -> Option<Value> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
    }
    serde_json::from_slice(&decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_account_of_that_cluster_may_assume_the_role() {
        let provider =
            "arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/1A";
        assert_eq!(
            of_service_account(provider, "kube-system", "driver")["Statement"],
            json!([{
                "Effect": "Allow",
                "Principal": { "Federated": provider },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    "oidc.eks.cn-north-1.amazonaws.com.cn/id/1A:aud": "sts.amazonaws.com",
                    "oidc.eks.cn-north-1.amazonaws.com.cn/id/1A:sub": "system:serviceaccount:kube-system:driver",
                } },
            }])
        );
    }

    #[test]
    fn what_iam_returns_is_read_as_it_was_written() {
        let encoded = "%7B%22Version%22%3A%20%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
        let policy = json!({ "Version": "2012-10-17", "Statement": [] });
        assert_eq!(read(encoded), Some(policy.clone()));
        assert_eq!(read(&policy.to_string()), Some(policy));
        assert_eq!(read("%7"), None);
        assert_eq!(read("no policy"), None);
    }
}
