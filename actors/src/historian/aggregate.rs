//! One value out of many: of a step's values, and of many machines' values at the same step.

use super::messages::SeriesColumn;
use super::steps::quantile_95;

/// How one value is made of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// The mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// All together.
    Sum,
    /// How many there are.
    Count,
    /// The least that 95 of 100 do not exceed.
    P95,
}

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Avg, Self::Min, Self::Max, Self::Sum, Self::Count, Self::P95];

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::P95 => "p95",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name() == name)
    }

    /// That value of each of a column's steps.
    #[must_use]
    pub fn of_steps(self, column: &SeriesColumn) -> Vec<Option<f32>> {
        let counts = || column.count.iter().map(|count| *count as f32);
        match self {
            Self::Avg => column.avg.clone(),
            Self::Min => column.min.clone(),
            Self::Max => column.max.clone(),
            Self::P95 => column.p95.clone(),
            Self::Count => counts().map(Some).collect(),
            Self::Sum => {
                let sums = column.avg.iter().zip(counts());
                sums.map(|(avg, count)| avg.map(|avg| avg * count)).collect()
            }
        }
    }

    /// That value of a whole list; nothing when no value is known.
    #[must_use]
    pub fn of_list(self, values: &[Option<f32>]) -> Option<f32> {
        let mut across = Across::new(self, 1);
        for value in values {
            across.add(&[*value]);
        }
        across.finish().pop().flatten()
    }
}

/// Gathers the values of many machines, step by step.
#[derive(Clone, Debug)]
pub struct Across {
    aggregate: Aggregate,
    steps: Vec<Gathered>,
}

#[derive(Clone, Debug, Default)]
struct Gathered {
    count: u32,
    sum: f64,
    best: Option<f32>,
    /// Only for a quantile.
    values: Vec<f32>,
}

impl Across {
    /// For so many steps.
    #[must_use]
    pub fn new(aggregate: Aggregate, steps: usize) -> Self {
        Self {
            aggregate,
            steps: vec![Gathered::default(); steps],
        }
    }

    /// Adds a machine's values.
    pub fn add(&mut self, values: &[Option<f32>]) {
        for (step, value) in self.steps.iter_mut().zip(values) {
            let Some(value) = *value else { continue };
            step.count += 1;
            step.sum += f64::from(value);
            match self.aggregate {
                Aggregate::Min => step.best = Some(step.best.map_or(value, |best| best.min(value))),
                Aggregate::Max => step.best = Some(step.best.map_or(value, |best| best.max(value))),
                Aggregate::P95 => step.values.push(value),
                Aggregate::Avg | Aggregate::Sum | Aggregate::Count => {}
            }
        }
    }

    /// The values; nothing where no machine had one.
    #[must_use]
    pub fn finish(self) -> Vec<Option<f32>> {
        let aggregate = self.aggregate;
        self.steps.into_iter().map(|step| step.value(aggregate)).collect()
    }
}

impl Gathered {
    #[expect(clippy::cast_possible_truncation, reason = "values are f32 by design")]
    fn value(mut self, aggregate: Aggregate) -> Option<f32> {
        if self.count == 0 {
            return None;
        }
        match aggregate {
            Aggregate::Avg => Some((self.sum / f64::from(self.count)) as f32),
            Aggregate::Sum => Some(self.sum as f32),
            Aggregate::Count => Some(self.count as f32),
            Aggregate::Min | Aggregate::Max => self.best,
            Aggregate::P95 => quantile_95(&mut self.values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_machines_make_one_value() {
        let machines = [[Some(1.0), None], [Some(3.0), None], [Some(8.0), Some(5.0)]];
        let expected = [
            (Aggregate::Avg, [Some(4.0), Some(5.0)]),
            (Aggregate::Min, [Some(1.0), Some(5.0)]),
            (Aggregate::Max, [Some(8.0), Some(5.0)]),
            (Aggregate::Sum, [Some(12.0), Some(5.0)]),
            (Aggregate::Count, [Some(3.0), Some(1.0)]),
            (Aggregate::P95, [Some(8.0), Some(5.0)]),
        ];
        for (aggregate, values) in expected {
            let mut across = Across::new(aggregate, 2);
            for machine in &machines {
                across.add(machine);
            }
            assert_eq!(across.finish(), values, "{aggregate:?}");
            assert_eq!(Aggregate::named(aggregate.name()), Some(aggregate));
        }
    }

    #[test]
    fn unknown_stays_unknown() {
        assert_eq!(Aggregate::Sum.of_list(&[None, None]), None);
        assert_eq!(
            Aggregate::Max.of_list(&[None, Some(-2.0), Some(-7.0)]),
            Some(-2.0)
        );
    }
}
