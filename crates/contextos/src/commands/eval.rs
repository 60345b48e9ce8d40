//! `contextos eval`: measures how much of what past commits changed packs would have shown.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::args::{EvalArgs, Global};
use crate::eval::{self, EvalRequest, Form, Recall, Replayed};
use crate::explanation;
use crate::failure::Failure;
use crate::place::Place;
use crate::terminal::{Terminal, grouped};
use crate::weights;

pub(super) fn run(global: &Global, args: &EvalArgs, terminal: &Terminal) -> Result<(), Failure> {
    let named: Vec<PathBuf> = match args.repos.as_slice() {
        [] => vec![global.repository(None)],
        repos => repos.iter().map(|repo| global.repository(Some(repo))).collect(),
    };
    let places = named.iter().map(|folder| Place::of(folder).map(|place| place.root));
    let roots: Vec<PathBuf> = places.collect::<Result<_, _>>()?;
    let request = EvalRequest {
        commits: args.commits,
        budgets: args.budgets.iter().flat_map(|budgets| budgets.0.clone()).collect(),
        form: if args.terse { Form::Terse } else { Form::Whole },
        weights: weights::named(args.weights.as_deref(), &roots[0])?,
        ablation: args.ablation,
        given: args.cases.as_deref().map(|file| given(file, args)).transpose()?,
    };
    if let Some(target) = &args.fit {
        return fit(&roots, &request, target.as_deref(), terminal);
    }
    let mut all = Replayed::default();
    for root in &roots {
        all.extend(replay(root, &request, terminal)?);
    }
    if all.cases == 0 {
        return Err(Failure::new(
            "no commit can be replayed: it needs a message of at least three words, and must change \
             source files that existed before",
        ));
    }
    if args.json {
        terminal.print(&explanation::json(&report(&all)))
    } else {
        terminal.print(&table(&all))
    }
}

/// The cases of a file.
fn given(file: &Path, args: &EvalArgs) -> Result<Vec<eval::Case>, Failure> {
    let failed =
        |error: &dyn Display| Failure::new(format_args!("cases {}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let form = if args.terse { Form::Terse } else { Form::Whole };
    eval::given(&text, form).map_err(|error| failed(&error))
}

fn replay(root: &Path, request: &EvalRequest, terminal: &Terminal) -> Result<Replayed, Failure> {
    let progress = terminal.progress();
    progress.stage("replaying commits");
    eval::replay(root, request, &|done, total| progress.count(done, total))
        .map_err(|error| Failure::new(format!("{}: {error}", root.display())))
}

/// Learns weights from the commits' full messages and their terse forms together.
fn fit(
    roots: &[PathBuf],
    request: &EvalRequest,
    target: Option<&Path>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut training = eval::Training::default();
    let mut provenance = vec![
        "Weights of the linear score, by feature. Made by: contextos eval --fit".to_owned(),
        format!(
            "Repositories, their HEAD, and the cases learned from (of {} commits):",
            request.commits
        ),
    ];
    for root in roots {
        let request = EvalRequest {
            form: Form::Both,
            budgets: Vec::new(),
            ablation: false,
            ..request.clone()
        };
        let training_here = replay(root, &request, terminal)?.training;
        let cases = training_here.len();
        training.extend(training_here);
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy();
        let head =
            checkout::Git::open(root).ok().and_then(|git| git.head().map(|head| head.id.clone()));
        provenance.push(format!("{name} {} {cases}", head.unwrap_or_default()));
        terminal.note(&format!("{name}: {cases} cases"));
    }
    if training.len() == 0 {
        return Err(Failure::new("there is no commit to learn from"));
    }
    let learned = match roots {
        [_] => training.learn_beside(&request.weights),
        _ => training.learn_anew(&request.weights),
    };
    let text = eval::write_weights(&learned, &provenance);
    let path = match target {
        Some(path) => path.to_owned(),
        None => weights::fitted_path(&roots[0])?,
    };
    write(&path, &text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    terminal.note(&format!("{} cases; written: {}", training.len(), path.display()));
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    private_fs::Writer::new().write(path, text.as_bytes())
}

/// The mean recalls by budget and method, best method first: of the tasks in `language`, or of all.
fn means<'r>(
    replayed: &'r Replayed,
    language: Option<&str>,
) -> BTreeMap<usize, Vec<(&'r str, Recall)>> {
    let mut by_budget: BTreeMap<usize, Vec<(&str, Recall)>> = BTreeMap::new();
    for ((name, budget), rows) in &replayed.results {
        let recalls: Vec<Recall> = rows
            .iter()
            .filter(|(of, _)| language.is_none_or(|wanted| *of == wanted))
            .map(|(_, recall)| *recall)
            .collect();
        by_budget.entry(*budget).or_default().push((name, eval::mean(&recalls)));
    }
    for rows in by_budget.values_mut() {
        rows.sort_by(|a, b| b.1.span.total_cmp(&a.1.span).then(a.0.cmp(b.0)));
    }
    by_budget
}

/// The languages of the changed files, with the number of tasks of each.
fn languages(replayed: &Replayed) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (language, _) in replayed.results.values().next().into_iter().flatten() {
        *counts.entry(*language).or_default() += 1;
    }
    counts
}

/// The meaning of the columns.
const LEGEND: &str = "\
file: share of changed files whose code is shown
all:  share of commits all of whose changed files are shown
span: share of changed spans of which at least half is shown
map:  share of changed files that are shown or listed under \"Also likely\"";

fn table(replayed: &Replayed) -> String {
    let noun = if replayed.cases == 1 { "commit" } else { "commits" };
    let mut out = format!("{} {noun} replayed\n{LEGEND}\n", replayed.cases);
    let languages = languages(replayed);
    for (budget, rows) in means(replayed, None) {
        out.push_str(&format!(
            "\n{:<26}{:>6}{:>8}{:>8}{:>8}\n",
            format!("{} tokens", grouped(budget)),
            "file",
            "all",
            "span",
            "map"
        ));
        for (name, recall) in rows {
            out.push_str(&row(name, recall));
        }
        if languages.len() > 1 {
            for (language, tasks) in &languages {
                let means = means(replayed, Some(language));
                let own = means[&budget].iter().find(|(name, _)| *name == eval::PACK);
                if let Some((_, recall)) = own {
                    out.push_str(&row(&format!("· {language} ({tasks})"), *recall));
                }
            }
        }
    }
    out
}

fn row(name: &str, Recall { file, all, span, map }: Recall) -> String {
    format!("  {name:<24}{file:>6.3}{all:>8.3}{span:>8.3}{map:>8.3}\n")
}

fn report(replayed: &Replayed) -> serde_json::Value {
    let results = |language| -> Vec<serde_json::Value> {
        means(replayed, language)
            .into_iter()
            .map(|(budget, rows)| {
                let rows: Vec<_> = rows
                    .into_iter()
                    .map(|(name, r)| {
                        json!({
                            "name": name, "file": r.file, "all": r.all, "span": r.span, "map": r.map
                        })
                    })
                    .collect();
                json!({"budget": budget, "results": rows})
            })
            .collect()
    };
    let languages: Vec<_> = languages(replayed)
        .into_iter()
        .map(|(name, tasks)| {
            json!({"language": name, "tasks": tasks, "budgets": results(Some(name))})
        })
        .collect();
    json!({"commits": replayed.cases, "budgets": results(None), "languages": languages})
}
