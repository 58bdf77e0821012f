//! The file of one CSV log: its header, its rows, and dropping those that are too old.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_actors::clock::Timestamp;

use super::{Layout, Row};

const DAY: Duration = Duration::from_secs(86_400);
/// Rows are dropped when the oldest is a day older than it may be: once a day the file is written anew.
const GRACE: Duration = DAY;

/// Adds rows.
pub(super) fn append(
    path: &Path,
    layout: &Layout,
    days_kept: u32,
    rows: &[Row],
    now: Timestamp,
) -> io::Result<()> {
    make_folder(path)?;
    let header = layout.columns.join(",");
    let span = DAY * days_kept;
    match first_lines(path)? {
        None => {}
        Some((found, _)) if found != header => fs::rename(path, set_aside(path, now))?,
        Some((_, oldest)) if oldest.is_some_and(|oldest| oldest < now.minus(span + GRACE)) => {
            drop_rows_before(path, now.minus(span))?;
        }
        Some(_) => {}
    }
    let is_new = !path.exists();
    let mut out = BufWriter::new(private(OpenOptions::new().append(true).create(true)).open(path)?);
    if is_new {
        writeln!(out, "{header}")?;
    }
    write_rows(&mut out, layout, rows, now)?;
    out.flush()
}

/// Writes the whole file anew.
pub(super) fn replace(path: &Path, layout: &Layout, rows: &[Row], now: Timestamp) -> io::Result<()> {
    make_folder(path)?;
    let new = path.with_extension("csv.new");
    let mut out =
        BufWriter::new(private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?);
    writeln!(out, "{}", layout.columns.join(","))?;
    write_rows(&mut out, layout, rows, now)?;
    out.flush()?;
    fs::rename(new, path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Only its owner may read it: networks and programs stand in it.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn write_rows(out: &mut impl Write, layout: &Layout, rows: &[Row], now: Timestamp) -> io::Result<()> {
    let time = (layout.columns.first() == Some(&"timestamp")).then(|| now.to_string());
    for row in rows {
        let cells = row.iter().map(|cell| cell.written());
        let cells: Vec<_> = time
            .iter()
            .map(|time| time.as_str().into())
            .chain(cells)
            .collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// The header, and the time of the oldest row; nothing of a file that is not there or empty.
fn first_lines(path: &Path) -> io::Result<Option<(String, Option<Timestamp>)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::new(file).split(b'\n');
    let mut line = || -> io::Result<Option<String>> {
        let line = lines.next().transpose()?;
        Ok(line.map(|line| String::from_utf8_lossy(&line).trim_end().to_owned()))
    };
    let Some(header) = line()? else {
        fs::remove_file(path)?;
        return Ok(None);
    };
    Ok(Some((header, line()?.as_deref().and_then(time))))
}

/// The time at the beginning of a row, with a zone or, as 2.0 wrote it, without one.
fn time(row: &str) -> Option<Timestamp> {
    let text = row.split(',').next()?.trim_matches('"');
    let parsed = Timestamp::parse(text).or_else(|_| Timestamp::parse(&format!("{text}Z")));
    parsed.ok()
}

/// A file with other columns, of 2.0 perhaps, is somebody's: it is kept beside the new one.
fn set_aside(path: &Path, now: Timestamp) -> PathBuf {
    path.with_extension(format!("{}.csv", now.as_secs()))
}

fn drop_rows_before(path: &Path, moment: Timestamp) -> io::Result<()> {
    let new = path.with_extension("csv.new");
    let mut out =
        BufWriter::new(private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?);
    for (at, line) in BufReader::new(File::open(path)?).split(b'\n').enumerate() {
        let line = line?;
        // A row without a time is somebody's too.
        let is_kept = at == 0 || time(&String::from_utf8_lossy(&line)).is_none_or(|time| time >= moment);
        if is_kept {
            out.write_all(&line)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    fs::set_permissions(&new, fs::metadata(path)?.permissions())?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;

    const LAYOUT: Layout = Layout {
        name: "thermal",
        columns: &["timestamp", "cpu_temperature", "cpu_temp_source"],
        days_kept: 7,
    };

    fn row(celsius: f64) -> Vec<Row> {
        vec![vec![Cell::from(celsius), Cell::from("coretemp")]]
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_secs(1_760_000_000 + number * 86_400)
    }

    #[test]
    fn rows_stay_for_as_many_days_as_the_log_keeps_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/thermal.csv");
        for number in 0..=9 {
            append(&path, &LAYOUT, 7, &row(40.0 + number as f64), day(number)).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "timestamp,cpu_temperature,cpu_temp_source");
        assert_eq!(lines[1], format!("{},42,coretemp", day(2)));
        assert_eq!(lines.len(), 9);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_with_other_columns_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thermal.csv");
        fs::write(&path, "when,what\n1,2\n").unwrap();
        append(&path, &LAYOUT, 7, &row(40.0), day(0)).unwrap();
        let aside = set_aside(&path, day(0));
        assert_eq!(fs::read_to_string(aside).unwrap(), "when,what\n1,2\n");
        assert!(fs::read_to_string(&path).unwrap().starts_with("timestamp,"));
    }

    #[test]
    fn a_list_of_what_there_is_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("applications.csv");
        let layout = Layout {
            name: "applications",
            columns: &["app_name", "version"],
            days_kept: 1,
        };
        for version in ["1", "2"] {
            let rows = vec![vec![Cell::from("Mail"), Cell::from(version)]];
            replace(&path, &layout, &rows, day(0)).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "app_name,version\nMail,2\n");
    }
}
