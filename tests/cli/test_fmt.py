"""`mergec fmt`: what it writes, what it leaves alone, how it ends."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from mergec.cli import fmt
from tests.support.command import run_here, run_mergec

ROOT = Path(__file__).parents[2]
UGLY = """\
# head


model base="a"   # one
model tuned   = "b" # the other
merge m=slerp(base,tuned){ # open
# first
t=0.5 # half
   t[mlp and not layers[0 .. 4]]   =curve(0,
      1)

  # last
}
# end
"""
NEAT = """\
# head

model base  = "a"               # one
model tuned = "b"               # the other
merge m = slerp(base, tuned) {  # open
  # first
  t                           = 0.5  # half
  t[mlp and not layers[0..4]] = curve(0, 1)

  # last
}
# end
"""


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_file_is_laid_out_once(tmp_path: Path) -> None:
    path = write(tmp_path / "r.merge", UGLY)
    first = run_here("fmt", "r.merge", cwd=tmp_path)
    assert (first.returncode, first.stdout, first.stderr) == (0, "r.merge\n", "")
    assert path.read_text() == NEAT
    before = path.stat()
    again = run_here("fmt", "r.merge", cwd=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert os.listdir(tmp_path) == ["r.merge"]


def test_check_writes_nothing_and_lists_what_would_change(tmp_path: Path) -> None:
    write(tmp_path / "ugly.merge", UGLY)
    write(tmp_path / "neat.merge", NEAT)
    done = run_here("fmt", "--check", "neat.merge", "ugly.merge", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "ugly.merge\n")
    assert (tmp_path / "ugly.merge").read_text() == UGLY
    assert run_here("fmt", "--check", "neat.merge", cwd=tmp_path).returncode == 0
    quiet = run_here("fmt", "--check", "--quiet", "ugly.merge", cwd=tmp_path)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (5, "", "")


def test_a_file_that_does_not_parse_stays_and_the_others_are_laid_out(tmp_path: Path) -> None:
    broken = write(tmp_path / "broken.merge", 'model base = "a"\nmerge m = slerp(base\n')
    ugly = write(tmp_path / "ugly.merge", UGLY)
    done = run_here("fmt", "broken.merge", "none.merge", "ugly.merge", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "ugly.merge\n")
    assert "broken.merge:2" in done.stderr
    assert "there is no file `none.merge`" in done.stderr
    assert broken.read_text() == 'model base = "a"\nmerge m = slerp(base\n'
    assert ugly.read_text() == NEAT
    document = json.loads(run_here("fmt", "--format", "json", "broken.merge", "ugly.merge", cwd=tmp_path).stdout)
    assert document == {
        "version": 1,
        "files": [{"file": "broken.merge", "status": "wrong"}, {"file": "ugly.merge", "status": "unchanged"}],
    }


def test_yaml_is_refused(tmp_path: Path) -> None:
    text = "merge_method: linear\nmodels: [{model: a}]\n"
    path = write(tmp_path / "r.yaml", text)
    done = run_here("fmt", "r.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "`mergec convert r.yaml --to merge`" in done.stderr
    assert path.read_text() == text


def test_standard_input_goes_to_standard_output(tmp_path: Path) -> None:
    done = run_mergec("fmt", "-", cwd=tmp_path, stdin=UGLY)
    assert (done.returncode, done.stdout) == (0, NEAT)
    crlf = run_mergec("fmt", "-", cwd=tmp_path, stdin=UGLY.replace("\n", "\r\n"))
    assert crlf.stdout == NEAT.replace("\n", "\r\n")
    check = run_mergec("fmt", "-", "--check", cwd=tmp_path, stdin=UGLY)
    assert (check.returncode, check.stdout) == (5, "-\n")
    wrong = run_mergec("fmt", "-", cwd=tmp_path, stdin="models:\n- model: a\n")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "this is mergekit YAML" in wrong.stderr


def test_line_ends_stay_and_a_byte_order_mark_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "r.merge", "\ufeff" + UGLY.replace("\n", "\r\n"))
    assert run_here("fmt", "r.merge", cwd=tmp_path).returncode == 0
    assert path.read_bytes() == NEAT.replace("\n", "\r\n").encode()
    assert run_here("fmt", "--check", "r.merge", cwd=tmp_path).returncode == 0


def test_mode_and_links_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "r.merge", UGLY)
    path.chmod(0o640)
    (tmp_path / "link.merge").symlink_to("r.merge")
    assert run_here("fmt", "link.merge", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.merge").is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text() == NEAT


def test_a_failure_while_writing_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "r.merge", UGLY)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "r.merge")

    monkeypatch.setattr(os, "replace", refuse)
    done = run_here("fmt", "r.merge", cwd=tmp_path)
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert path.read_text() == UGLY
    assert os.listdir(tmp_path) == ["r.merge"]


def test_a_bug_does_not_change_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "r.merge", UGLY)
    for wrong in (NEAT.replace("0.5", "0.6"), NEAT.replace("# half", "")):
        monkeypatch.setattr("mergec.syntax.formatting.formatted", lambda tokens, text=wrong: text)
        done = run_here("fmt", "r.merge", cwd=tmp_path)
        assert done.returncode == 70
        assert "this is a bug in mergec" in done.stderr
        assert path.read_text() == UGLY


def test_the_recipes_here_are_laid_out() -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in ROOT.joinpath("recipes").glob("*.merge"))
    assert len(files) >= 6
    done = run_here("fmt", "--check", *files, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_file_is_a_mistake_of_use(tmp_path: Path) -> None:
    assert run_here("fmt", cwd=tmp_path).returncode == 2
    assert run_here("fmt", "--format", "xml", "r.merge", cwd=tmp_path).returncode == 2


def test_replacing_a_file_that_is_gone_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fmt.replace_file(str(tmp_path / "r.merge"), b"")
    assert os.listdir(tmp_path) == []
