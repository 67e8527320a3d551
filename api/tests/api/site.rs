//! A server on a catalogue of its own, with a few items.

use std::sync::Arc;

use ardent_api::{Services, Settings, bind};
use ardent_catalog::{Catalog, NewItem};
use ardent_identity::{Issuer as Trusted, Verifier};
use ardent_model::{Collection, CollectionPolicy, Item, Scope, Scopes, Visibility};
use ardent_recipes::{Kitchen, Limits};
use ardent_storage::{Profiles, Stores};
use ardent_testkit::{
    database::{self, Database},
    issuer::{self, Issuer},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

/// Items of `sentinel2`: `s00` (earliest) to `s11`; those of an even number and the next share their time.
pub(crate) const SCENES: usize = 12;

/// A running server.
pub(crate) struct Site {
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<std::io::Result<()>>,
    pub(crate) catalog: Catalog,
    _database: Option<Database>,
}

/// An answer, read whole.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) async fn from(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Ids of the features of a page.
    pub(crate) fn ids(&self) -> Vec<String> {
        assert_eq!((self.status, self.header("content-type")), (200, "application/geo+json"), "{}", self.text);
        let page = self.json();
        let features = page["features"].as_array().unwrap();
        assert_eq!(page["numberReturned"], features.len());
        features.iter().map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The link with this relation.
    pub(crate) fn link(&self, rel: &str) -> Option<Value> {
        self.json()["links"].as_array()?.iter().find(|link| link["rel"] == rel).cloned()
    }

    /// That it is a problem document of this status, whose detail has all these words.
    pub(crate) fn assert_problem(&self, status: u16, words: &[&str]) {
        let text = &self.text;
        assert_eq!((self.status, self.header("content-type")), (status, "application/problem+json"), "{text}");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["detail"], problem["description"]);
        assert!(problem["code"].as_str().is_some_and(|code| !code.is_empty()), "{text}");
        assert_eq!(problem["instance"], format!("urn:uuid:{}", self.header("x-request-id")));
        assert_eq!(self.header("access-control-allow-origin"), "*");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        let detail = problem["detail"].as_str().unwrap();
        for word in words {
            assert!(detail.contains(word), "`{word}` is not in: {detail}");
        }
    }
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::verifying(settings, None).await
    }

    /// One that trusts an issuer in this process, of which those who have not signed in may search alone.
    pub(crate) async fn guarded() -> (Self, Issuer) {
        let anonymous = Scopes::from_iter([Scope::Read]);
        Self::guarded_with(Settings { anonymous, public_metrics: false, ..Settings::default() }).await
    }

    pub(crate) async fn guarded_with(settings: Settings) -> (Self, Issuer) {
        let issuer = issuer::start().await.unwrap();
        let verifier = Verifier::start(vec![Trusted::new(issuer.url())], &Handle::current()).unwrap();
        (Self::verifying(settings, Some(verifier)).await, issuer)
    }

    async fn verifying(settings: Settings, verifier: Option<Verifier>) -> Self {
        let database = database::fresh().await;
        let url = database.url();
        Self::on(&url, (settings, verifier), Some(database)).await
    }

    /// One whose database goes its own way.
    pub(crate) async fn on(
        url: &SecretString,
        (settings, verifier): (Settings, Option<Verifier>),
        database: Option<Database>,
    ) -> Self {
        Self::reading(url, Profiles::default(), (settings, verifier), database).await
    }

    /// One that reads files from these stores.
    pub(crate) async fn with_stores(profiles: Profiles) -> Self {
        let database = database::fresh().await;
        let url = database.url();
        Self::reading(&url, profiles, (Settings::default(), None), Some(database)).await
    }

    async fn reading(
        url: &SecretString,
        profiles: Profiles,
        (settings, verifier): (Settings, Option<Verifier>),
        database: Option<Database>,
    ) -> Self {
        let catalog = Catalog::connect(url).await.unwrap();
        catalog.migrate().await.unwrap();
        fill(&catalog).await;
        let stores = Arc::new(Stores::new(profiles).unwrap());
        let kitchen = Kitchen::new(catalog.clone(), stores, Limits::default());
        let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), workers: Some(1), ..settings };
        let services = Services { catalog: catalog.clone(), kitchen, verifier };
        let server = bind(settings, services).unwrap();
        let base = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder().no_gzip().build().unwrap();
        Self { base, client, stop: Some(stop), running, catalog, _database: database }
    }

    /// Another server on the same catalogue.
    pub(crate) fn another(&self) -> JoinHandle<std::io::Result<()>> {
        let stores = Arc::new(Stores::new(Profiles::default()).unwrap());
        let kitchen = Kitchen::new(self.catalog.clone(), stores, Limits::default());
        let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), workers: Some(1), ..Settings::default() };
        let services = Services { catalog: self.catalog.clone(), kitchen, verifier: None };
        tokio::spawn(bind(settings, services).unwrap().run(std::future::pending()))
    }

    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        Got::from(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    /// A request with a credential, or none.
    pub(crate) async fn send(&self, (method, path): (&str, &str), token: Option<&str>, body: Option<&Value>) -> Got {
        let mut request = self.client.request(method.to_uppercase().parse().unwrap(), self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Got::from(request.send().await.unwrap()).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Got {
        self.send(("get", path), Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.post_text(path, "application/json", &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, path: &str, media_type: &str, body: &str) -> Got {
        let request = self.client.post(self.url(path)).header("content-type", media_type).body(body.to_owned());
        Got::from(request.send().await.unwrap()).await
    }
}

async fn fill(catalog: &Catalog) {
    for id in ["sentinel2", "fiji", "secret"] {
        catalog.put_collection(&collection(id)).await.unwrap();
    }
    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    catalog.set_collection_policy("secret", &hidden).await.unwrap();
    let mut items: Vec<NewItem> = (0..SCENES).map(scene).collect();
    let reef = json!({"type": "MultiPolygon", "coordinates": [
        [[[179.0, -18.0], [180.0, -18.0], [180.0, -17.0], [179.0, -17.0], [179.0, -18.0]]],
        [[[-180.0, -18.0], [-179.0, -18.0], [-179.0, -17.0], [-180.0, -17.0], [-180.0, -18.0]]],
    ]});
    items.push(item("fiji", "reef", &reef, "2019-06-01T22:00:00Z"));
    let point = json!({"type": "Point", "coordinates": [0.5, 51.5]});
    items.push(item("secret", "hidden", &point, "2019-06-01T11:00:00Z"));
    items.push(item("fiji", "a b/c?é", &json!({"type": "Point", "coordinates": [100, 0]}), "2018-01-01T00:00:00Z"));
    catalog.put_items(items).await.unwrap();
}

fn collection(id: &str) -> Collection {
    Collection::from_stac(json!({
        "type": "Collection", "stac_version": "1.1.0", "id": id, "title": format!("The {id}"), "description": "A test",
        "license": "CC0-1.0", "links": [{"rel": "self", "href": "http://elsewhere/"}],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[null, null]]}},
    }))
    .unwrap()
}

/// One of `sentinel2`: a square degree whose west side is at its number − 6, south of England.
fn scene(index: usize) -> NewItem {
    let west = index as f64 - 6.0;
    let east = west + 1.0;
    let square = [[west, 50.0], [east, 50.0], [east, 51.0], [west, 51.0], [west, 50.0]];
    let day = index / 2 + 1;
    let geometry = json!({"type": "Polygon", "coordinates": [square]});
    item("sentinel2", &format!("s{index:02}"), &geometry, &format!("2019-06-{day:02}T11:00:00Z"))
}

pub(crate) fn item(collection: &str, id: &str, geometry: &Value, datetime: &str) -> NewItem {
    let document = json!({
        "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": collection, "geometry": geometry,
        "bbox": [-180, -90, 180, 90], "properties": {"datetime": datetime, "eo:cloud_cover": 12.50}, "links": [],
        "assets": {"red": {"href": "s3://somewhere/red.tif", "type": "image/tiff"}},
    });
    NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
}
