//! What the sections are asked.

use actix::Message;

use super::kept::KeptSection;
use crate::model::{MachineId, Section, SectionName};
use crate::store::{PutError, StoreError};

/// Keep what a report brought; answers when it is on disk.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct KeepSections {
    /// Whose.
    pub machine: MachineId,
    /// What it brought.
    pub sections: Vec<Section>,
}

/// All sections of a machine, by name.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<(SectionName, KeptSection)>, StoreError>")]
pub struct ListSections(pub MachineId);

/// One section of a machine.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Option<KeptSection>, StoreError>")]
pub struct ReadSection {
    /// Whose.
    pub machine: MachineId,
    /// Which.
    pub name: SectionName,
}

/// The machine is forgotten: drop its sections.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), PutError>")]
pub struct DropSections(pub MachineId);
