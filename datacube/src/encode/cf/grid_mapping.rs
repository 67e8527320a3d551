//! The variable that carries the CRS: as text for the programs that read it, and in CF's own attributes.

use gdal::spatial_ref::SpatialRef;

use super::{Attributes, Coordinate, GRID_MAPPING, Values};
use crate::{Error, Result, plan::Plan, projection};

/// A projection's name in the CRS, in CF, and which parameter becomes which attribute.
struct Projection {
    name: &'static str,
    cf_name: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

const FALSE_ORIGIN: [(&str, &str); 2] = [("false_easting", "false_easting"), ("false_northing", "false_northing")];

const PROJECTIONS: [Projection; 7] = [
    Projection {
        name: "Transverse_Mercator",
        cf_name: "transverse_mercator",
        parameters: &[
            ("latitude_of_origin", "latitude_of_projection_origin"),
            ("central_meridian", "longitude_of_central_meridian"),
            ("scale_factor", "scale_factor_at_central_meridian"),
        ],
    },
    Projection {
        name: "Lambert_Azimuthal_Equal_Area",
        cf_name: "lambert_azimuthal_equal_area",
        parameters: &[
            ("latitude_of_center", "latitude_of_projection_origin"),
            ("longitude_of_center", "longitude_of_projection_origin"),
        ],
    },
    Projection {
        name: "Lambert_Conformal_Conic_2SP",
        cf_name: "lambert_conformal_conic",
        parameters: &[
            ("standard_parallel_1", "standard_parallel"),
            ("standard_parallel_2", "standard_parallel"),
            ("latitude_of_origin", "latitude_of_projection_origin"),
            ("central_meridian", "longitude_of_central_meridian"),
        ],
    },
    Projection {
        name: "Albers_Conic_Equal_Area",
        cf_name: "albers_conical_equal_area",
        parameters: &[
            ("standard_parallel_1", "standard_parallel"),
            ("standard_parallel_2", "standard_parallel"),
            ("latitude_of_center", "latitude_of_projection_origin"),
            ("longitude_of_center", "longitude_of_central_meridian"),
        ],
    },
    Projection {
        name: "Mercator_1SP",
        cf_name: "mercator",
        parameters: &[
            ("central_meridian", "longitude_of_projection_origin"),
            ("scale_factor", "scale_factor_at_projection_origin"),
        ],
    },
    Projection {
        name: "Mercator_2SP",
        cf_name: "mercator",
        parameters: &[
            ("central_meridian", "longitude_of_projection_origin"),
            ("standard_parallel_1", "standard_parallel"),
        ],
    },
    Projection {
        name: "Cylindrical_Equal_Area",
        cf_name: "lambert_cylindrical_equal_area",
        parameters: &[
            ("central_meridian", "longitude_of_central_meridian"),
            ("standard_parallel_1", "standard_parallel"),
        ],
    },
];

/// Web Mercator takes ellipsoidal for spherical latitudes, which CF's attributes cannot say.
const WEB_MERCATOR: u32 = 3857;

pub(super) fn variable(plan: &Plan) -> Result<Coordinate> {
    let unknown = |_| Error::UnknownCrs { crs: plan.grid.crs };
    let crs = projection::spatial_ref(plan.grid.crs)?;
    let mut attributes = Attributes::default();
    attributes.text("long_name", "coordinate reference system");
    if plan.grid.crs.code() != WEB_MERCATOR {
        of_projection(&crs, &mut attributes).map_err(unknown)?;
    }
    let wkt = crs.to_wkt().map_err(unknown)?;
    attributes.text("crs_wkt", wkt.clone());
    attributes.text("spatial_ref", wkt);
    attributes.text("GeoTransform", plan.grid.affine.to_gdal().map(|number| number.to_string()).join(" "));
    Ok(Coordinate { name: GRID_MAPPING, dimensions: Vec::new(), values: Values::Whole(vec![0]), attributes })
}

/// CF's own attributes; none for a projection that CF does not know.
fn of_projection(crs: &SpatialRef, attributes: &mut Attributes) -> gdal::errors::Result<()> {
    if crs.is_geographic() {
        attributes.text("grid_mapping_name", "latitude_longitude");
        return of_ellipsoid(crs, attributes);
    }
    let name = crs.get_attr_value("PROJECTION", 0)?.unwrap_or_default();
    if name == "Polar_Stereographic" {
        of_pole(crs, attributes)?;
    } else if let Some(projection) = PROJECTIONS.iter().find(|known| known.name == name) {
        attributes.text("grid_mapping_name", projection.cf_name);
        let mut parallels = Vec::new();
        for (parameter, attribute) in projection.parameters.iter().chain(&FALSE_ORIGIN) {
            let value = crs.get_proj_param(parameter)?.unwrap_or(0.0);
            match *attribute {
                "standard_parallel" => parallels.push(value),
                attribute => attributes.number(attribute, value),
            }
        }
        if !parallels.is_empty() {
            attributes.numbers("standard_parallel", parallels);
        }
    } else {
        return Ok(());
    }
    of_ellipsoid(crs, attributes)
}

/// The scale is given either at the pole or by the parallel where it is 1.
fn of_pole(crs: &SpatialRef, attributes: &mut Attributes) -> gdal::errors::Result<()> {
    let parameter = |name| crs.get_proj_param(name).map(Option::unwrap_or_default);
    let latitude = parameter("latitude_of_origin")?;
    attributes.text("grid_mapping_name", "polar_stereographic");
    attributes.number("latitude_of_projection_origin", 90.0_f64.copysign(latitude));
    attributes.number("straight_vertical_longitude_from_pole", parameter("central_meridian")?);
    if latitude.abs() == 90.0 {
        attributes.number("scale_factor_at_projection_origin", parameter("scale_factor")?);
    } else {
        attributes.number("standard_parallel", latitude);
    }
    for (parameter_name, attribute) in FALSE_ORIGIN {
        attributes.number(attribute, parameter(parameter_name)?);
    }
    Ok(())
}

fn of_ellipsoid(crs: &SpatialRef, attributes: &mut Attributes) -> gdal::errors::Result<()> {
    attributes.number("semi_major_axis", crs.semi_major()?);
    let number = |node: &str, child| -> gdal::errors::Result<Option<f64>> {
        Ok(crs.get_attr_value(node, child)?.and_then(|text| text.parse().ok()))
    };
    match number("SPHEROID", 2)? {
        Some(inverse_flattening) if inverse_flattening > 0.0 => {
            attributes.number("inverse_flattening", inverse_flattening);
        }
        _ => attributes.number("semi_minor_axis", crs.semi_minor()?),
    }
    if let Some(meridian) = number("PRIMEM", 1)? {
        attributes.number("longitude_of_prime_meridian", meridian);
    }
    Ok(())
}
