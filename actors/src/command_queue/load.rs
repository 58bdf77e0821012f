//! Reading the commands from the store: the newest checkpoint, then what came after it.

use std::sync::Arc;

use super::book::{CommandBook, CommandEvent};
use crate::store::{DocumentKind, Revision, Store, StoreError, Stream, Version};
use crate::stored::decode_second_only;

/// Where the whole book is checkpointed.
pub(super) const BOOK_KEY: &str = "command_book";

/// What the store holds of commands.
pub(super) struct StoredBook {
    pub(super) book: CommandBook,
    pub(super) checkpoint: (Version, Revision),
    pub(super) version: Version,
}

/// Reads it.
pub(super) async fn read_book(store: Arc<dyn Store>) -> Result<StoredBook, StoreError> {
    let document = store.get(DocumentKind::Server, BOOK_KEY.to_owned()).await?;
    let (at, mut book, revision) = match document {
        None => (Version::default(), CommandBook::default(), Revision::default()),
        Some(document) => {
            let (at, book) = decode_second_only::<(Version, CommandBook)>(&document.body)
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
            (at, book, document.revision)
        }
    };
    let version = store.version(Stream::Commands).await?;
    for record in store.read(Stream::Commands, at).await? {
        match decode_second_only::<CommandEvent>(&record.body) {
            Ok(event) => drop(book.apply(event)),
            Err(error) => {
                tracing::error!(version = record.version.0, %error, "a command's record is skipped");
            }
        }
    }
    Ok(StoredBook {
        book,
        checkpoint: (at, revision),
        version,
    })
}
