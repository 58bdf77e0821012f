//! Reads machine after machine and hands out the answer in pieces. What is held: one series of each
//! machine that is being read, and what a line across machines or a ranking needs.

use std::pin::Pin;

use actix_web::web::Bytes;
use atlas_actors::Fleet;
use atlas_actors::historian::aggregate::{Across, Aggregate};
use atlas_actors::messages::{MachineError, Series};
use atlas_actors::model::{MachineId, Metric};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::OwnedSemaphorePermit;

use super::asked::Plan;
use crate::http::error::ApiError;
use crate::http::limits::QUERY_MACHINES_TOGETHER;
use crate::wire::query_answer::{Answer, Line};

type Answers = Pin<Box<dyn Stream<Item = Result<(MachineId, Series), MachineError>>>>;

/// An answer that is being made.
pub(super) struct Reading {
    answer: Answer,
    answers: Answers,
    /// Where machines' values go that become one line each metric.
    across: Vec<(Metric, Across)>,
    ranking: Option<Ranking>,
    has_begun: bool,
    has_series: bool,
    /// Its place among the questions.
    _place: OwnedSemaphorePermit,
}

impl Reading {
    /// The pieces of an answer.
    pub(super) fn begin(
        fleet: Fleet,
        plan: Plan,
        place: OwnedSemaphorePermit,
    ) -> impl Stream<Item = Result<Bytes, ApiError>> {
        let Plan {
            machines,
            wanted,
            answer,
            top,
        } = plan;
        let steps = answer.steps;
        let across = match answer.across {
            Some(aggregate) => {
                let line = |metric: &Metric| (*metric, Across::new(aggregate, steps));
                wanted.metrics.iter().map(line).collect()
            }
            None => Vec::new(),
        };
        let asking = move |machine: MachineId| {
            let (fleet, wanted) = (fleet.clone(), wanted.clone());
            async move { Ok((machine.clone(), fleet.gather(machine, wanted).await?)) }
        };
        let reading = Self {
            ranking: top.map(|top| Ranking::new(top, answer.aggregate)),
            answer,
            answers: Box::pin(
                stream::iter(machines)
                    .map(asking)
                    .buffered(QUERY_MACHINES_TOGETHER),
            ),
            across,
            has_begun: false,
            has_series: false,
            _place: place,
        };
        stream::try_unfold(Some(reading), |reading| async move {
            match reading {
                Some(reading) => reading.next_piece().await,
                None => Ok(None),
            }
        })
    }

    async fn next_piece(mut self) -> Result<Option<(Bytes, Option<Self>)>, ApiError> {
        if !self.has_begun {
            self.has_begun = true;
            // An empty piece would end the body.
            let head = self.answer.head();
            if !head.is_empty() {
                return Ok(Some((head.into(), Some(self))));
            }
        }
        while let Some(answered) = self.answers.next().await {
            let piece = match answered {
                Ok((machine, series)) => self.take(&machine, &series),
                // It was forgotten meanwhile.
                Err(MachineError::Unknown) => continue,
                Err(error) => return Err(error.into()),
            };
            if !piece.is_empty() {
                return Ok(Some((piece.into(), Some(self))));
            }
        }
        let end = self.end();
        Ok((!end.is_empty()).then(|| (end.into(), None)))
    }

    /// Takes a machine's values in; gives what can be sent of them.
    fn take(&mut self, machine: &MachineId, series: &Series) -> String {
        let mut piece = String::new();
        for column in &series.columns {
            let known = self.answer.aggregate.of_steps(column);
            if known.iter().all(Option::is_none) {
                continue;
            }
            let values = self.on_grid(series, &known);
            if let Some((_, across)) = self
                .across
                .iter_mut()
                .find(|(metric, _)| *metric == column.metric)
            {
                across.add(&values);
                continue;
            }
            let line = Line {
                machine: Some(machine.to_string()),
                metric: column.metric,
                values,
            };
            match &mut self.ranking {
                Some(ranking) => ranking.add(line),
                None => piece.push_str(&self.piece(&line)),
            }
        }
        piece
    }

    /// The values at the answer's steps; a series leaves steps out that it has nothing of.
    fn on_grid(&self, series: &Series, known: &[Option<f32>]) -> Vec<Option<f32>> {
        let mut values = vec![None; self.answer.steps];
        for (time, value) in series.times.iter().zip(known) {
            let step = (time.as_millis() - self.answer.from.as_millis()) / self.answer.step_ms;
            if let Some(place) = usize::try_from(step).ok().and_then(|step| values.get_mut(step)) {
                *place = *value;
            }
        }
        values
    }

    fn piece(&mut self, line: &Line) -> String {
        let is_first = !std::mem::replace(&mut self.has_series, true);
        self.answer.series(line, is_first)
    }

    fn end(&mut self) -> String {
        let mut lines: Vec<Line> = self.ranking.take().map(Ranking::finish).unwrap_or_default();
        let across = std::mem::take(&mut self.across).into_iter();
        lines.extend(across.map(|(metric, across)| Line {
            machine: None,
            metric,
            values: across.finish(),
        }));
        let mut end: String = lines.iter().map(|line| self.piece(line)).collect();
        end.push_str(self.answer.end());
        end
    }
}

/// The lines with the greatest values so far.
struct Ranking {
    top: usize,
    aggregate: Aggregate,
    /// The greatest first.
    lines: Vec<(f32, Line)>,
}

impl Ranking {
    fn new(top: usize, aggregate: Aggregate) -> Self {
        Self {
            top,
            aggregate,
            lines: Vec::with_capacity(top + 1),
        }
    }

    fn add(&mut self, line: Line) {
        let Some(value) = self.aggregate.of_list(&line.values) else {
            return;
        };
        let place = self.lines.partition_point(|(other, _)| *other >= value);
        self.lines.insert(place, (value, line));
        self.lines.truncate(self.top);
    }

    fn finish(self) -> Vec<Line> {
        self.lines.into_iter().map(|(_, line)| line).collect()
    }
}
