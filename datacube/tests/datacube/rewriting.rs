//! Files that are written anew between two cubes and while one is made: no pixel is decoded by a header that is not its own.

use std::{sync::Arc, time::Duration};

use ardent_datacube::{Engine, Error, FailureKind, Format};
use ardent_testkit::{raster, s3::Fault};
use serde_json::{Value, json};

use crate::archive::{Archive, SceneSpec, british, read, recipe};

const SIZE: usize = 300;
const SCENES: usize = 4;

/// Of each version of a scene another.
fn value(version: usize, scene: usize, (x, y): (usize, usize)) -> f64 {
    (1 + scene + 10 * version + (x * 37 + y * 91) % 5000) as f64
}

fn filled() -> Archive {
    let mut archive = Archive::served();
    for scene in 0..SCENES {
        archive.add(&SceneSpec {
            id: &format!("scene{scene}"),
            datetime: &format!("2019-06-0{}T11:20:00Z", scene + 1),
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &|x, y| value(0, scene, (x, y)),
            mask: &|_, _| 0.0,
        });
    }
    archive
}

/// The same grid, in tiles that lie elsewhere in the file.
fn rewrite(archive: &Archive, version: usize, scene: usize) {
    let spec = raster::RasterSpec { tile_px: Some(128), predictor: 1, ..british(450_000.0, 110_000.0, SIZE) };
    // As stores do it: there is the old file or the new one.
    let (path, part) = (archive.path(&format!("scene{scene}_red.tif")), archive.path("part.tif"));
    raster::write(&part, &spec, |_, x, y| value(version, scene, (x, y))).unwrap();
    std::fs::rename(part, path).unwrap();
}

/// The greatest of the versions of the scenes.
fn greatest(versions: &[(usize, usize)]) -> Vec<f64> {
    let pixel = |index: usize| {
        let at = (index % SIZE, index / SIZE);
        versions.iter().map(|(scene, version)| value(*version, *scene, at)).fold(0.0, f64::max)
    };
    (0..SIZE * SIZE).map(pixel).collect()
}

fn changes(on_error: &str) -> Value {
    json!({"reduce": "max", "on_error": on_error})
}

#[test]
fn a_file_written_anew_between_two_cubes_is_read_anew() {
    let archive = filled();
    let all: Vec<(usize, usize)> = (0..SCENES).map(|scene| (scene, 0)).collect();
    assert!(archive.cube(changes("fail")).unwrap().bands[0] == greatest(&all));
    rewrite(&archive, 1, 2);
    // Its header is known, and of another file.
    let error = archive.cube(changes("fail")).err().unwrap();
    assert!(matches!(&error, Error::Source { item, .. } if item == "scene2"), "{error}");
    assert!(error.to_string().contains("scene2_red.tif"), "{error}");
    let cube = archive.cube(changes("skip")).unwrap();
    assert!(cube.bands[0] == greatest(&[(0, 0), (1, 0), (3, 0)]));
    assert_eq!((cube.ledger.failures.len(), cube.ledger.failures[0].kind), (1, FailureKind::Changed));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(archive.rasters.forget("s3://ard/scene2_red.tif"));
    assert!(archive.cube(changes("fail")).unwrap().bands[0] == greatest(&[(0, 0), (1, 0), (2, 1), (3, 0)]));
}

#[test]
fn a_file_written_anew_while_a_cube_is_made_is_never_half_of_each() {
    let old: Vec<(usize, usize)> = (0..SCENES).map(|scene| (scene, 0)).collect();
    let mut noticed = 0;
    for (round, after_ms) in [5, 20, 40, 80, 120, 160, 240, 400].into_iter().enumerate() {
        let archive = filled();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let on_error = if round % 2 == 0 { "fail" } else { "skip" };
        let plan = runtime.block_on(archive.plan(&recipe(&changes(on_error)).unwrap())).unwrap();
        // Little memory, so that there are many windows, and each of them waits for another file.
        let engine = Engine::new(10 << 20, 4);
        archive.server().break_object("scene3_red.tif", Fault::Late(Duration::from_millis(15)));
        let run = runtime.spawn(async move {
            let made = engine.run(Arc::new(plan)).await?;
            let ledger = made.plan.ledger.clone();
            Ok::<_, Error>((made.scratch.finish(Format::default()).await?, ledger))
        });
        std::thread::sleep(Duration::from_millis(after_ms));
        rewrite(&archive, 1, 1);
        match runtime.block_on(run).unwrap() {
            Ok((finished, ledger)) if ledger.failures.is_empty() => {
                assert!(read(&finished.file).bands[0] == greatest(&old), "it was done before: {after_ms} ms");
            }
            Ok((finished, ledger)) => {
                assert_eq!((on_error, ledger.failures[0].kind), ("skip", FailureKind::Changed));
                assert!(read(&finished.file).bands[0] == greatest(&[(0, 0), (2, 0), (3, 0)]), "{after_ms} ms");
                noticed += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains("scene1_red.tif"), "{error}");
                noticed += 1;
            }
        }
    }
    assert!(noticed > 0, "in one of the rounds it was still being made");
}
