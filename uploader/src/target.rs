//! The place in a store that products go to.

use ardent_storage::{Object, Stores};
use futures::StreamExt as _;
use url::Url;

use crate::{Error, Result, name::Product};

/// Where products go: a bucket or folder, optionally with a prefix.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    stores: &'a Stores,
    /// Without a slash at the end.
    href: String,
}

impl<'a> Target<'a> {
    /// Checks that there is such a place and that we are let in.
    pub(crate) async fn open(stores: &'a Stores, target: &str) -> Result<Self> {
        let href = match Url::from_file_path(target) {
            Ok(url) => url.to_string(),
            Err(()) if target.starts_with("file:") => {
                Url::parse(target).map_or_else(|_| target.to_owned(), String::from)
            }
            Err(()) => target.to_owned(),
        };
        let href = href.trim_end_matches('/').to_owned();
        // With a slash: the profile of a folder ends with one.
        let root = stores.object(&format!("{href}/"))?;
        if let Some(Err(error)) = root.store.list(Some(&root.path)).next().await {
            return Err(refused(stores, target, error).await);
        }
        Ok(Self { stores, href })
    }

    /// The object of a file of a product: `YYYY/MM/DD/<file>` below the target, as the pilot had it.
    pub(crate) fn object(&self, product: &Product, file: &str) -> Result<Object> {
        Ok(self.stores.object(&self.href_of(product, file))?)
    }

    /// Its logical href.
    pub(crate) fn href_of(&self, product: &Product, file: &str) -> String {
        format!("{}/{}/{file}", self.href, product.folder())
    }
}

/// Why a target could not be listed. Refused lists look like any failure, refused objects do not: so one is asked for.
async fn refused(stores: &Stores, target: &str, source: object_store::Error) -> Error {
    let href = target.to_owned();
    if let Ok(object) = stores.object(&format!("{}/.ardent", target.trim_end_matches('/')))
        && let Err(error @ ardent_storage::Error::Denied { .. }) = object.head().await
    {
        return Error::Denied { target: href, source: Box::new(error) };
    }
    if matches!(source, object_store::Error::NotFound { .. }) || source.to_string().contains("NoSuchBucket") {
        return Error::Target { target: href };
    }
    Error::Storage(ardent_storage::Error::Unavailable { href, source })
}
