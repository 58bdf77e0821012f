//! What the edge may ask about sections.

use super::Fleet;
use super::ask::Busy;
use crate::messages::{DropSections, KeepSections, ListSections, MachineError, ReadSection, RecordError};
use crate::model::{MachineId, Section, SectionName};
use crate::sections::kept::KeptSection;
use crate::store::{AppendError, PutError};

impl Fleet {
    /// Keeps what a report brought beside its values. Done means: it is on disk.
    pub(super) async fn keep_sections(
        &self,
        machine: MachineId,
        sections: Vec<Section>,
    ) -> Result<(), RecordError> {
        if sections.is_empty() {
            return Ok(());
        }
        let kept = self.ask(&self.sections, KeepSections { machine, sections }).await;
        kept.map_err(|Busy| RecordError::Busy)?
            .map_err(|error| match error {
                PutError::Store(error) => RecordError::Append(AppendError::Store(error)),
                PutError::Conflict { .. } => RecordError::Busy,
            })
    }

    /// A machine's sections, by name.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn sections(
        &self,
        machine: MachineId,
    ) -> Result<Vec<(SectionName, KeptSection)>, MachineError> {
        let listed = self.ask(&self.sections, ListSections(machine)).await;
        Ok(listed.map_err(|Busy| MachineError::Busy)??)
    }

    /// One of a machine's sections.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn section(
        &self,
        machine: MachineId,
        name: SectionName,
    ) -> Result<Option<KeptSection>, MachineError> {
        let read = self.ask(&self.sections, ReadSection { machine, name }).await;
        Ok(read.map_err(|Busy| MachineError::Busy)??)
    }

    pub(super) async fn drop_sections(&self, machine: MachineId) -> Result<(), MachineError> {
        let dropped = self.ask(&self.sections, DropSections(machine)).await;
        dropped
            .map_err(|Busy| MachineError::Busy)?
            .map_err(|error| match error {
                PutError::Store(error) => MachineError::Store(error),
                PutError::Conflict { .. } => MachineError::Busy,
            })
    }
}
