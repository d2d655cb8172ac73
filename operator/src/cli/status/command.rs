//! `fdp status`: shows the state of platforms.

use std::{
    future::Future,
    io::{IsTerminal as _, Write},
};

use fdp_crds::ResilienceDrill;
use k8s_openapi::jiff::Timestamp;
use kube::{Client, core::DynamicObject};

use crate::{
    cli::{
        paint::Paint,
        status::{
            StatusError, all_ready,
            drills::{self, is_of},
            json,
            list::Selection,
            shown::Shown,
            tree::tree,
            watch::{self, Update},
        },
    },
    connect::ClusterArguments,
};

/// Clears the terminal and its scrollback.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// The flags of `fdp status`.
#[derive(Clone, Debug, clap::Args)]
pub struct StatusArguments {
    /// The platform's name [default: all platforms of the namespace].
    #[arg(conflicts_with = "all_namespaces")]
    pub name: Option<String>,

    /// The platforms of all namespaces.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,

    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputForm,

    /// Print again after every change, until Ctrl-C.
    #[arg(short, long)]
    pub watch: bool,

    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputForm {
    #[default]
    Tree,
    Json,
}

/// Prints platforms.
#[derive(Debug)]
pub struct Printer<W> {
    output: W,
    form: Form,
    /// Whether something was printed already.
    printed: bool,
}

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Tree {
        paint: Paint,
        /// Whether the screen is cleared first.
        clears: bool,
    },
    /// One document, over several lines.
    Json,
    /// One document per line.
    JsonLines,
}

/// Prints the platforms that the arguments select to standard output.
///
/// Returns the exit code: 0 if there is at least one and each is ready for its current generation, else 1.
pub async fn run(arguments: &StatusArguments) -> Result<u8, StatusError> {
    let client = arguments.cluster.connect().await?;
    let form = match arguments.output {
        OutputForm::Tree => Form::Tree {
            paint: Paint::for_standard_output(),
            clears: arguments.watch && std::io::stdout().is_terminal(),
        },
        OutputForm::Json if arguments.watch => Form::JsonLines,
        OutputForm::Json => Form::Json,
    };
    let printer = Printer::new(std::io::stdout(), form);
    let selection = arguments.selection(client.default_namespace());
    if !arguments.watch {
        return show_once(&client, &selection, printer).await;
    }
    let interrupted = async {
        // Without a handler, Ctrl-C ends the program anyway.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    follow(&client, &selection, printer, interrupted).await
}

impl StatusArguments {
    fn selection(&self, namespace: &str) -> Selection {
        let namespace = namespace.to_owned();
        match self.name.clone() {
            None if self.all_namespaces => Selection::Everywhere,
            None => Selection::Namespace(namespace),
            Some(name) => Selection::One { namespace, name },
        }
    }
}

/// Prints the current state of the platforms.
pub async fn show_once(
    client: &Client,
    selection: &Selection,
    mut printer: Printer<impl Write>,
) -> Result<u8, StatusError> {
    let platforms = selection.list(client).await?;
    let drills = drills::list(client, selection, &platforms).await;
    let platforms = shown(&platforms, &drills);
    let text = printer.text(&platforms, selection)?;
    printer.print(&text)?;
    Ok(u8::from(!all_ready(&platforms)))
}

/// Prints the current state of the platforms, and again whenever the output changes, until `stop` completes.
pub async fn follow(
    client: &Client,
    selection: &Selection,
    mut printer: Printer<impl Write>,
    stop: impl Future<Output = ()>,
) -> Result<u8, StatusError> {
    // A wrong selection fails at once; later errors may be temporary.
    let with_drills = drills::are_allowed(&selection.list(client).await?);
    let mut last = String::new();
    let mut code = 1;
    let on_update = |update: Update<'_>| match update {
        Update::Interrupted(error) => {
            eprintln!("{error}; trying again");
            Ok(())
        }
        Update::Changed { platforms, drills } => {
            let drills: Vec<ResilienceDrill> = drills.into_iter().filter_map(drills::read).collect();
            let platforms = shown(platforms, &drills);
            code = u8::from(!all_ready(&platforms));
            let text = printer.text(&platforms, selection)?;
            if text != last {
                printer.print(&text)?;
                last = text;
            }
            Ok(())
        }
    };
    watch::watch(client, (selection, with_drills), on_update, stop).await?;
    Ok(code)
}

fn shown<'a>(
    platforms: impl IntoIterator<Item = &'a DynamicObject>,
    drills: &[ResilienceDrill],
) -> Vec<Shown> {
    let now = Timestamp::now();
    let of = |platform| {
        drills
            .iter()
            .filter(move |drill| is_of(drill, platform))
            .cloned()
            .collect()
    };
    let mut platforms: Vec<Shown> = platforms
        .into_iter()
        .map(|object| Shown::of(object, now).with_drills(of(object), now))
        .collect();
    platforms.sort_by(|one, other| {
        (&one.view.namespace, &one.view.name).cmp(&(&other.view.namespace, &other.view.name))
    });
    platforms
}

impl<W: Write> Printer<W> {
    /// Prints to `output` in that form.
    pub fn new(output: W, form: Form) -> Self {
        Self {
            output,
            form,
            printed: false,
        }
    }

    fn text(&self, platforms: &[Shown], selection: &Selection) -> Result<String, StatusError> {
        let json = match self.form {
            Form::Tree { .. } if platforms.is_empty() => return Ok(nothing(selection)),
            Form::Tree { paint, .. } => return Ok(tree(platforms, paint)),
            Form::Json => json::pretty_json(platforms),
            Form::JsonLines => json::json(platforms),
        };
        json.map(|json| json + "\n")
            .map_err(|error| StatusError::Print(error.into()))
    }

    fn print(&mut self, text: &str) -> Result<(), StatusError> {
        let before = match self.form {
            Form::Tree { clears: true, .. } => CLEAR,
            Form::Tree { clears: false, .. } if self.printed => "\n",
            _ => "",
        };
        self.printed = true;
        self.output
            .write_all(before.as_bytes())
            .and_then(|()| self.output.write_all(text.as_bytes()))
            .and_then(|()| self.output.flush())
            .map_err(StatusError::Print)
    }
}

fn nothing(selection: &Selection) -> String {
    match selection {
        Selection::One { namespace, name } => {
            format!("FoodDeliveryPlatform {name} is not in namespace {namespace} any more\n")
        }
        Selection::Namespace(namespace) => {
            format!(
                "There is no FoodDeliveryPlatform in namespace {namespace}; -A shows those of all namespaces\n"
            )
        }
        Selection::Everywhere => "There is no FoodDeliveryPlatform\n".to_owned(),
    }
}
