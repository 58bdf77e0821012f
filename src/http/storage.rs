//! What history takes on the disk, and when that will be full.

use std::path::Path;

use actix_web::{HttpResponse, web};
use atlas_actors::historian::retention::{ShownTier, StorageUse};

use super::Edge;
use super::error::ApiError;
use super::machines::json;
use crate::wire::views::{StorageView, TierView};

/// What is stored and how long there will be room.
///
/// # Errors
/// 500 when the disk can't be asked.
#[utoipa::path(get, path = "/api/v2/storage", tag = "server",
    responses((status = 200, description = "History by tier, the disk, and the days until it is full",
        body = StorageView)))]
pub async fn show(edge: web::Data<Edge>) -> Result<HttpResponse, ApiError> {
    let storage = edge.fleet.storage().await?;
    let disk = Disk::of(&edge.store_folder).map_err(|_| unknown_disk())?;
    Ok(json(&view(&storage, &disk)))
}

fn unknown_disk() -> ApiError {
    ApiError::new(
        actix_web::http::StatusCode::INTERNAL_SERVER_ERROR,
        "disk_unknown",
        "The data folder's disk does not say how full it is: see the server's log.",
    )
}

/// The disk that the data folder is on.
struct Disk {
    free_bytes: u64,
    bytes: u64,
    database_bytes: u64,
}

impl Disk {
    fn of(folder: &Path) -> std::io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)
            .inspect_err(|error| tracing::warn!(%error, "the data folder's disk can't be asked"))?;
        let mut database_bytes = 0;
        for file in std::fs::read_dir(folder)? {
            database_bytes += file?.metadata().map_or(0, |file| file.len());
        }
        Ok(Self {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
            database_bytes,
        })
    }
}

fn view(storage: &StorageUse, disk: &Disk) -> StorageView {
    StorageView {
        backend: "sqlite".to_owned(),
        database_bytes: disk.database_bytes,
        history_bytes: storage.tiers.iter().map(|tier| tier.bytes).sum(),
        history_bytes_at_most: storage.bytes_at_most(),
        free_bytes: disk.free_bytes,
        disk_bytes: disk.bytes,
        days_until_full: storage.days_until_full(disk.free_bytes),
        damaged_blocks_met: storage.damaged_blocks_met,
        measured_at: storage.measured_at.to_string(),
        tiers: storage.tiers.iter().map(tier).collect(),
    }
}

fn tier(tier: &ShownTier) -> TierView {
    TierView {
        tier: tier.name.to_owned(),
        days_kept: tier.keep.days,
        max_bytes: tier.keep.bytes_max,
        blocks: tier.blocks,
        bytes: tier.bytes,
        bytes_per_day: tier.bytes_per_day,
        oldest: tier.oldest.map(|oldest| oldest.to_string()),
        newest: tier.newest.map(|newest| newest.to_string()),
    }
}
