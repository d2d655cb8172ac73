//! The environment of a build: a checkout, a cluster with a platform, AWS, a registry, an image, and permissions.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use aws_sdk_ecr::config::{BehaviorVersion, Credentials, Region};
use fdp_images::{Config, Image, Recipe, Tree};
use fdp_test_operator::{NAMESPACE, World, eventually};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    aws::{Aws, REGION},
    buildspec::{Build, Buildspec, step},
    registry::Registry,
    tools,
};

pub(crate) const PLATFORM: &str = "shop";
/// The group that `access.yaml` gives permissions to.
const GROUP: &str = "food-delivery-pipelines";

pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) aws: Aws,
    pub(crate) registry: Registry,
    pub(crate) environment: BTreeMap<String, String>,
    directory: tempfile::TempDir,
    _tools: tempfile::TempDir,
}

impl Bench {
    /// An environment whose platform has only default values.
    pub(crate) async fn start() -> Self {
        Self::on(World::start().await).await
    }

    pub(crate) async fn on(world: World) -> Self {
        let registry = Registry::start().await;
        let kubeconfig = kubeconfig_of(&world);
        let aws = Aws::start(&registry.address(), &kubeconfig).await;
        for package in ["git", "skopeo"] {
            tools::debian(package);
        }
        let kubectl = PathBuf::from(world.plane.kubectl().get_program());
        let tools = tools::folder_of(&[&tools::aws(), &kubectl]);
        let directory = tempfile::tempdir().unwrap();
        let bench = Self {
            environment: environment(&[tools.path()], &aws.endpoint(), directory.path()),
            world,
            aws,
            registry,
            directory,
            _tools: tools,
        };
        fs::create_dir(bench.home()).unwrap();
        bench.write_checkout();
        bench.let_in(NAMESPACE).await;
        bench.world.apply(PLATFORM, &json!({})).await;
        bench
    }

    /// The working directory of the build: a checkout with one program, which is called like a service.
    pub(crate) fn source(&self) -> PathBuf {
        self.directory.path().join("source")
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    fn write_checkout(&self) {
        let source = self.source();
        fs::create_dir_all(source.join("src")).unwrap();
        let package = "name = \"order\"\nversion = \"0.1.0\"\n";
        let manifest = format!("[package]\n{package}edition = \"2024\"\n");
        fs::write(source.join("Cargo.toml"), manifest).unwrap();
        fs::write(
            source.join("Cargo.lock"),
            format!("version = 4\n\n[[package]]\n{package}"),
        )
        .unwrap();
        self.write_test("assert_eq!(2 + 2, 4);");
        let manifests = fdp_checkout::root().join("manifests");
        std::os::unix::fs::symlink(manifests, source.join("manifests")).unwrap();
    }

    /// Makes this the only test of the program.
    pub(crate) fn write_test(&self, line: &str) {
        let text = format!("#[test]\nfn the_menu_is_complete() {{\n    {line}\n}}\n");
        fs::write(self.source().join("src/lib.rs"), text).unwrap();
    }

    /// An image with that text as its content.
    pub(crate) fn image(&self, word: &str) -> Image {
        image(word, self.directory.path())
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn take(&mut self, image: &Image) {
        self.set("IMAGE_ARCHIVE", &image.archive.display().to_string());
    }

    /// The reference by which nodes would pull that image.
    pub(crate) fn reference(&self, service: &str, image: &Image) -> String {
        format!(
            "{}/{PLATFORM}/{service}@{}",
            self.registry.address(),
            image.digest
        )
    }

    /// Creates the repository of a service at AWS.
    pub(crate) async fn make_repository(&self, service: &str) {
        ecr(&self.aws.moto.endpoint())
            .create_repository()
            .repository_name(format!("{PLATFORM}/{service}"))
            .send()
            .await
            .unwrap();
    }

    /// Runs a service's buildspec from its first phase to its last.
    pub(crate) async fn build(&self, service: &str) -> Build {
        Buildspec::read(service)
            .run(&self.source(), &self.environment)
            .await
    }

    /// Runs one script for a service.
    pub(crate) async fn step(&self, service: &str, name: &str) -> (bool, String) {
        let mut variables = self.environment.clone();
        variables.insert("SERVICE".to_owned(), service.to_owned());
        step(name, &self.source(), &variables).await
    }

    /// The image of a service in the platform's specification.
    pub(crate) async fn named(&self, service: &str) -> Option<String> {
        let platform = self.world.platforms().get(PLATFORM).await.unwrap();
        let spec = serde_json::to_value(platform.spec).unwrap();
        Some(spec["services"][service]["image"].as_str()?.to_owned())
    }

    /// Waits until the platform's specification names that image.
    pub(crate) async fn comes(&self, service: &str, image: &Image) {
        eventually("the image is named", async || match self.named(service).await {
            Some(named) if named.ends_with(&image.digest) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// Gives the pipelines their permissions in that namespace instead of that of a platform, and in the operator's;
    /// from now on builds have only these.
    pub(crate) async fn let_in(&self, namespace: &str) {
        let access = fs::read_to_string(super::generated::folder().join("access.yaml")).unwrap();
        let access = access.replace("namespace: food-delivery\n", &format!("namespace: {namespace}\n"));
        for name in [namespace, "food-delivery-system"] {
            let text = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            self.kubectl_apply(&text.to_string()).await;
        }
        self.kubectl_apply(&access).await;
        let mut kubeconfig = kubeconfig_of(&self.world);
        let user = &mut kubeconfig["users"][0]["user"];
        user["as"] = json!("a-build");
        user["as-groups"] = json!([GROUP]);
        fs::write(&self.environment["KUBECONFIG"], kubeconfig.to_string()).unwrap();
    }

    /// Applies as an administrator.
    pub(crate) async fn kubectl_apply(&self, text: &str) {
        let mut kubectl = Command::from(self.world.plane.kubectl())
            .args(["apply", "--server-side", "--force-conflicts", "--filename=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut input = kubectl.stdin.take().unwrap();
        input.write_all(text.as_bytes()).await.unwrap();
        drop(input);
        assert!(kubectl.wait().await.unwrap().success(), "{text}");
    }
}

fn kubeconfig_of(world: &World) -> Value {
    let text = fs::read_to_string(world.plane.kubeconfig()).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// The variables that `CodeBuild` and the project set.
fn environment(tools: &[&Path], aws: &str, directory: &Path) -> BTreeMap<String, String> {
    // The compiler is in the same directory as Cargo.
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap());
    let mut folders = tools.to_vec();
    folders.extend([cargo.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]);
    let path = env::join_paths(folders).unwrap().into_string().unwrap();
    let home = directory.join("home").display().to_string();
    let kubeconfig = directory.join("kubeconfig").display().to_string();
    let variables = [
        ("PATH", path.as_str()),
        ("HOME", &home),
        ("KUBECONFIG", &kubeconfig),
        ("AWS_ENDPOINT_URL", aws),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "anybody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        (
            "CODEBUILD_RESOLVED_SOURCE_VERSION",
            "0123456789abcdef0123456789abcdef01234567",
        ),
        ("CODEBUILD_BUILD_NUMBER", "7"),
        ("PLATFORM", PLATFORM),
        ("NAMESPACE", NAMESPACE),
        ("READY_SECONDS", "30"),
    ];
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// An image with that text as its content, created below `directory`.
pub(crate) fn image(word: &str, directory: &Path) -> Image {
    let mut tree = Tree::new();
    tree.file("etc/version", word, 0o644);
    let recipe = Recipe {
        name: word.to_owned(),
        layers: vec![tree],
        config: Config::default(),
    };
    fdp_images::pack(&recipe, "localhost/food-delivery/order:test", directory).unwrap()
}

pub(crate) fn ecr(endpoint: &str) -> aws_sdk_ecr::Client {
    let config = aws_sdk_ecr::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::for_tests())
        .endpoint_url(endpoint)
        .build();
    aws_sdk_ecr::Client::from_conf(config)
}
