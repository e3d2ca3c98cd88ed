//! Stamping the template of a test.

use std::path::PathBuf;

use super::Failed;
use super::case::{Case, Chain, Mock, Stage, YttFile};
use super::shapes;
use super::suite::{Warning, entries, join};
use super::typed::{UnknownKey, first_document, typed};
use crate::cluster::Object;
use crate::limits::Limits;
use crate::renderer::Renderer;
use crate::supply_chain::api::{Blueprint, BlueprintKind, OwnerKind, Resource, Template, TemplateKind};
use crate::supply_chain::catalog::CompiledBlueprint;
use crate::supply_chain::context::Context;
use crate::supply_chain::go_map;
use crate::supply_chain::inputs::{Inputs, Outputs};
use crate::supply_chain::labels::{self, Labels, labels};
use crate::supply_chain::outputs::{ResourceOutput, SourceValue};
use crate::supply_chain::owner::Owner;
use crate::supply_chain::owner_view::WORKLOAD;
use crate::supply_chain::params::params;
use crate::supply_chain::part::Part;
use crate::supply_chain::realize::{Choice, choose};
use crate::supply_chain::select::best;
use crate::supply_chain::stamp::Stamper;
use crate::supply_chain::validate::{self, Operation};
use crate::supply_chain::view::{ANY, OPAQUE_MAP};
use crate::supply_chain::wire::map;
use crate::template::profile::Profiler;
use crate::workspace::{self, Options, Request, Sources, SymlinkRules};
use crate::yaml::{self, FileTable, Node, Text};

/// A template as it was read.
#[derive(Debug)]
pub(super) struct TemplateSource {
    /// The object.
    pub(super) object: Node,
    /// The file that it was read from.
    pub(super) path: String,
    /// Where ytt has it from, if it was evaluated first.
    pub(super) files: Option<FileTable>,
}

/// What came of a test's template.
#[derive(Debug, Default)]
pub(super) struct Stamping {
    /// The object, or why there is none.
    pub(super) stamped: Option<Result<Stamped, Failed>>,
    /// The template, if it could be read.
    pub(super) template: Option<TemplateSource>,
    /// The lines of `spec.ytt`, from 1, and how often each was reached; only if somebody asks.
    pub(super) ytt_lines: Vec<(u32, u64)>,
    /// Keys that nobody reads.
    pub(super) warnings: Vec<Warning>,
}

/// A stamped object.
#[derive(Debug)]
pub(super) struct Stamped {
    pub(super) object: Node,
    /// Whether it comes from `spec.template`, whose numbers are all floats in the reference.
    pub(super) has_floats: bool,
}

/// Stamps the template of a test. `watched`: also tells which lines were reached.
pub(super) fn stamp(case: &Case, watched: bool) -> Stamping {
    let mut stamping = Stamping::default();
    let stamped = stamping.run(case, watched);
    let stamped = stamped.map_err(|error| format!("failed to get actual object: {error}"));
    stamping.stamped = Some(stamped);
    stamping
}

impl Stamping {
    fn run(&mut self, case: &Case, watched: bool) -> Result<Stamped, Failed> {
        let workload = self.workload(case)?;
        let source = template_source(&case.template)
            .map_err(|error| format!("get populated template failed: {error}"))?;
        let source = self.template.insert(source);
        let template = read_template(source, &mut self.warnings)
            .map_err(|error| format!("get populated template failed: {error}"))?;
        validate::object(&source.object, Operation::Create)
            .map_err(|error| format!("template validation failed: {error}"))?;
        let owner = Owner::new(&workload).map_err(|error| format!("get workload failed: {error}"))?;
        let surroundings = match &case.stage {
            Stage::Mock(mock) => of_mock(mock, &template, &owner)?,
            Stage::Chain(chain) => of_chain(chain, &template, &owner, &mut self.warnings)?,
        };
        let Surroundings { context, labels } = surroundings;
        // Lines are watched of code that is compiled while somebody watches.
        let profiler = watched.then(Profiler::start);
        let renderer = Renderer::new().with_limits(Limits::default());
        let stamper = Stamper::new(&template.spec, &renderer);
        let stamped = stamper.stamp(&context, &workload, &labels, &renderer);
        if let Some(profiler) = profiler {
            let lines = profiler.coverage().into_iter();
            let own = lines.filter(|((file, _), _)| &**file == "stdin.yml");
            self.ytt_lines = own.map(|((_, line), visits)| (line, visits)).collect();
        }
        let object = stamped.map_err(|error| format!("could not stamp: {error}"))?;
        Ok(Stamped { object: object.into(), has_floats: template.spec.template.is_some() })
    }

    fn workload(&mut self, case: &Case) -> Result<Object, Failed> {
        let Some(path) = &case.workload else {
            return Err(
                "get workload failed: there is no workload.yaml, and given.workload names none".to_owned()
            );
        };
        let read = || {
            let text = std::fs::read(path)
                .map_err(|error| format!("could not read workload file: open {path}: {error}"))?;
            let mut unknown = Vec::new();
            let node = first_document(&text)
                .and_then(|node| typed(&node, &WORKLOAD, &mut unknown))
                .map_err(|error| format!("unmarshall template: {path}: {error}"))?;
            Ok((node, unknown))
        };
        let (node, unknown) = read().map_err(|error: String| format!("get workload failed: {error}"))?;
        self.warn(path, unknown);
        Object::try_from(node).map_err(|error| format!("get workload failed: {path}: {error}"))
    }

    fn warn(&mut self, file: &str, unknown: Vec<UnknownKey>) {
        self.warnings.extend(unknown.into_iter().map(|key| Warning::unknown_key(file, key)));
    }
}

/// Reads a file's first document; with data values, that of what ytt makes of it.
fn document(path: &str, values: Option<&str>) -> Result<(Node, Option<FileTable>), Failed> {
    let Some(values) = values else {
        let text = std::fs::read(path).map_err(|error| format!("open {path}: {error}"))?;
        let node = first_document(&text).map_err(|error| format!("convert yaml to json: {path}: {error}"))?;
        return Ok((node, None));
    };
    let rendered = evaluate(path, values).map_err(|error| format!("failed to preprocess ytt: {error}"))?;
    // As ytt prints them.
    let mut printed =
        rendered.documents.items.into_iter().filter(|document| !yaml::is_empty(&document.value));
    let first = printed.next();
    Ok((first.map_or(Node::Null, |document| document.value), Some(rendered.file_table)))
}

fn evaluate(path: &str, values: &str) -> crate::Result<workspace::Rendered> {
    let mut sources = Sources::new(std::io::empty(), SymlinkRules::default());
    let files = sources.files(&[PathBuf::from(path), PathBuf::from(values)])?;
    let options = Options { ignore_unknown_comments: true, ..Options::default() };
    workspace::render(Request { files, options, limits: Limits::trusted(), ..Request::default() })
}

fn template_source(file: &YttFile) -> Result<TemplateSource, Failed> {
    let Some(path) = &file.path else {
        return Err(
            "could not read template file: there is no template.yaml, and given.template.path names none"
                .to_owned(),
        );
    };
    let (object, files) = document(path, file.values.as_deref())
        .map_err(|error| format!("could not read template file: {error}"))?;
    Ok(TemplateSource { object, path: path.clone(), files })
}

/// The template as its type has it, in which the source's object is put, too.
fn read_template(source: &mut TemplateSource, warnings: &mut Vec<Warning>) -> Result<Template, Failed> {
    let kind = Part::object(&source.object).get("kind").text();
    let kind = match TemplateKind::of(kind) {
        Some(kind) if kind != TemplateKind::Deployment => kind,
        _ => return Err(format!("template kind not found: \"{kind}\" in {}", source.path)),
    };
    let mut unknown = Vec::new();
    let object = typed(&source.object, shapes::template(kind), &mut unknown)
        .map_err(|error| format!("unmarshall template: {}: {error}", source.path))?;
    warnings.extend(unknown.into_iter().map(|key| {
        // Of what ytt made the lines are others.
        let line = if source.files.is_some() { 0 } else { key.line };
        Warning::unknown_key(&source.path, UnknownKey { line, ..key })
    }));
    source.object = object;
    Template::read(kind, &source.object)
        .map_err(|error| format!("unmarshall template: {}: {error}", source.path))
}

/// What a template can name, and what its objects are labelled with.
struct Surroundings<'a> {
    context: Context<'a>,
    labels: Labels,
}

/// A mock gives less than a supply chain: no `deliverable`, no `deployment`, no `labels`, and fewer labels.
fn of_mock<'a>(mock: &Mock, template: &Template, owner: &'a Owner<'a>) -> Result<Surroundings<'a>, Failed> {
    let [name, namespace] = labels::owner_keys(OwnerKind::Workload);
    let label = |key: &'static str, value: &str| (Text::new_static(key), Text::new(value));
    let mut labels = vec![
        label(name, owner.object().name()),
        label(namespace, owner.object().namespace()),
        label(labels::TEMPLATE_KIND, template.kind.name()),
        label(labels::TEMPLATE_NAME, template.name()),
    ];
    labels.sort_unstable();
    let owner_params = owner.params().map_err(|error| error.to_string())?;
    let given = mock.params.as_deref().unwrap_or_default();
    let params = params(&template.spec.params, &[], given, &owner_params);
    let inputs = mock.inputs.as_ref().map_or(Part::object(&Node::Null), Part::object);
    let mut values = vec![(Text::new_static("params"), map(params), &OPAQUE_MAP)];
    for (plural, single, field) in [
        ("sources", "source", None),
        ("images", "image", Some("image")),
        ("configs", "config", Some("config")),
    ] {
        let class = inputs.get(plural);
        values.push((Text::new_static(plural), class.node().clone(), &ANY));
        let mut fields = class.fields();
        if let (Some((_, only)), None) = (fields.next(), fields.next()) {
            let only = field.map_or(only, |field| only.get(field));
            values.push((Text::new_static(single), only.node().clone(), &ANY));
        }
    }
    Ok(Surroundings { context: Context::of_owner(owner, &["workload"], values), labels })
}

fn of_chain<'a>(
    given: &Chain,
    template: &Template,
    owner: &'a Owner<'a>,
    warnings: &mut Vec<Warning>,
) -> Result<Surroundings<'a>, Failed> {
    let chain = select(given, owner, warnings).map_err(|error| format!("get supplychain: {error}"))?;
    let spec = &chain.blueprint.spec;
    let index = spec.resources.iter().position(|resource| resource.name == given.resource);
    let found = index.and_then(|index| Some((spec.resources.get(index)?, chain.options.get(index)?)));
    let Some((resource, options)) = found else {
        let name = &given.resource;
        return Err(format!(
            "get target resource: did not find a supply chain resource with target name: {name}"
        ));
    };
    let chosen = choose(resource, options, owner, "").map_err(|error| {
        let cause =
            "template matches resource: get template name from resource: find matching template option";
        format!("{cause}: {error}")
    })?;
    if chosen != Choice::Template(template.name()) || resource.template_ref.kind != template.kind.name() {
        return Err(format!(
            "template '{}' is not selected by resource/stage '{}' in supply chain '{}'",
            template.name(),
            resource.name,
            chain.name()
        ));
    }
    let workload = owner.object();
    let labels = labels(
        OwnerKind::Workload,
        workload.name(),
        workload.namespace(),
        chain.name(),
        resource,
        template.spec.lifecycle,
    );
    let owner_params = owner.params().map_err(|error| error.to_string())?;
    let params = params(&template.spec.params, &spec.params, &resource.params, &owner_params);
    let inputs = inputs(resource, given.previous_outputs.as_ref());
    let context = Context::of_resource(owner, params, &inputs, &labels);
    Ok(Surroundings { context, labels })
}

/// The supply chain that the workload's labels select.
fn select(
    given: &Chain,
    owner: &Owner<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<CompiledBlueprint, Failed> {
    let mut chains = Vec::new();
    for path in &given.paths {
        let metadata = std::fs::metadata(path).map_err(|error| {
            format!("read all paths, could not get fileinfo for path: stat {path}: {error}")
        })?;
        let files = if metadata.is_dir() {
            entries(path)?.iter().map(|(name, _)| join(path, name)).collect()
        } else {
            vec![path.clone()]
        };
        for file in files {
            let chain = read_chain(&file, given.values.as_deref(), warnings).map_err(|error| {
                format!("read all paths, could not read supply chain file: {file}: {error}")
            })?;
            chains.push(chain);
        }
    }
    let name = format!("{}/{}", owner.object().namespace(), owner.object().name());
    let matchers = chains.iter().map(|chain| &chain.matcher);
    let selected = best(matchers, owner, owner.view()).map_err(|error| {
        let chain = chains.get(error.index).map_or("", CompiledBlueprint::name);
        format!(
            "get selected supply chain, evaluating supply chain selectors against workload [{name}] failed: {}",
            error.of_blueprint(BlueprintKind::SupplyChain.name(), chain)
        )
    })?;
    match selected.as_slice() {
        [] => {
            let labels = go_map(&owner.labels());
            Err(format!(
                "no supply chain [{name}] found where full selector is satisfied by labels: {labels}"
            ))
        }
        [index] if *index < chains.len() => Ok(chains.swap_remove(*index)),
        several => {
            let names = several.iter().filter_map(|index| chains.get(*index)).map(CompiledBlueprint::name);
            let names: Vec<&str> = names.collect();
            let names = names.join(" ");
            Err(format!("more than one supply chain selected for workload [{name}]: [{names}]"))
        }
    }
}

/// Whatever the file holds is read as a supply chain; an empty one selects nobody.
fn read_chain(
    path: &str,
    values: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> Result<CompiledBlueprint, Failed> {
    let (node, files) = document(path, values)?;
    let mut unknown = Vec::new();
    let node = typed(&node, &shapes::SUPPLY_CHAIN, &mut unknown)?;
    warnings.extend(unknown.into_iter().map(|key| {
        let line = if files.is_some() { 0 } else { key.line };
        Warning::unknown_key(path, UnknownKey { line, ..key })
    }));
    let blueprint = Blueprint::read(BlueprintKind::SupplyChain, &node).map_err(|error| error.to_string())?;
    Ok(CompiledBlueprint::new(blueprint))
}

/// What earlier resources gave. One may give several classes here, as no template does.
fn inputs(resource: &Resource, previous: Option<&Node>) -> Inputs {
    let (mut sources, mut images, mut configs) = (Outputs::new(), Outputs::new(), Outputs::new());
    let previous = previous.map_or(Part::object(&Node::Null), Part::object);
    for (name, output) in previous.fields() {
        let source = output.get("source");
        if source.is_set() {
            let part = |name| source.get(name).node().clone();
            let value = SourceValue { url: part("url"), revision: part("revision") };
            sources.set(name, ResourceOutput::Source(value));
        }
        images.set(name, ResourceOutput::Image(output.get("image").node().clone()));
        configs.set(name, ResourceOutput::Config(output.get("config").node().clone()));
    }
    Inputs {
        sources: Inputs::of(resource, &sources).sources,
        images: Inputs::of(resource, &images).images,
        configs: Inputs::of(resource, &configs).configs,
        deployment: None,
    }
}
