//! The bands a recipe asks for, by the names that the items have for them.

use ardent_model::{
    Error as Refusal, Item,
    recipe::{BandRequest, NamedIndex, Reduce},
};
use exmex::{Express, FlatEx};

use super::{Formula, OutputKind, Request, SourceBand, scenes};
use crate::Result;

/// A band that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Requested {
    /// Its name in the result.
    pub(super) name: String,
    /// What it is computed by; `None`: it is the band of that name.
    parsed: Option<Box<FlatEx<f32>>>,
    /// The bands it is made from, by the names they have in messages, in the order of the expression's variables.
    sources: Vec<String>,
    after_reduce: bool,
    /// The index that it is, and that holds for reflectances alone.
    needs_reflectance: bool,
}

/// The bands of a recipe.
#[derive(Debug)]
pub(super) struct Bands {
    /// Those of the result.
    pub(super) requested: Vec<Requested>,
    /// The one that decides which date is best.
    pub(super) best: Option<Requested>,
}

impl Requested {
    fn new(request: &BandRequest, inputs: &Request<'_>) -> Result<Self> {
        let plain = |name: &str| Self {
            name: name.to_owned(),
            parsed: None,
            sources: vec![name.to_owned()],
            after_reduce: false,
            needs_reflectance: false,
        };
        let index = match request {
            BandRequest::Index { index, .. } => NamedIndex::find(index),
            // A band of that name wins; where some items have it and others lack it, opening says which.
            BandRequest::Name(name) => {
                NamedIndex::find(name).filter(|_| !inputs.items.iter().any(|item| has_band(item, inputs, name)))
            }
            BandRequest::Expression { .. } => None,
        };
        let after_reduce = request.after().is_some();
        let Some(index) = index else {
            let parsed = request.parsed()?.map(Box::new);
            let sources = request.sources()?;
            return Ok(match parsed {
                None => plain(request.name()),
                Some(_) => Self { parsed, sources, after_reduce, ..plain(request.name()) },
            });
        };
        let parsed = Box::new(index.parsed()?);
        let sources = parsed.var_names().iter().map(|name| common_band(name, index, inputs));
        let sources = sources.collect::<Result<_>>()?;
        let needs_reflectance = index.needs_reflectance;
        Ok(Self { parsed: Some(parsed), sources, after_reduce, needs_reflectance, ..plain(request.name()) })
    }

    /// Whether it is a band of the items.
    const fn is_plain(&self) -> bool {
        self.parsed.is_none()
    }

    /// What it is made from, among these.
    pub(super) fn kind(&self, sources: &[SourceBand]) -> OutputKind {
        let index = |name: &String| sources.iter().position(|source| source.name == *name).unwrap_or(0);
        let variables: Vec<usize> = self.sources.iter().map(index).collect();
        match &self.parsed {
            None => OutputKind::Source(variables[0]),
            Some(parsed) => {
                let formula = Box::new(Formula { parsed: (**parsed).clone(), variables });
                if self.after_reduce { OutputKind::AfterReduce(formula) } else { OutputKind::Expression(formula) }
            }
        }
    }

    /// Refuses an index of reflectances where the items do not say how their numbers become such.
    fn check_units(&self, sources: &[SourceBand]) -> Result<()> {
        let unscaled = |source: &&SourceBand| {
            self.sources.contains(&source.name) && source.data_type.is_integer() && source.scale == 1.0
        };
        match sources.iter().find(unscaled) {
            Some(source) if self.needs_reflectance => Err(Refusal::recipe(
                format!("bands.{}", self.name),
                format!(
                    "this index is of reflectances from 0 to 1, and the items declare no scale for their whole numbers of \
                     `{}`; give its formula as an expression that scales them, for example {{\"name\": \"{}\", \
                     \"expression\": \"…{}/10000…\"}}",
                    source.name, self.name, source.name
                ),
            )
            .into()),
            _ => Ok(()),
        }
    }
}

impl Bands {
    /// Resolves the bands of a recipe; reads no file.
    pub(super) fn resolve(inputs: &Request<'_>) -> Result<Self> {
        let requests = &inputs.recipe.bands;
        let requested = requests.iter().map(|request| Requested::new(request, inputs)).collect::<Result<Vec<_>>>()?;
        let best = match &inputs.recipe.reduce {
            Reduce::Best(best) => {
                let named =
                    requested.iter().find(|band| matches!(&best.band, BandRequest::Name(name) if band.name == *name));
                Some(named.cloned().map_or_else(|| Requested::new(&best.band, inputs), Ok)?)
            }
            _ => None,
        };
        if best.as_ref().is_some_and(|best| best.after_reduce) {
            return Err(refuse(
                "reduce.best.band",
                "it is computed after reducing, and decides how to reduce; leave `after` out",
            ));
        }
        let bands = Self { requested, best };
        bands.check_joint(&inputs.recipe.reduce)?;
        Ok(bands)
    }

    fn check_joint(&self, reduce: &Reduce) -> Result<()> {
        if *reduce == Reduce::Geomedian
            && let Some(index) = self.requested.iter().position(|band| !band.is_plain() && !band.after_reduce)
        {
            let reason = "geomedian is one point for all bands, of which no date has the value; compute it of that point, \
                          with \"after\": \"reduce\"";
            return Err(refuse(&format!("bands[{index}]"), reason));
        }
        if *reduce == Reduce::Medoid && self.joint_sources().next().is_none() {
            return Err(refuse(
                "bands",
                "medoid is of bands, and all of these are computed of each date; name a band too",
            ));
        }
        Ok(())
    }

    /// Names of the source bands that are reduced together: those of the result, and of expressions after reducing.
    fn joint_sources(&self) -> impl Iterator<Item = &String> {
        self.requested.iter().filter(|band| band.is_plain() || band.after_reduce).flat_map(|band| &band.sources)
    }

    /// Indices of the source bands that are reduced together.
    pub(super) fn joint(&self, sources: &[SourceBand]) -> Vec<usize> {
        let together = |source: &SourceBand| self.joint_sources().any(|name| source.name == *name);
        (0..sources.len()).filter(|index| together(&sources[*index])).collect()
    }

    /// Names of the source bands that are needed, each once, in the order of their first use.
    pub(super) fn sources(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.requested.iter().chain(&self.best).flat_map(|band| &band.sources) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Refuses what the units of the source bands do not allow.
    pub(super) fn check_units(&self, sources: &[SourceBand]) -> Result<()> {
        self.requested.iter().chain(&self.best).try_for_each(|band| band.check_units(sources))
    }
}

fn refuse(field: &str, reason: &str) -> crate::Error {
    Refusal::recipe(field, reason).into()
}

/// Whether an item has a band of this name, or several.
fn has_band(item: &Item, inputs: &Request<'_>, name: &str) -> bool {
    let named =
        || item.assets.iter().any(|asset| asset.key == name || asset.bands.iter().any(|band| band.answers_to(name)));
    let collection = inputs.collections.iter().find(|collection| collection.id == item.collection);
    named() || scenes::resolve(item, collection, name).is_ok()
}

/// The name under which all items have the band of a common name.
fn common_band(common: &str, index: &NamedIndex, inputs: &Request<'_>) -> Result<String> {
    let names = NamedIndex::names_of(common);
    let all_have = |name: &&&str| inputs.items.iter().all(|item| resolves(item, inputs, name));
    if let Some(name) = names.iter().find(all_have) {
        return Ok((*name).to_owned());
    }
    let lacking = inputs.items.iter().find(|item| !names.iter().any(|name| resolves(item, inputs, name)));
    let whose = lacking.map_or_else(|| "the items".to_owned(), |item| format!("item `{}`", item.id));
    let reason = format!(
        "the index `{}` is {}, and {whose} has no band `{common}`, by none of the names {}; give an expression of the bands \
         it has",
        index.name,
        index.formula,
        names.join(", ")
    );
    Err(refuse("bands", &reason))
}

fn resolves(item: &Item, inputs: &Request<'_>, name: &str) -> bool {
    let collection = inputs.collections.iter().find(|collection| collection.id == item.collection);
    scenes::resolve(item, collection, name).is_ok()
}
