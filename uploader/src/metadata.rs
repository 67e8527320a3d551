//! The ISO 19139 metadata beside every product.
//!
//! Only what the documents need is read, wherever in the tree it stands and whatever prefix its namespace has. No
//! entity of the document's own is resolved and nothing outside of it is read.

use ardent_model::{Bbox, interval::parse_document_datetime};
use chrono::{DateTime, Utc};
use quick_xml::{Reader, XmlVersion, events::Event};

/// What a metadata file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// `fileIdentifier`: the name of the measurements' file without its ending.
    pub identifier: Option<String>,
    /// `beginPosition`: when the acquisition began.
    pub begin: DateTime<Utc>,
    /// `endPosition`: when it ended.
    pub end: DateTime<Utc>,
    /// `EX_GeographicBoundingBox`.
    pub bbox: Option<Bbox>,
    /// `dateStamp`: when the product was processed.
    pub processed: Option<DateTime<Utc>>,
    /// `ARCSI_CLOUD_COVER` of `supplementalInformation`: the share of cloud the processor reports, from 0 to 1.
    pub cloud_cover: Option<f64>,
}

/// Elements whose text is wanted, and whether it may stand in a child such as `gco:CharacterString`.
const WANTED: [(&str, bool); 9] = [
    ("fileIdentifier", true),
    ("dateStamp", true),
    ("beginPosition", false),
    ("endPosition", false),
    ("westBoundLongitude", true),
    ("southBoundLatitude", true),
    ("eastBoundLongitude", true),
    ("northBoundLatitude", true),
    ("supplementalInformation", true),
];

impl Metadata {
    /// Reads a document. The error says what is missing or broken in it.
    ///
    /// ```
    /// use ardent_uploader::metadata::Metadata;
    /// let metadata = Metadata::parse(
    ///     "<m><beginPosition>2019-06-27T11:21:21Z</beginPosition><endPosition>2019-06-27T11:21:23Z</endPosition></m>",
    /// ).unwrap();
    /// assert_eq!((metadata.end - metadata.begin).num_seconds(), 2);
    /// assert!(Metadata::parse("<m/>").unwrap_err().contains("beginPosition"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let texts = texts(text)?;
        let get =
            |name: &str| WANTED.iter().position(|(wanted, _)| *wanted == name).and_then(|at| texts[at].as_deref());
        let time = |name: &str| match get(name) {
            None => Err(format!("it has no `{name}`")),
            Some(value) => parse_document_datetime(value).map_err(|error| format!("`{name}`: {error}")),
        };
        let (begin, end) = (time("beginPosition")?, time("endPosition")?);
        if end < begin {
            return Err(format!("its `endPosition` {end} lies before its `beginPosition` {begin}"));
        }
        let number = |name: &str| get(name).and_then(|value| value.parse::<f64>().ok());
        let sides = ["westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"];
        let sides: Option<Vec<_>> = sides.into_iter().map(number).collect();
        Ok(Self {
            identifier: get("fileIdentifier").map(str::to_owned),
            begin,
            end,
            bbox: sides.and_then(|sides| Bbox::from_slice(&sides).ok()),
            processed: get("dateStamp").and_then(|value| parse_document_datetime(value).ok()),
            cloud_cover: get("supplementalInformation").and_then(arcsi_cloud_cover),
        })
    }
}

fn arcsi_cloud_cover(text: &str) -> Option<f64> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix("ARCSI_CLOUD_COVER:"))?;
    value.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share))
}

/// The first text of each of [`WANTED`].
fn texts(document: &str) -> Result<[Option<String>; WANTED.len()], String> {
    let mut reader = Reader::from_str(document);
    let mut found: [Option<String>; WANTED.len()] = Default::default();
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|error| format!("it is not well-formed XML at byte {at}: {error}"))?;
        match event {
            Event::Start(start) => {
                open.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(part) => text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => text.push(character(&reference).unwrap_or(char::REPLACEMENT_CHARACTER)),
            Event::End(_) => {
                keep(&mut found, &open, text.trim());
                open.pop();
                text.clear();
            }
            Event::Eof if open.is_empty() => return Ok(found),
            Event::Eof => return Err(format!("it is cut off inside `{}`", open.last().map_or("", String::as_str))),
            _ => {}
        }
    }
}

fn keep(found: &mut [Option<String>; WANTED.len()], open: &[String], text: &str) {
    let (inner, outer) = (open.last(), open.len().checked_sub(2).and_then(|at| open.get(at)));
    for (slot, (name, in_child)) in found.iter_mut().zip(WANTED) {
        let is_it = inner.is_some_and(|inner| inner == name) || (in_child && outer.is_some_and(|outer| outer == name));
        if is_it && slot.is_none() && !text.is_empty() {
            *slot = Some(text.to_owned());
        }
    }
}

fn character(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    match reference.resolve_char_ref() {
        Ok(Some(found)) => Some(found),
        _ => quick_xml::escape::resolve_predefined_entity(reference).and_then(|text| text.chars().next()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"<?xml version="1.0"?>
        <gmd:MD_Metadata xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gmd="http://www.isotc211.org/2005/gmd">
          <gmd:fileIdentifier><gco:CharacterString>S2A_x &amp; y</gco:CharacterString></gmd:fileIdentifier>
          <gmd:dateStamp><gco:DateTime>2019-07-01T01:02:03Z</gco:DateTime></gmd:dateStamp>
          <gmd:citation><gco:DateTime>1999-01-01T00:00:00Z</gco:DateTime></gmd:citation>
          <gmd:EX_GeographicBoundingBox>
            <gmd:westBoundLongitude><gco:Decimal>-6.5</gco:Decimal></gmd:westBoundLongitude>
            <gmd:eastBoundLongitude><gco:Decimal>-4.25</gco:Decimal></gmd:eastBoundLongitude>
            <gmd:southBoundLatitude><gco:Decimal>49.5</gco:Decimal></gmd:southBoundLatitude>
            <gmd:northBoundLatitude><gco:Decimal>50.5</gco:Decimal></gmd:northBoundLatitude>
          </gmd:EX_GeographicBoundingBox>
          <gml:TimePeriod xmlns:gml="http://www.opengis.net/gml">
            <gml:beginPosition>2019-06-27 11:21:21</gml:beginPosition><gml:endPosition>2019-06-27T11:21:25Z</gml:endPosition>
          </gml:TimePeriod>
          <gmd:supplementalInformation><gco:CharacterString>
            Data Collection Time: 11:21:21
            ARCSI_CLOUD_COVER: 0.25
            ARCSI_AOT_VALUE: 0.5
          </gco:CharacterString></gmd:supplementalInformation>
        </gmd:MD_Metadata>"#;

    #[test]
    fn everything_wanted_is_found() {
        let metadata = Metadata::parse(DOCUMENT).unwrap();
        assert_eq!(metadata.identifier.as_deref(), Some("S2A_x & y"));
        assert_eq!(metadata.begin.to_rfc3339(), "2019-06-27T11:21:21+00:00", "naive times are UTC");
        assert_eq!(metadata.end.to_rfc3339(), "2019-06-27T11:21:25+00:00");
        assert_eq!(metadata.processed.unwrap().to_rfc3339(), "2019-07-01T01:02:03+00:00");
        assert_eq!(metadata.bbox.unwrap().sides(), [-6.5, 49.5, -4.25, 50.5]);
        assert_eq!(metadata.cloud_cover, Some(0.25));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let swapped = DOCUMENT.replace("2019-06-27T11:21:25Z", "2018-06-27T11:21:25Z");
        let odd = DOCUMENT.replace("2019-06-27 11:21:21", "yesterday");
        let cut = DOCUMENT.split_once("<gmd:citation>").unwrap().0;
        for (document, reason) in [
            ("<a><b>text</b></a>", "no `beginPosition`"),
            ("<a><beginPosition>2019-06-27T11:21:21Z</beginPosition></a>", "no `endPosition`"),
            ("<a><beginPosition/><endPosition/></a>", "no `beginPosition`"),
            (swapped.as_str(), "lies before"),
            (odd.as_str(), "yesterday"),
            (cut, "cut off inside"),
            ("<a></b>", "not well-formed"),
        ] {
            let error = Metadata::parse(document).unwrap_err();
            assert!(error.contains(reason), "{reason}: {error}");
        }
    }

    #[test]
    fn an_impossible_box_or_cloud_share_is_none() {
        let metadata = Metadata::parse(&DOCUMENT.replace("50.5", "150.5").replace("0.25", "7")).unwrap();
        assert_eq!((metadata.bbox, metadata.cloud_cover), (None, None));
    }

    /// The archive's own files, in the folder that `ARDENT_TEST_CEDA` names.
    #[test]
    fn the_archives_own_files_are_read() {
        let Some(folder) = std::env::var_os("ARDENT_TEST_CEDA") else {
            println!("skipped: ARDENT_TEST_CEDA is not set");
            return;
        };
        let read = |name: &str| std::fs::read_to_string(std::path::Path::new(&folder).join(name)).unwrap();
        let name = "S2A_20200403_lat52lon07_T30UYC_ORB094_utm30n_osgb_vmsk_sharp_rad_srefdem_stdsref";
        let optical = Metadata::parse(&read(&format!("{name}_meta.xml"))).unwrap();
        assert_eq!(optical.identifier.as_deref(), Some(name));
        assert_eq!(optical.begin.to_rfc3339(), "2020-04-03T10:56:21+00:00");
        assert_eq!(optical.processed.unwrap().to_rfc3339(), "2020-06-14T11:34:48+00:00");
        assert_eq!(optical.cloud_cover, Some(0.912_938_594_818_115_2));
        assert_eq!(optical.bbox.unwrap().sides()[0], -0.129_784_235_881_358_68);

        let name = "S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL";
        let radar = Metadata::parse(&read(&format!("{name}_meta.xml"))).unwrap();
        assert_eq!((radar.end - radar.begin).num_seconds(), 25);
        assert_eq!(radar.bbox.unwrap().sides(), [1.942_106, 51.834_194, 6.284_688, 53.745_213]);
        assert_eq!(radar.cloud_cover, None);
    }
}
