//! The form in which a cube is answered: `f`, or else what `Accept` likes best, and the parameters of that form.

use actix_web::HttpRequest;
use ardent_recipes::{Compression, Format, PictureKind, Split};

use crate::{accept, parameters::Parameters, problem::Problem};

/// Parameters of the request that say how the cube is written.
pub(crate) const PARAMETERS: [&str; 4] = ["f", "rescale", "compress", "split"];

/// What a name of `f` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cog,
    NetCdf,
    Zarr,
    Picture(PictureKind),
}

const NAMES: [(&str, Kind); 6] = [
    ("cog", Kind::Cog),
    ("netcdf", Kind::NetCdf),
    ("zarr", Kind::Zarr),
    ("png", Kind::Picture(PictureKind::Png)),
    ("jpeg", Kind::Picture(PictureKind::Jpeg)),
    ("webp", Kind::Picture(PictureKind::Webp)),
];

/// Media types that are asked for, the first of them when anything will do.
const MEDIA_TYPES: [(&str, Kind); 8] = [
    ("image/tiff", Kind::Cog),
    ("image/png", Kind::Picture(PictureKind::Png)),
    ("application/netcdf", Kind::NetCdf),
    ("application/x-netcdf", Kind::NetCdf),
    ("application/zip", Kind::Zarr),
    ("application/vnd+zarr", Kind::Zarr),
    ("image/jpeg", Kind::Picture(PictureKind::Jpeg)),
    ("image/webp", Kind::Picture(PictureKind::Webp)),
];

/// The form that a request asks for.
pub(crate) fn of(request: &HttpRequest, parameters: &Parameters) -> Result<Format, Problem> {
    let rescale = parameters.get("rescale").map(rescale).transpose()?;
    let compression = parameters.get("compress").map(compression).transpose()?;
    let split = parameters.get("split").map(split).transpose()?;
    let kind = match parameters.get("f") {
        Some(name) => named(name)?,
        // Only GeoTIFFs are split: a ZIP of them is what is asked for, whatever form the ZIP itself would have.
        None if split.is_some() => Kind::Cog,
        None => accepted(request)?,
    };
    let needs = |is_given: bool, parameter: &str, form: &str, f: &str| {
        let fix = format!("it is for {form} only; leave it out or ask for {f}");
        if is_given { Err(Problem::parameter(parameter, &fix)) } else { Ok(()) }
    };
    if !matches!(kind, Kind::Picture(_)) {
        needs(rescale.is_some(), "rescale", "pictures", "f=png, f=jpeg or f=webp")?;
    }
    if kind != Kind::Cog {
        needs(compression.is_some(), "compress", "GeoTIFFs", "f=cog")?;
        needs(split.is_some(), "split", "GeoTIFFs", "f=cog")?;
    }
    let compression = compression.unwrap_or_default();
    Ok(match (kind, split) {
        (Kind::Cog, Some(split)) => Format::Cogs { split, compression },
        (Kind::Cog, None) => Format::Cog { compression },
        (Kind::NetCdf, _) => Format::NetCdf,
        (Kind::Zarr, _) => Format::Zarr,
        (Kind::Picture(kind), _) => Format::Picture { kind, rescale },
    })
}

fn named(name: &str) -> Result<Kind, Problem> {
    let found = NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    let names = || NAMES.map(|(known, _)| known).join(", ");
    found.ok_or_else(|| Problem::parameter("f", &format!("`{name}` is not made here; give one of {}", names())))
}

fn accepted(request: &HttpRequest) -> Result<Kind, Problem> {
    let ranges = accept::ranges(request.headers());
    let best =
        ranges.iter().find_map(|range| MEDIA_TYPES.iter().find(|(media_type, _)| accept::covers(range, media_type)));
    best.map(|(_, kind)| *kind).ok_or_else(|| accept::refused(&MEDIA_TYPES.map(|(media_type, _)| media_type)))
}

fn compression(text: &str) -> Result<Compression, Problem> {
    match text {
        "deflate" => Ok(Compression::Deflate),
        "zstd" => Ok(Compression::Zstd),
        "lzw" => Ok(Compression::Lzw),
        other => Err(Problem::parameter("compress", &format!("`{other}` is not known; give deflate, zstd or lzw"))),
    }
}

fn split(text: &str) -> Result<Split, Problem> {
    match text {
        "band" => Ok(Split::Band),
        "group" => Ok(Split::Group),
        "band,group" | "group,band" => Ok(Split::BandAndGroup),
        other => Err(Problem::parameter("split", &format!("`{other}` is not known; give band, group or band,group"))),
    }
}

fn rescale(text: &str) -> Result<(f64, f64), Problem> {
    let range =
        text.split_once(',').and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    match range {
        Some((low, high)) if f64::is_finite(low) && f64::is_finite(high) && low < high => Ok((low, high)),
        _ => Err(Problem::parameter("rescale", "give the least and greatest value shown, such as 0,3000")),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header, test::TestRequest};

    use super::*;

    fn chosen(query: &str, accept: &str) -> Result<Format, String> {
        let request = TestRequest::post().uri(&format!("/datacube/load?{query}"));
        let request = if accept.is_empty() { request } else { request.insert_header((header::ACCEPT, accept)) };
        let request = request.to_http_request();
        let parameters = Parameters::of(&request, &PARAMETERS).map_err(|problem| problem.to_string())?;
        of(&request, &parameters).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_form_is_what_is_asked_for() {
        let cog = Format::default();
        let picture = |kind| Format::Picture { kind, rescale: None };
        let png = picture(PictureKind::Png);
        let browser = "image/avif,image/webp,image/apng,*/*;q=0.8";
        for (query, accept, expected) in [
            ("", "", cog),
            ("", "*/*", cog),
            ("", "image/*", cog),
            ("", "image/png", png),
            ("", "image/png, image/tiff;q=0.5", png),
            ("", "application/json, */*;q=0.1", cog),
            ("", "image/jpeg", picture(PictureKind::Jpeg)),
            ("", browser, picture(PictureKind::Webp)),
            ("", "application/netcdf", Format::NetCdf),
            ("", "application/x-netcdf, */*;q=0.1", Format::NetCdf),
            ("", "application/vnd+zarr", Format::Zarr),
            ("", "application/zip", Format::Zarr),
            ("f=netcdf", "image/png", Format::NetCdf),
            ("f=zarr", "", Format::Zarr),
            ("f=png", "image/tiff", png),
            ("f=webp&rescale=0,3000", "", Format::Picture { kind: PictureKind::Webp, rescale: Some((0.0, 3000.0)) }),
            ("compress=zstd", "", Format::Cog { compression: Compression::Zstd }),
            ("f=cog&compress=lzw&split=band", "", Format::Cogs { split: Split::Band, compression: Compression::Lzw }),
            ("split=group", "application/zip", Format::Cogs { split: Split::Group, compression: Compression::Deflate }),
            ("split=group,band", "", Format::Cogs { split: Split::BandAndGroup, compression: Compression::Deflate }),
        ] {
            assert_eq!(chosen(query, accept).unwrap(), expected, "{query} {accept}");
        }
    }

    #[test]
    fn what_is_not_made_is_refused_with_what_is() {
        for (query, accept, fix) in [
            ("f=gif", "", "cog, netcdf, zarr, png, jpeg, webp"),
            ("f=", "", "cog, netcdf, zarr, png, jpeg, webp"),
            ("", "application/json", "image/tiff or image/png or application/netcdf"),
            ("f=png&rescale=3000,0", "", "0,3000"),
            ("f=png&rescale=a", "", "0,3000"),
            ("f=png&rescale=0,inf", "", "0,3000"),
            ("f=cog&rescale=0,1", "", "f=png"),
            ("f=netcdf&rescale=0,1", "", "f=png"),
            ("f=png&compress=zstd", "", "f=cog"),
            ("f=zarr&split=band", "", "f=cog"),
            ("compress=jpeg", "", "deflate, zstd or lzw"),
            ("split=date", "", "band, group or band,group"),
            ("split=band&rescale=0,1", "", "f=png"),
            ("format=png", "", "known: f, rescale, compress, split"),
        ] {
            let problem = chosen(query, accept).unwrap_err();
            assert!(problem.contains(fix), "{query} {accept}: {problem}");
        }
    }
}
