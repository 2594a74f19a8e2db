"""A report into its folder: every format's file, each written whole."""

from mnistbench.ledger import Results, write_atomically
from mnistbench.reports import claims_file, csv_files, lock_file, markdown, tables
from mnistbench.reports.report import Report


def write(report: Report, results: Results) -> None:
    """Write the CSV files, ``claims.json``, ``requirements.lock.txt``, ``figures/*.svg`` and both reports.

    A figure that is no longer drawn is removed.

    Raises:
        ResultsError: the folder cannot be written.
    """
    from mnistbench.reports.page import page  # only now: matplotlib takes its time
    from mnistbench.reports.pictures import figures

    pictures = figures.draw(report)
    files = {
        "runs.csv": csv_files.to_csv(report.attempts),
        "epochs.csv": csv_files.to_csv(report.epochs),
        "summary.csv": csv_files.to_csv(report.summary),
        "certificate.csv": csv_files.to_csv(tables.certificate_frame(report.certificates)),
        "pairs.csv": csv_files.to_csv(report.pairs),
        "time_to_accuracy.csv": csv_files.to_csv(report.targets),
        **{picture.file: picture.svg for picture in pictures},
        "claims.json": claims_file.text(report.claims),
        "requirements.lock.txt": lock_file.text(report.asked.rows),
        "report.md": markdown.report(report, pictures),
        "report.html": page.html(report, pictures),
    }
    if not report.certificates:
        del files["certificate.csv"]
        (results.folder / "certificate.csv").unlink(missing_ok=True)
    for name, content in files.items():
        write_atomically(results.folder / name, content)
    for name in figures.NAMES:
        if (file := figures.file(name)) not in files:
            (results.folder / file).unlink(missing_ok=True)
