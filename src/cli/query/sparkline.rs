//! A chart of one line: a bar of eight heights for each few values, a space where none is known.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The chart, at most `width` letters; the least value is the lowest bar.
pub(super) fn sparkline(values: &[Option<f32>], width: usize) -> String {
    let letters = width.min(values.len()).max(1);
    let means: Vec<Option<f32>> = (0..letters)
        .map(|letter| {
            let of = |letter: usize| letter * values.len() / letters;
            mean(&values[of(letter)..of(letter + 1)])
        })
        .collect();
    let known = || means.iter().flatten().copied();
    let (least, greatest) = (
        known().fold(f32::INFINITY, f32::min),
        known().fold(f32::NEG_INFINITY, f32::max),
    );
    means.iter().map(|mean| bar(*mean, least, greatest)).collect()
}

fn mean(values: &[Option<f32>]) -> Option<f32> {
    let known = || values.iter().flatten();
    let count = known().count();
    (count > 0).then(|| known().sum::<f32>() / count as f32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 7"
)]
fn bar(value: Option<f32>, least: f32, greatest: f32) -> char {
    let Some(value) = value else { return ' ' };
    let span = greatest - least;
    if span <= 0.0 || !span.is_finite() {
        return BARS[0];
    }
    let height = ((value - least) / span * 7.0).round().clamp(0.0, 7.0);
    BARS[height as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_it_is_given() {
        let values: Vec<Option<f32>> = (0..8).map(|n| Some(n as f32)).collect();
        assert_eq!(sparkline(&values, 80), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&values, 4).chars().count(), 4);
        assert_eq!(sparkline(&[Some(2.0), None, Some(2.0)], 3), "▁ ▁");
        assert_eq!(sparkline(&[], 3), " ");
    }
}
