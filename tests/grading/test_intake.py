"""Intake: a submission a student from folders, files and zips, and nothing that one hands in troubles another."""

import base64
import io
import os
import shutil
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from right_net import RIGHT

from mnistbench.errors import GradingError, NetError
from mnistbench.experiment import net_files
from mnistbench.grading import grading, intake, submissions
from mnistbench.grading.intake import collect
from mnistbench.grading.submissions import Submission


def zipped(files: Mapping[Any, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


# Sums that are deeper than Python recurses, and than it parses.
DEEP = f"class Net:\n    x = 1{'+1' * 2500}\n    def fit(self): ...\n    def predict(self): ...\n"
DEEPER = f"x = {'(' * 5000}1{')' * 5000}\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    (tmp_path / "hw").mkdir()
    (tmp_path / "scratch").mkdir()
    return tmp_path / "hw"


def collected(given: Path, student: str | None = None) -> dict[str, Submission]:
    return {each.student: each for each in collect([given], given.parent / "scratch", student)[0]}


def test_a_file_a_student_or_a_folder_a_student(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    (given / "bob").mkdir()
    (given / "bob" / "net.py").write_text("from layers import *\n" + RIGHT)
    (given / "bob" / "layers.py").write_text("")
    found = collected(given)
    assert {name: (each.file, each.problem) for name, each in found.items()} == {
        "ada": ("ada.py", ""), "bob": ("bob/net.py", ""),
    }  # fmt: skip
    assert (found["bob"].copy.parent / "layers.py").exists()
    assert found["ada"].copy.parent != found["bob"].copy.parent


def test_a_pattern_finds_the_name(given: Path) -> None:
    (given / "hw1_ada_late.py").write_text(RIGHT)
    assert list(collected(given, "hw1_(?P<student>[a-z]+)_")) == ["ada"]
    with pytest.raises(GradingError, match="no group of that name"):
        collected(given, "hw1_([a-z]+)")
    with pytest.raises(GradingError, match="is no regular expression"):
        collected(given, "(")


def test_zips_in_a_zip_are_opened(given: Path) -> None:
    outer = given.parent / "download.zip"
    outer.write_bytes(zipped({"ada.zip": zipped({"net.py": RIGHT}), "bob.py": RIGHT, "__MACOSX/bob.py": "x"}))
    found, _ = collect([outer], given.parent / "scratch")
    assert [(each.student, each.file, each.problem) for each in found] == [
        ("ada", "ada/net.py", ""), ("bob", "bob.py", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("files", "problem"), [
    ({"net.py": RIGHT, "net2.py": RIGHT}, "2 of the 2 files have a net"),
    ({"a.py": "", "b.py": ""}, "none of the files has a net"),
    ({"net.py": RIGHT, "deep.py": DEEP}, "2 of the 2 files have a net"),
    ({"net.py": RIGHT, "deeper.py": DEEPER, "b.py": RIGHT}, "2 of the 3 files have a net"),
    ({"../../out.py": RIGHT}, "leads out of its archive"),
    ({"net.py": b" " * (intake.MAX_FILE_BYTES + 1)}, "is larger than 2 MiB"),
])  # fmt: skip
def test_what_cannot_be_taken_is_its_students_own_row(files: dict[str, str | bytes], problem: str, given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    (given / "eve.zip").write_bytes(zipped(files))
    found = collected(given)
    assert problem in found["eve"].problem
    assert found["eve"].copy is None
    assert not found["ada"].problem
    assert not (given.parent / "out.py").exists()


def test_links_pipes_and_broken_zips_are_rows(given: Path) -> None:
    (given.parent / "secret.py").write_text(RIGHT)
    (given / "link.py").symlink_to(given.parent / "secret.py")
    os.mkfifo(given / "pipe.py")
    (given / "broken.zip").write_bytes(b"PK no zip")
    problems = {name: each.problem for name, each in collected(given).items()}
    assert "is a link, a pipe or a device" in problems["link"]
    assert "is a link, a pipe or a device" in problems["pipe"]
    assert "cannot be read as a zip" in problems["broken"]


def test_what_an_archive_unpacks_is_bounded(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (given / "ada.py").write_text(RIGHT)
    (given / "eve.zip").write_bytes(zipped({f"{n}.py": "" for n in range(20)}))
    monkeypatch.setattr(intake, "MAX_OF_STUDENT", 10)
    found = collected(given)
    assert "holds more than 10 files" in found["eve"].problem
    assert not found["ada"].problem


def of_class(given: Path, files: Mapping[Any, str | bytes]) -> dict[str, Submission]:
    (given.parent / "class.zip").write_bytes(zipped({"bob/net.py": RIGHT, **files}))
    found, _ = collect([given.parent / "class.zip"], given.parent / "scratch")
    return {each.student: each for each in found}


@pytest.mark.parametrize(("files", "problem"), [
    ({f"eve/{n}.py": "" for n in range(5_001)}, "holds more than 200 files"),
    ({"eve/net.py": b" " * (501 * 2**20)}, "is larger than 2 MiB"),
    ({f"eve/{n}.py": b" " * (2 * 2**20) for n in range(11)}, "or 20 MiB"),
    ({f"eve/{'a/' * 1800}net.py": RIGHT}, "lies too deep"),
    ({f"eve/{'a' * 60_000}.py": RIGHT}, "lies too deep"),
    ({"eve/my.zip": zipped({f"{'a/' * 1800}net.py": RIGHT})}, "lies too deep"),
    ({"eve/../bob/net.py": RIGHT}, "leads out of its archive"),
    ({"eve/readme.txt": "done"}, "is not there, nor a notebook or a zip"),
    ({"eve.zip": zipped({"readme.txt": "done"})}, "is not there, nor a notebook or a zip"),
])  # fmt: skip
def test_what_one_student_hands_in_leaves_the_others_of_a_classs_zip_as_they_are(
    files: Mapping[Any, str | bytes], problem: str, given: Path
) -> None:
    found = of_class(given, files)
    assert list(found) == ["bob", "eve"]
    assert (found["bob"].file, found["bob"].problem) == ("bob/net.py", "")
    assert problem in found["eve"].problem


def test_a_link_named_like_another_student_keeps_its_own_students_name(given: Path) -> None:
    link = zipfile.ZipInfo("eve/bob.py")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    found = of_class(given, {"eve/net.py": RIGHT, link: "net.py"})
    assert (list(found), found["bob"].problem) == (["bob", "eve"], "")
    assert found["eve"].problem == "eve/bob.py: leads out of its archive."


@pytest.mark.parametrize("name", [b"./", b"..", b".\0", b"\0\0"])
def test_a_member_without_a_name_takes_no_other_students(name: bytes, given: Path) -> None:
    content = zipped({"\x7f\x7e": RIGHT}).replace(b"\x7f\x7e", name)
    (given / "bob.py").write_text(RIGHT)
    (given / "bob.py.zip").write_bytes(content)
    found = collected(given)
    assert (list(found), found["bob"].problem) == (["bob", "bob.py"], "")


def test_a_folder_that_is_too_deep_or_too_full_is_its_students_row(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given / "bob.py").write_text(RIGHT)
    (given / "deep.zip").write_bytes(zipped({f"{'a/' * 1800}net.py": RIGHT}))
    (given / "full").mkdir()
    for number in range(12):
        (given / "full" / f"{number}.py").write_text(RIGHT)
    deep = given / "eve" / ("a/" * 30)  # and no thousand, which pytest could not delete
    deep.mkdir(parents=True)
    (deep / "net.py").write_text(RIGHT)
    monkeypatch.setattr(intake, "MAX_OF_STUDENT", 10)
    found = collected(given)
    assert (found["bob"].problem, list(found)) == ("", ["bob", "deep", "eve", "full"])
    assert "lies too deep" in found["eve"].problem
    assert "lies too deep" in found["deep"].problem
    assert "holds more than 10 files" in found["full"].problem


def test_files_that_take_long_to_read_are_their_students_row(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (given / "bob.py").write_text(RIGHT)
    (given / "eve.zip").write_bytes(zipped({"net.py": RIGHT, "slow.py": "x = [" + "[]," * 340_000 + "]"}))
    slower = submissions.CHOOSE.replace("; ", "; submissions.READ_SECONDS = 1; ")
    monkeypatch.setattr(submissions, "CHOOSE", slower)
    begin = time.monotonic()
    found = collected(given)
    assert found["bob"].problem == ""
    assert "the 2 files take longer than 10 s to be read" in found["eve"].problem
    assert time.monotonic() - begin < 10


def test_a_folder_of_a_student_without_a_net_is_a_row(given: Path) -> None:
    (given / "amy.py").write_text(RIGHT)
    for name in ("ben", "c.d", ".git", "__pycache__"):
        (given / name).mkdir()
    (given / "c.d" / "readme.txt").write_text("done")
    found = collected(given)
    assert list(found) == ["amy", "ben", "c.d"]
    assert found["c.d"].problem == "c.d/*.py: is not there, nor a notebook or a zip."


HUGE_OFFSET = base64.b64decode(
    "UEsDBBQAAAAAAA29el0Az/SFBAAAAAQAAAAJAAAAbXlfbmV0LnB5eD0xClBLAQIUAxQAAAAAAA29el0Az/SFBAAAAAQAAAAJAAwAAAAAAAAAAACA"
    "Af////9teV9uZXQucHkBAAgAAADw//////9QSwUGAAAAAAEAAQBDAAAAKwAAAAAA"
)


def test_a_zip_whose_member_begins_beyond_all_numbers_is_its_students_own_row(given: Path) -> None:
    (given / "ben.zip").write_bytes(HUGE_OFFSET)
    (given / "amy.py").write_text(RIGHT)
    found = collected(given)
    assert (found["amy"].problem, found["ben"].copy) == ("", None)


def test_zips_in_a_students_zip_share_one_bound(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_OF_STUDENT", 6)
    inner = zipped({f"n{n}.py": "x = 1" for n in range(3)})
    (given / "ben.zip").write_bytes(zipped({f"in{n}.zip": inner for n in range(4)}))
    (given / "amy.zip").write_bytes(zipped({"in.zip": inner, "net.py": RIGHT}))
    found = collected(given)
    assert "more than 6 files" in found["ben"].problem
    assert found["amy"].problem == ""


def test_an_encoding_that_takes_long_to_decode_is_refused_unread(given: Path) -> None:
    (given / "ben.py").write_bytes(b"# coding: punycode\n" + RIGHT.encode() + b"#" + b"x" * 2**18 + b"-" + b"a" * 2**18)
    with pytest.raises(NetError, match="its encoding is punycode; save it as UTF-8"):
        net_files.require(str(given / "ben.py"))


def test_nothing_at_all_is_told(given: Path) -> None:
    with pytest.raises(GradingError, match=r"no \.py and no \.ipynb is there"):
        collected(given)
    with pytest.raises(GradingError, match="is not there"):
        collect([given / "nowhere"], given.parent / "scratch")


def test_a_pattern_that_finds_no_name_is_told_with_a_path_that_it_was_tried_on(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    with pytest.raises(GradingError, match=r"--student .*: finds no name in any path, as in 'ada\.py'"):
        collected(given, r"(?P<student>\d+)")


def test_the_folder_of_the_book_is_no_students(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    output = given / "results" / "hw"
    output.mkdir(parents=True)
    (output / "left.py").write_text(RIGHT)
    found, _ = collect([given], given.parent / "scratch", output=output)
    assert [each.student for each in found] == ["ada"]


def test_what_a_killed_grading_left_is_removed_by_the_next_of_the_same_class(tmp_path: Path) -> None:
    killed, other = (grading._scratch(tmp_path / name) for name in ("hw1", "hw2"))
    left = killed.__enter__()  # and no end of it
    (left / "net.py").write_text(RIGHT)
    with other as others, grading._scratch(tmp_path / "hw1"):
        assert (left.exists(), others.exists()) == (False, True)


def test_what_a_students_zip_holds_names_no_other_student(given: Path) -> None:
    (given / "anna_1.py").write_text(RIGHT)
    (given / "eve.zip").write_bytes(zipped({"z/anna_2.py": RIGHT}))
    (given / "ben_1.zip").write_bytes(zipped({"z/anna_2.py": RIGHT}))
    found = collected(given, r"^(?P<student>\w+)_")
    assert {name: each.problem for name, each in found.items()} == {"anna": "", "ben": ""}


def test_a_book_among_the_submissions_themselves_is_refused(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    with pytest.raises(GradingError, match="the book cannot lie where the submissions do; choose another --output"):
        collect([given], given.parent / "scratch", output=given)


def test_a_folder_of_earlier_books_is_no_student(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    (given / "results" / "hw").mkdir(parents=True)
    (given / "results" / "hw" / "grades.csv").write_text("student\n")
    assert list(collected(given)) == ["ada"]


def test_what_is_given_twice_is_taken_once(given: Path) -> None:
    (given / "ada.py").write_text(RIGHT)
    for twice in ([given / "ada.py"] * 2, [given, given / "ada.py"], [given, given]):
        shutil.rmtree(given.parent / "scratch")
        (given.parent / "scratch").mkdir()
        (found,), _ = collect(twice, given.parent / "scratch")
        assert (found.student, found.problem) == ("ada", "")


def test_files_without_a_name_are_told(given: Path) -> None:
    for name in ("hw1_ada.py", "hw1-bob.py"):
        (given / name).write_text(RIGHT)
    found, left_out = collect([given], given.parent / "scratch", r"^hw\d+_(?P<student>[^/.]+)")
    assert ([each.student for each in found], left_out) == (["ada"], ["hw1-bob.py"])
