//! Catalogues of the items of a collection by date, made when they are asked for.

use ardent_catalog::DayQuery;
use ardent_model::Period;
use serde_json::{Value, json};

use crate::{
    context::Context,
    links::{GEOJSON, JSON, Link, Links},
    problem::Problem,
    stac::STAC_VERSION,
};

/// Most links to items of one catalogue.
const ITEM_LINKS: usize = 500;

/// Which catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// Id of the collection.
    pub(crate) collection: String,
    /// The time of its items.
    pub(crate) period: Period,
    /// Of a day with many items, where this part of them begins.
    pub(crate) token: Option<String>,
}

/// What a catalogue leads to.
#[derive(Debug)]
pub(crate) struct Contents {
    periods: Vec<Period>,
    ids: Vec<String>,
    next: Option<String>,
}

impl Place {
    /// All items of a collection.
    pub(crate) fn of_collection(collection: &str) -> Self {
        Self { collection: collection.to_owned(), period: Period::All, token: None }
    }

    /// What is there for a caller.
    pub(crate) async fn contents(&self, context: &Context) -> Result<Contents, Problem> {
        let (catalog, access) = (&context.state.catalog, context.caller.access());
        if let Period::Day(day) = self.period {
            let token = self.token.as_deref();
            let query = DayQuery { collection: &self.collection, day, limit: ITEM_LINKS, token };
            let page = catalog.items_of_day(query, &access).await?;
            return Ok(Contents { periods: Vec::new(), ids: page.ids, next: page.next });
        }
        let periods = catalog.periods(&self.collection, self.period, &access).await?;
        Ok(Contents { periods, ids: Vec::new(), next: None })
    }

    /// The catalogues that it is divided into.
    pub(crate) fn children(&self, contents: &Contents) -> Vec<Self> {
        let periods = contents.periods.iter().map(|period| Self { period: *period, ..self.clone() });
        let rest = contents.next.iter().map(|token| Self { token: Some(token.clone()), ..self.clone() });
        periods.chain(rest).collect()
    }

    /// Whether there must be something, or it is not there.
    pub(crate) fn is_there(&self, contents: &Contents) -> bool {
        self.period == Period::All || !contents.periods.is_empty() || !contents.ids.is_empty()
    }

    /// The catalogue (STAC Catalog 1.0).
    pub(crate) fn document(&self, links: &Links, contents: &Contents) -> Value {
        let Self { collection, period, .. } = self;
        let when = if *period == Period::All { String::new() } else { format!(" of {period}") };
        let from = contents.ids.first().filter(|_| self.token.is_some());
        let id = from.map_or_else(|| format!("{collection}-{period}"), |from| format!("{collection}-{period}-{from}"));
        let children = self.children(contents);
        let mut all = vec![links.root(), self.parent(links), self.link(links, "self")];
        if !children.is_empty() {
            all.push(Link::new("children", JSON, self.children_href(links)));
        }
        all.extend(children.iter().map(|child| child.link(links, "child").titled(child.title())));
        let item = |id: &String| Link::new("item", GEOJSON, links.item(collection, id)).titled(id.as_str());
        all.extend(contents.ids.iter().map(item));
        json!({
            "type": "Catalog", "stac_version": STAC_VERSION, "id": id, "title": self.title(),
            "description": format!("Items of `{collection}`{when}, by date (UTC)."), "links": all,
        })
    }

    fn title(&self) -> String {
        match (self.period, &self.token) {
            (Period::All, _) => "By date".to_owned(),
            (period, None) => period.to_string(),
            (period, Some(_)) => format!("More of {period}"),
        }
    }

    /// A link to it.
    pub(crate) fn link(&self, links: &Links, rel: &'static str) -> Link {
        Link::new(rel, JSON, self.with_token(&links.dates(&self.collection, self.period)))
    }

    /// Where its children are.
    pub(crate) fn children_href(&self, links: &Links) -> String {
        self.with_token(&format!("{}/children", links.dates(&self.collection, self.period)))
    }

    fn with_token(&self, href: &str) -> String {
        // Tokens have no character that must be encoded.
        self.token.as_ref().map_or_else(|| href.to_owned(), |token| format!("{href}?token={token}"))
    }

    fn parent(&self, links: &Links) -> Link {
        let parent = if self.token.is_some() { Some(self.period) } else { self.period.parent() };
        match parent {
            Some(period) => Self { period, token: None, ..self.clone() }.link(links, "parent"),
            None => Link::new("parent", JSON, links.collection(&self.collection)),
        }
    }
}
