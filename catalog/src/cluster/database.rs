//! The database `ardent` in the cluster.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::ClusterError;
use super::installation::Installation;

/// Its URL. The socket's folder stands in the place of the host, percent-encoded, which libpq understands too.
pub(super) fn url(socket_folder: &Path) -> SecretString {
    let folder = socket_folder.display().to_string().replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
    format!("postgres://ardent@{folder}:5432/ardent").into()
}

/// Makes the database and its extension, unless they are there.
pub(super) async fn create(url: &SecretString, installation: &Installation) -> Result<(), ClusterError> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let mut connection = options.clone().database("postgres").connect().await?;
    let exists = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'ardent')");
    if !exists.fetch_one(&mut connection).await? {
        sqlx::raw_sql("CREATE DATABASE ardent TEMPLATE template0").execute(&mut connection).await?;
    }
    connection.close().await?;
    let mut connection = options.connect().await?;
    create_postgis(&mut connection, installation).await?;
    connection.close().await?;
    Ok(())
}

async fn create_postgis(connection: &mut PgConnection, installation: &Installation) -> Result<(), ClusterError> {
    let available = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis')";
    if !sqlx::query_scalar(available).fetch_one(&mut *connection).await? {
        return Err(ClusterError::NoPostgis { version: installation.version });
    }
    sqlx::raw_sql("CREATE EXTENSION IF NOT EXISTS postgis").execute(connection).await?;
    Ok(())
}
