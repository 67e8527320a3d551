//! `ardent load`.

use std::{
    io::{IsTerminal, Read},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow};
use ardent_catalog::{Access, Catalog};
use ardent_model::Recipe;
use ardent_recipes::{Compression, CubeFile, Kitchen, Order, PictureKind, Split};
use serde::Serialize;

use super::{Context, Outcome};
use crate::{
    arguments::{Compress, Format, Load, SplitBy},
    british_grid, output, stores,
};

/// What was made.
#[derive(Serialize)]
struct Receipt<'a> {
    output: &'a Path,
    size_bytes: u64,
    media_type: &'a str,
    #[serde(flatten)]
    summary: &'a ardent_recipes::Summary,
}

/// Carries the recipe out, and moves the result to where it is wanted.
pub(super) async fn run(context: &Context<'_>, options: &Load, catalog: &Catalog) -> Result<Outcome> {
    let recipe = Recipe::parse(&read(&options.recipe)?)?;
    // The command line demands it, unless nothing is to be made.
    let output = options.output.as_deref().unwrap_or(Path::new(""));
    let format = format(options, output)?;
    british_grid::choose(&options.british_grid)?;
    let stores = Arc::new(stores::stores(context.settings, &context.folder, [])?);
    let kitchen = Kitchen::new(catalog.clone(), stores, (&options.cube).into());
    if options.dry_run {
        let estimate = kitchen.estimate(&recipe, &Access::Full).await?;
        output::receipt(&serde_json::to_value(estimate)?, None)?;
        return Ok(Outcome::Complete);
    }
    let cube = kitchen.load(&recipe, &Order { access: Access::Full, format, budget: None }).await?;
    let receipt = Receipt { output, size_bytes: cube.size_bytes, media_type: cube.media_type, summary: &cube.summary };
    let receipt = serde_json::to_value(receipt)?;
    place(&cube, output)?;
    output::receipt(&receipt, None)?;
    Ok(Outcome::Complete)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(anyhow!("the recipe is to come from stdin, which is a terminal; name a file instead of `-`"));
        }
        stdin.lock().read_to_end(&mut bytes).context("stdin cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("the recipe {} cannot be read", path.display()))
}

/// The form, by option or by the name of the output.
fn format(options: &Load, output: &Path) -> Result<ardent_recipes::Format> {
    use ardent_recipes::Format as Made;
    let form = options.format.map_or_else(|| by_name(output), Ok)?;
    let (is_cog, is_picture) = (form == Format::Cog, matches!(form, Format::Png | Format::Jpeg | Format::Webp));
    if options.rescale.is_some() && !is_picture {
        return Err(anyhow!("--rescale is for pictures; add --format png, jpeg or webp"));
    }
    if (options.compress.is_some() || !options.split.is_empty()) && !is_cog {
        return Err(anyhow!("--compress and --split are for GeoTIFFs; add --format cog"));
    }
    let compression = match options.compress {
        None | Some(Compress::Deflate) => Compression::Deflate,
        Some(Compress::Zstd) => Compression::Zstd,
        Some(Compress::Lzw) => Compression::Lzw,
    };
    let picture = |kind| Made::Picture { kind, rescale: options.rescale };
    let by = |what| options.split.contains(&what);
    Ok(match form {
        Format::Cog => match (by(SplitBy::Band), by(SplitBy::Group)) {
            (false, false) => Made::Cog { compression },
            (true, false) => Made::Cogs { split: Split::Band, compression },
            (false, true) => Made::Cogs { split: Split::Group, compression },
            (true, true) => Made::Cogs { split: Split::BandAndGroup, compression },
        },
        Format::Netcdf => Made::NetCdf,
        Format::Zarr => Made::Zarr,
        Format::Png => picture(PictureKind::Png),
        Format::Jpeg => picture(PictureKind::Jpeg),
        Format::Webp => picture(PictureKind::Webp),
    })
}

fn by_name(output: &Path) -> Result<Format> {
    const ENDINGS: [(&str, Format); 6] = [
        (".nc", Format::Netcdf),
        (".zarr.zip", Format::Zarr),
        (".png", Format::Png),
        (".jpg", Format::Jpeg),
        (".jpeg", Format::Jpeg),
        (".webp", Format::Webp),
    ];
    let name = output.to_string_lossy().to_ascii_lowercase();
    if output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zarr")) {
        return Err(anyhow!("a Zarr store is written as a ZIP file; let the output's name end in .zarr.zip"));
    }
    Ok(ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map_or(Format::Cog, |(_, form)| *form))
}

/// The temporary file may lie on another disk, so it is copied beside the output first: the output is whole or not there.
fn place(cube: &CubeFile, output: &Path) -> Result<()> {
    let fault = || format!("{} cannot be written", output.display());
    let mut name = output.file_name().with_context(fault)?.to_owned();
    name.push(".part");
    let part = output.with_file_name(name);
    let written = std::fs::copy(&cube.file, &part).and_then(|_| std::fs::rename(&part, output));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written.with_context(fault)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn chosen(arguments: &str) -> Result<ardent_recipes::Format, String> {
        let arguments = ["ardent", "load", "recipe.json"].into_iter().chain(arguments.split(' '));
        let parsed = Arguments::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let Command::Load(options) = parsed.command else { panic!("not `load`") };
        format(&options, options.output.as_deref().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_form_is_what_the_name_or_the_option_says() {
        use ardent_recipes::Format as Made;
        let picture = |kind| Made::Picture { kind, rescale: None };
        let cogs = |split| Made::Cogs { split, compression: Compression::Deflate };
        for (arguments, expected) in [
            ("-o a.tif", Made::default()),
            ("-o a", Made::default()),
            ("-o a.NC", Made::NetCdf),
            ("-o a.zarr.zip", Made::Zarr),
            ("-o a.jpeg", picture(PictureKind::Jpeg)),
            ("-o a.jpg", picture(PictureKind::Jpeg)),
            ("-o a.webp", picture(PictureKind::Webp)),
            ("-o a.nc --format png", picture(PictureKind::Png)),
            ("-o a.tif --compress lzw", Made::Cog { compression: Compression::Lzw }),
            ("-o a.zip --split band", cogs(Split::Band)),
            ("-o a.zip --split group", cogs(Split::Group)),
            ("-o a.zip --split group,band", cogs(Split::BandAndGroup)),
        ] {
            assert_eq!(chosen(arguments).unwrap(), expected, "{arguments}");
        }
    }

    #[test]
    fn options_of_another_form_are_refused() {
        for (arguments, fix) in [
            ("-o a.tif --rescale 0,1", "--format png, jpeg or webp"),
            ("-o a.nc --compress zstd", "--format cog"),
            ("-o a.png --split band", "--format cog"),
            ("-o a.zarr", "end in .zarr.zip"),
            ("-o a.tif --compress jpeg", "deflate, zstd, lzw"),
            ("-o a.tif --format gif", "cog, netcdf, zarr, png, jpeg, webp"),
        ] {
            let error = chosen(arguments).unwrap_err();
            assert!(error.contains(fix), "{arguments}: {error}");
        }
    }

    #[test]
    fn the_recipe_of_the_documentation_is_one() {
        Recipe::parse(include_bytes!("../../../docs/examples/summer.json")).unwrap();
    }
}
