//! Rate cards that were in force are kept in the database: a past month is priced as it was, even when
//! its card is no longer in the file, and nobody changes the prices of a card that is in use. Its words may be mended.

use domain::billing::catalogue::{Catalogue, RateCard};
use domain::time::Micros;
use store::Store;

use crate::{Platform, Result};

/// Why a catalogue cannot be used with this database.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error(
        "rate card {0} has been in force with other numbers; leave it as it was and give the new ones a version and a date of their own"
    )]
    Changed(String),
    #[error("{0}")]
    NotACatalogue(#[from] domain::billing::catalogue::NotACatalogue),
    #[error("the kept rate cards cannot be read: {0}")]
    Store(#[from] store::Error),
}

/// The file's cards with those that were in force and are no longer in it.
pub async fn with_kept(
    store: &Store,
    file: &Catalogue,
    now: Micros,
) -> std::result::Result<Catalogue, Unusable> {
    let mut db = store.read().await?;
    let kept = store::rate_cards::all(&mut db).await?;
    let mut cards: Vec<RateCard> = file.cards().iter().map(|c| (**c).clone()).collect();
    for card in kept {
        match file.version(&card.version) {
            Some(same) if same.same_terms(&card) => {}
            Some(_) => return Err(Unusable::Changed(card.version)),
            None => cards.push(card),
        }
    }
    let catalogue = Catalogue::new(cards)?;
    drop(db);
    let mut tx = store.begin().await?;
    keep_in_force(&mut tx, &catalogue, now).await?;
    tx.commit().await?;
    Ok(catalogue)
}

/// Keeps the cards that have come into force. For a server that runs over a card's first day.
pub async fn keep(p: &Platform) -> Result<()> {
    let mut tx = p.store().begin().await?;
    keep_in_force(&mut tx, &p.settings().catalogue, p.now()).await?;
    Ok(tx.commit().await?)
}

async fn keep_in_force(
    tx: &mut store::Tx,
    catalogue: &Catalogue,
    now: Micros,
) -> store::Result<()> {
    let in_force = catalogue.cards().iter().filter(|c| c.effective_from <= now);
    for card in in_force {
        store::rate_cards::insert(tx, card, now).await?;
    }
    Ok(())
}
