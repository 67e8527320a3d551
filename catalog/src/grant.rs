//! What callers may do, by what they are.

use std::collections::BTreeMap;

use ardent_model::{Scope, Scopes, Subject};
use sqlx::PgConnection;
use tracing::instrument;

use crate::error::while_doing;
use crate::subject::{names_of, read, text_of};
use crate::{Catalog, Error, Result};

impl Catalog {
    /// What is granted, and to whom.
    #[instrument(skip_all)]
    pub async fn grants(&self) -> Result<BTreeMap<Subject, Scopes>> {
        let query = sqlx::query_as("SELECT subject, scopes FROM grants");
        let rows: Vec<(String, Vec<String>)> =
            query.fetch_all(&self.pool).await.map_err(while_doing("reading the grants"))?;
        rows.into_iter().map(|(subject, scopes)| Ok((subject_of(&subject)?, scopes_of(&subject, &scopes)?))).collect()
    }

    /// Grants a subject these scopes and no others; none: it is granted nothing any more.
    #[instrument(skip_all, fields(%subject, %scopes))]
    pub async fn set_grant(&self, subject: &Subject, scopes: Scopes) -> Result<()> {
        self.change_grant(subject, |_| scopes).await.map(drop)
    }

    /// Grants a subject these scopes besides what it has. Returns what it has then.
    #[instrument(skip_all, fields(%subject, %scopes))]
    pub async fn grant_more(&self, subject: &Subject, scopes: Scopes) -> Result<Scopes> {
        self.change_grant(subject, |before| before.union(scopes)).await
    }

    /// Takes scopes away from a subject, and those that would bring them back: who may not load may run no jobs.
    /// Returns what it has left.
    #[instrument(skip_all, fields(%subject))]
    pub async fn grant_less(&self, subject: &Subject, scopes: &[Scope]) -> Result<Scopes> {
        let stays = |scope: &Scope| !scopes.iter().any(|taken| Scopes::from_iter([*scope]).allows(*taken));
        self.change_grant(subject, |before| before.iter().filter(stays).collect()).await
    }

    async fn change_grant(&self, subject: &Subject, change: impl FnOnce(Scopes) -> Scopes) -> Result<Scopes> {
        let doing = while_doing("changing a grant");
        let text = text_of(subject)?;
        let mut transaction = self.pool.begin().await.map_err(doing)?;
        // One after the other: a row that is not there yet cannot be held.
        let alone = sqlx::query("LOCK TABLE grants IN SHARE ROW EXCLUSIVE MODE");
        alone.execute(&mut *transaction).await.map_err(doing)?;
        let query = sqlx::query_scalar("SELECT scopes FROM grants WHERE subject = $1").bind(text);
        let before: Option<Vec<String>> = query.fetch_optional(&mut *transaction).await.map_err(doing)?;
        let scopes = change(scopes_of(text, &before.unwrap_or_default())?);
        write(text, scopes, &mut transaction).await.map_err(doing)?;
        transaction.commit().await.map_err(doing)?;
        Ok(scopes)
    }
}

async fn write(subject: &str, scopes: Scopes, transaction: &mut PgConnection) -> sqlx::Result<()> {
    let query = if scopes.is_empty() {
        sqlx::query("DELETE FROM grants WHERE subject = $1").bind(subject)
    } else {
        let statement = "INSERT INTO grants (subject, scopes) VALUES ($1, $2) \
            ON CONFLICT (subject) DO UPDATE SET scopes = excluded.scopes";
        sqlx::query(statement).bind(subject).bind(names_of(scopes))
    };
    query.execute(transaction).await.map(drop)
}

fn subject_of(text: &str) -> Result<Subject> {
    text.parse().map_err(|source| Error::Corrupt { what: format!("the grant to `{text}`"), source })
}

fn scopes_of(subject: &str, scopes: &[String]) -> Result<Scopes> {
    read::<Scope, _>(scopes, || format!("the grant to `{subject}`"))
}
