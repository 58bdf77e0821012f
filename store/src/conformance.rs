//! What every engine must do, as functions that an engine's tests call. An engine brings a [`Place`]:
//! somewhere to open, to close and to open again. Each function wants an empty place of its own. A
//! claim that fails panics, as in any test; [`Failed`] carries what went wrong on the way.

pub mod blocks;
pub mod concurrency;
pub mod documents;
pub mod journals;
pub mod leases;
pub mod upkeep;

use std::error::Error;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use atlas_actors::store::{Store, Stream, TimeRange, Version};
use bytes::Bytes;

/// Why a test could not be done.
pub type Failed = Box<dyn Error>;

/// Somewhere that an engine keeps its bytes.
pub trait Place {
    /// Opens the engine on it. Called again after [`Self::close`], it finds what was acknowledged.
    fn open(&self) -> impl Future<Output = Result<Arc<dyn Store>, Failed>>;

    /// Closes the engine that was opened last.
    fn close(&self) -> impl Future<Output = Result<(), Failed>>;

    /// A name under which a snapshot can be written.
    fn snapshot_file(&self) -> PathBuf;

    /// Another place that starts with what the snapshot holds.
    fn restored(&self, snapshot: PathBuf) -> impl Future<Output = Result<Self, Failed>>
    where
        Self: Sized;

    /// Flips bits within stored bytes that contain `mark`, behind the closed engine's back.
    fn damage(&self, mark: &[u8]) -> Result<(), Failed>;
}

/// Closes the engine and opens it again.
async fn reopened(place: &impl Place) -> Result<Arc<dyn Store>, Failed> {
    place.close().await?;
    place.open().await
}

fn machine(name: &str) -> Result<MachineId, Failed> {
    Ok(MachineId::parse(name)?)
}

fn stream(name: &str) -> Result<Stream, Failed> {
    Ok(Stream::Machine(machine(name)?))
}

fn bodies(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| Bytes::from((*text).to_owned())).collect()
}

fn hours(from: i64, to: i64) -> TimeRange {
    TimeRange {
        from: Timestamp::from_secs(from * 3_600),
        to: Timestamp::from_secs(to * 3_600),
    }
}

/// A journal's records after a version, as pairs that compare easily.
async fn records(store: &dyn Store, stream: &Stream, after: u64) -> Result<Vec<(u64, Bytes)>, Failed> {
    let records = store.read(stream.clone(), Version(after)).await?;
    Ok(records
        .into_iter()
        .map(|record| (record.version.0, record.body))
        .collect())
}

/// The same, written down as a test expects it.
fn expected(first: u64, texts: &[&str]) -> Vec<(u64, Bytes)> {
    (first..).zip(bodies(texts)).collect()
}
