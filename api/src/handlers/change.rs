//! What changes to items and to collections have in common.

use actix_web::HttpRequest;
use ardent_catalog::{Catalog, ItemName, Terms};

use crate::{
    audit::Deed,
    context::Context,
    etag,
    links::Links,
    parameters::{Parameters, segment},
    problem::Problem,
};

/// The name of a document that can be changed.
pub(super) trait Named: Sized {
    /// That in the path of a request; it is written into the span of the request, too.
    fn of(request: &HttpRequest) -> Result<Self, Problem>;

    /// As the audit has it.
    fn audited(&self) -> String;

    /// Where the document is.
    fn location(&self, links: &Links) -> String;
}

impl Named for ItemName {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let name = Self { collection: segment(request, "collectionId")?, id: segment(request, "itemId")? };
        tracing::Span::current().record("collection.id", &name.collection).record("item.id", &name.id);
        Ok(name)
    }

    fn audited(&self) -> String {
        format!("{}/{}", self.collection, self.id)
    }

    fn location(&self, links: &Links) -> String {
        links.item(&self.collection, &self.id)
    }
}

/// The name of a collection: its id.
pub(super) struct CollectionName(pub(super) String);

impl Named for CollectionName {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let id = segment(request, "collectionId")?;
        tracing::Span::current().record("collection.id", &id);
        Ok(Self(id))
    }

    fn audited(&self) -> String {
        self.0.clone()
    }

    fn location(&self, links: &Links) -> String {
        links.collection(&self.0)
    }
}

/// A document that is to be changed, on which terms, and what the audit says of it.
pub(super) struct Target<N> {
    pub(super) name: N,
    pub(super) terms: Terms,
    deed: Deed,
}

impl<N: Named> Target<N> {
    /// The document that the path names; there are no parameters.
    pub(super) fn of(request: &HttpRequest, context: &Context, action: &'static str) -> Result<Self, Problem> {
        Parameters::of(request, &[])?;
        let name = N::of(request)?;
        let preconditions = etag::preconditions(request.headers())?;
        let deed = Deed { action, target: name.audited(), detail: String::new() };
        Ok(Self { name, terms: Terms { access: context.caller.access(), preconditions }, deed })
    }

    /// Makes the change; what comes of it, and where the document is.
    pub(super) async fn change<T, F>(
        self,
        context: &Context,
        change: impl FnOnce(Catalog, N, Terms) -> F,
    ) -> Result<(T, String), Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let Self { name, terms, deed } = self;
        let location = name.location(&context.links);
        let made = context.change(deed, change(context.state.catalog.clone(), name, terms)).await?;
        Ok((made, location))
    }
}
