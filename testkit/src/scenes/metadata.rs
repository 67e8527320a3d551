//! A product's metadata document: ISO 19139 (`gmd:MD_Metadata`), with the elements the archive's documents have.

use super::product::{IMAGE_SUFFIX, Product, Tile};

/// The document of a product.
pub(super) fn iso_19139(product: &Product, tile: &Tile) -> String {
    let [west, south, east, north] = tile.bounds_degrees;
    let taken = product.datetime.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let stamped = (product.datetime + chrono::Duration::hours(26)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let identifier = format!("{}{IMAGE_SUFFIX}", product.name);
    let head = head(&identifier, &stamped);
    let identification = identification(product, &identifier, &taken);
    let bound =
        |side: &str, degrees: f64| element(&format!("gmd:{side}"), &format!("<gco:Decimal>{degrees}</gco:Decimal>"));
    let place = nest(
        &["gmd:extent", "gmd:EX_Extent", "gmd:geographicElement", "gmd:EX_GeographicBoundingBox"],
        &[
            bound("westBoundLongitude", west),
            bound("eastBoundLongitude", east),
            bound("southBoundLatitude", south),
            bound("northBoundLatitude", north),
        ]
        .join("\n"),
    );
    let time = nest(
        &["gmd:extent", "gmd:EX_Extent", "gmd:temporalElement", "gmd:EX_TemporalExtent", "gmd:extent"],
        &format!(
            "<gml:TimePeriod gml:id=\"T_01\">\n<gml:beginPosition>{taken}</gml:beginPosition>\n<gml:endPosition>{taken}</gml:endPosition>\n</gml:TimePeriod>"
        ),
    );
    let notes = format!(
        "\nData Collection Time: {}\nARCSI_CLOUD_COVER: {}\nARCSI_AOT_VALUE: 0.1\nInstrument: synthetic, ten bands of the Sentinel-2 Multispectral Instrument\nSoftware Info: : ardent-testkit. Version: {}\n",
        product.datetime.format("%H:%M:%S"),
        product.cloud_cover,
        env!("CARGO_PKG_VERSION"),
    );
    let notes = element("gmd:supplementalInformation", &text(&notes));
    let data = nest(
        &["gmd:identificationInfo", "gmd:MD_DataIdentification"],
        &[identification, place, time, notes].join("\n"),
    );
    let lineage = nest(
        &["gmd:dataQualityInfo", "gmd:DQ_DataQuality", "gmd:lineage", "gmd:LI_Lineage", "gmd:statement"],
        &text("Computed from a seed; no satellite has seen this landscape."),
    );
    format!(
        "<gmd:MD_Metadata xmlns:gco=\"http://www.isotc211.org/2005/gco\" xmlns:gmd=\"http://www.isotc211.org/2005/gmd\" xmlns:gml=\"http://www.opengis.net/gml\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.isotc211.org/2005/gmd http://www.isotc211.org/2005/gmd/gmd.xsd\">\n{head}\n{data}\n{lineage}\n</gmd:MD_Metadata>\n"
    )
}

fn head(identifier: &str, stamped: &str) -> String {
    let reference = nest(
        &["gmd:referenceSystemInfo", "gmd:MD_ReferenceSystem", "gmd:referenceSystemIdentifier", "gmd:RS_Identifier"],
        &[element("gmd:code", &text("27700")), element("gmd:codeSpace", &text("EPSG"))].join("\n"),
    );
    let contact = nest(
        &["gmd:contact", "gmd:CI_ResponsibleParty"],
        &[
            element("gmd:organisationName", &text("Ardent test data")),
            element("gmd:role", &code("CI_RoleCode", "author")),
        ]
        .join("\n"),
    );
    [
        element("gmd:fileIdentifier", &text(identifier)),
        element("gmd:language", &text("eng")),
        element("gmd:hierarchyLevel", &code("MD_ScopeCode", "dataset")),
        contact,
        element("gmd:dateStamp", &format!("<gco:DateTime>{stamped}</gco:DateTime>")),
        element("gmd:metadataStandardName", &text("ISO 19115:2003 - Geographic information - Metadata")),
        reference,
    ]
    .join("\n")
}

fn identification(product: &Product, identifier: &str, taken: &str) -> String {
    let date = nest(
        &["gmd:date", "gmd:CI_Date"],
        &[
            element("gmd:date", &format!("<gco:DateTime>{taken}</gco:DateTime>")),
            element("gmd:dateType", &code("CI_DateTypeCode", "creation")),
        ]
        .join("\n"),
    );
    let citation =
        nest(&["gmd:citation", "gmd:CI_Citation"], &[element("gmd:title", &text(identifier)), date].join("\n"));
    let summary = format!(
        "A synthetic scene in the form of {} surface reflectance, relative orbit {}, tile {}, on the British National Grid.",
        product.platform, product.orbit, product.tile
    );
    [
        citation,
        element("gmd:abstract", &text(&summary)),
        element("gmd:spatialRepresentationType", &code("MD_SpatialRepresentationTypeCode", "grid")),
        element("gmd:topicCategory", "<gmd:MD_TopicCategoryCode>imageryBaseMapsEarthCover</gmd:MD_TopicCategoryCode>"),
    ]
    .join("\n")
}

fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// Elements within each other, the first outermost.
fn nest(names: &[&str], content: &str) -> String {
    names.iter().rev().fold(content.to_owned(), |inner, name| format!("<{name}>\n{inner}\n</{name}>"))
}

fn text(content: &str) -> String {
    element("gco:CharacterString", &content.replace('&', "&amp;").replace('<', "&lt;"))
}

fn code(list: &str, value: &str) -> String {
    format!(
        "<gmd:{list} codeList=\"http://www.isotc211.org/2005/resources/Codelist/gmxCodelists.xml#{list}\" codeListValue=\"{value}\">{value}</gmd:{list}>"
    )
}
