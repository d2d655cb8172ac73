//! `fdp diff`: what a file would change in the cluster.

use std::{io::Write, path::PathBuf};

use fdp_crds::FoodDeliveryPlatform;
use kube::{Client, ResourceExt};

use crate::{
    cli::{
        diff::{DiffError, defaults::ImageArguments, diff, text::text},
        paint::Paint,
        render::platforms,
    },
    connect::ClusterArguments,
    settings::Settings,
};

/// The flags of `fdp diff`.
#[derive(Clone, Debug, clap::Args)]
pub struct DiffArguments {
    /// A YAML file with one or more platforms, or `-` for standard input.
    #[arg(short, long)]
    pub file: PathBuf,

    #[command(flatten)]
    pub images: ImageArguments,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Compares every platform in the text of a file with the cluster that the arguments name.
///
/// Returns the exit code: 0 if nothing differs, 1 if something does, 2 if something would be refused.
pub async fn run(
    arguments: &DiffArguments,
    file: &str,
    paint: Paint,
    output: &mut impl Write,
) -> Result<u8, DiffError> {
    let platforms = platforms(file)?;
    for platform in &platforms {
        check_namespace(platform, arguments.cluster.namespace.as_deref())?;
    }
    let client = arguments.cluster.connect().await?;
    let settings = arguments.images.settings(&client).await;
    run_with(&client, platforms, &settings, paint, output).await
}

/// Compares platforms with the cluster of that client.
pub async fn run_with(
    client: &Client,
    platforms: Vec<FoodDeliveryPlatform>,
    settings: &Settings,
    paint: Paint,
    output: &mut impl Write,
) -> Result<u8, DiffError> {
    let mut code = 0;
    for platform in platforms {
        let report = Box::pin(diff(client, platform, settings)).await?;
        output
            .write_all(text(&report, paint).as_bytes())
            .map_err(DiffError::Print)?;
        code = code.max(report.exit_code());
    }
    Ok(code)
}

/// A file and a flag with different namespaces are an error, because nobody can know which one is wrong.
fn check_namespace(platform: &FoodDeliveryPlatform, asked: Option<&str>) -> Result<(), DiffError> {
    match (platform.namespace(), asked) {
        (Some(own), Some(asked)) if own != asked => Err(DiffError::TwoNamespaces {
            name: platform.name_any(),
            own,
            asked: asked.to_owned(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn contradicting_file_and_flag_are_rejected_before_any_call() {
        let file = "apiVersion: fooddelivery.dev/v1alpha1\nkind: FoodDeliveryPlatform\n\
                    metadata: {name: shop, namespace: food}\nspec: {}\n";
        let arguments = DiffArguments {
            file: "-".into(),
            images: ImageArguments::default(),
            cluster: ClusterArguments {
                kubeconfig: Some("/nowhere".into()),
                namespace: Some("drinks".to_owned()),
                ..Default::default()
            },
        };
        let error = run(&arguments, file, Paint::PLAIN, &mut Vec::new())
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "FoodDeliveryPlatform shop says that its namespace is food, --namespace says drinks: leave one out"
        );
    }
}
