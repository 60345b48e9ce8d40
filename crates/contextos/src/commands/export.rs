//! `contextos export`: a pack for an agent, with a note on how it loads it.

use std::path::Path;

use crate::args::{ExportArgs, ExportTarget, Global, PackFormat};
use crate::exporters::{self, Exporter};
use crate::failure::Failure;
use crate::place::Place;
use crate::produce::Producer;
use crate::resolve;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &ExportArgs, terminal: &Terminal) -> Result<(), Failure> {
    let targets: Vec<&'static Exporter> = match args.target {
        ExportTarget::One(exporter) => vec![exporter],
        ExportTarget::All => exporters::all().iter().collect(),
    };
    if let (ExportTarget::All, Some(out)) = (args.target, args.write.out.as_deref()) {
        let out: &Path = out;
        return Err(Failure::usage(format_args!(
            "--out {} is one file, but `all` writes several; name one agent",
            out.display()
        )));
    }
    let flag = args.pick.task.as_deref();
    let named = resolve::named(global, args.repo.as_deref(), &args.words, flag)?;
    let place = Place::of(&global.repository(named.folder.as_deref()))?;
    let settings = Settings::load(&place.root, global.config.as_deref())?;
    let task = resolve::task(named.task.as_deref(), &place.root, &args.pick)?;
    let mut picked = resolve::pick(place.clone(), task, &args.pick, &settings)?;
    picked.request.is_pack_enough = true;
    let producer = Producer::new(&place, &args.write, &settings, false, terminal)?;
    for exporter in targets {
        producer.produce(picked.clone(), PackFormat::Agent(exporter), &exporter.file, false)?;
    }
    Ok(())
}
