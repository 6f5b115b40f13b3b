"""The server as an editor meets it: over standard streams."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from tests.support.command import run_python
from tests.support.editor import Editor
from tests.support.tiny import write_tiny

RECIPE = 'model base = "base"\nmodel tuned = "tuned"\nmerge m = lerp(base, tuned) { t = 0.5 }\noutput m\n'


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [diagnostic["code"] for diagnostic in found]


def cut(text: str, place: dict[str, dict[str, int]]) -> str:
    """What a range of UTF-16 units holds; it lies on one line."""
    start, end = place["start"], place["end"]
    assert start["line"] == end["line"]
    units = text.split("\n")[start["line"]].encode("utf-16-le")
    return units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")


# --- findings --------------------------------------------------------------------------------------------------------


def test_a_good_recipe_gets_an_empty_list(editor: Editor) -> None:
    editor.open("good.merge", RECIPE)
    assert editor.diagnostics("good.merge") == []


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("merge m = \n", "syntax", ""),
        (RECIPE.replace("lerp", "lurp"), "unknown-method", "lurp"),
        (RECIPE.replace("t = 0.5", "t = 1 😀😀"), "syntax", "😀"),
        ('# 😀\nmodel a = "😀" model base = 3', "syntax", "3"),
        (RECIPE.replace('"tuned"', '"nowhere"'), "missing-model", '"nowhere"'),
        (RECIPE.replace("t = 0.5", "t = 0.5 t[router] = 1"), "rule-matches-nothing", "t[router] = 1"),
    ],
)
def test_findings_of_every_stage_with_their_places(editor: Editor, text: str, code: str, marked: str) -> None:
    name = f"{abs(hash(text))}.merge"
    editor.open(name, text)
    found = editor.diagnostics(name)
    assert codes(found) == [code]
    assert cut(text, found[0]["range"]) == marked
    assert found[0]["source"] == "mergec"


def test_a_finding_has_its_page_its_severity_and_its_other_places(editor: Editor) -> None:
    text = '# 😀\nmodel base = "base" model base = "tuned"\nmerge m = lerp(base, base) { t = 1 }\noutput m'
    editor.open("twice.merge", text)
    (found,) = editor.diagnostics("twice.merge")
    assert (found["code"], found["severity"]) == ("duplicate-name", 1)
    assert found["message"].startswith("`base` is declared twice: declared again here\n")
    assert "\nhelp: " in found["message"]
    page = Path(unquote(urlparse(found["codeDescription"]["href"]).path))
    assert page.read_text(encoding="utf-8").startswith("# `duplicate-name`")
    (other,) = found["relatedInformation"]
    assert other["location"]["uri"] == editor.uri("twice.merge")
    assert other["location"]["range"]["start"] == {"line": 1, "character": 6}
    assert other["message"] == "first declared here"


def test_warnings_are_warnings_and_what_is_idle_is_faded(editor: Editor) -> None:
    editor.open("idle.merge", 'model other = "base"\n' + RECIPE)
    (found,) = editor.diagnostics("idle.merge")
    assert (found["code"], found["severity"], found["tags"]) == ("unused-name", 2, [1])


def test_many_quick_edits_give_one_list(editor: Editor) -> None:
    editor.open("quick.merge", RECIPE)
    editor.diagnostics("quick.merge")
    before = len(editor.published)
    editor.change("quick.merge", *(RECIPE.replace("0.5", "0." + "x" * i + "5") for i in range(20)))
    assert codes(editor.diagnostics("quick.merge")) == ["syntax"]
    editor.drain(0.6)
    said = [p for p in editor.published[before:] if p["uri"] == editor.uri("quick.merge")]
    assert [p["version"] for p in said] == [21]


def test_an_edit_is_checked_with_the_models_as_they_are_then(tmp_path: Path) -> None:
    write_tiny(tmp_path / "base", "llama")
    write_tiny(tmp_path / "tuned", "llama layers=3")
    with Editor(tmp_path) as editor:
        editor.open("recipe.merge", RECIPE)
        first = editor.diagnostics("recipe.merge")
        assert first
        write_tiny(tmp_path / "tuned", "llama")
        editor.change("recipe.merge", "\n" + RECIPE)
        assert editor.diagnostics("recipe.merge") == []


def test_findings_about_a_model_follow_its_name(editor: Editor) -> None:
    text = RECIPE.replace('"base"', '"base@main"')
    editor.open("moving.merge", text)
    editor.diagnostics("moving.merge")
    editor.change("moving.merge", "# 😀\n\n  " + text)
    (found,) = editor.diagnostics("moving.merge")
    assert cut("# 😀\n\n  " + text, found["range"]) == '"base@main"'


def test_models_of_the_hub_are_not_sought_while_typing(editor: Editor) -> None:
    """Without a network the answer comes from the cache, which the tests leave empty."""
    text = RECIPE.replace('"tuned"', '"nobody/has-this"')
    editor.open("hub.merge", text)
    assert codes(editor.diagnostics("hub.merge")) == ["missing-model"]


def test_a_buffer_that_is_not_saved_is_a_recipe_of_the_workspace(editor: Editor) -> None:
    editor.open("untitled:Untitled-1", RECIPE)
    assert editor.diagnostics("untitled:Untitled-1") == []
    editor.change("untitled:Untitled-1", RECIPE.replace("0.5", "base"))
    assert codes(editor.diagnostics("untitled:Untitled-1")) == ["wrong-kind"]


def test_closing_a_document_takes_its_findings_back(editor: Editor) -> None:
    editor.open("closed.merge", "merge m = ")
    assert editor.diagnostics("closed.merge")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri("closed.merge")}})
    editor.drain(0.3)
    assert [p["diagnostics"] for p in editor.published if p["uri"] == editor.uri("closed.merge")][-1] == []


def test_findings_in_an_included_file_are_shown_where_it_is_included(editor: Editor) -> None:
    inner = editor.folder / "inner.merge"
    inner.write_text('# 😀\nmodel base = "nowhere"\n')
    text = 'include "inner.merge"\n' + RECIPE.partition("\n")[2]
    editor.open("outer.merge", text)
    (found,) = editor.diagnostics("outer.merge")
    assert (found["code"], cut(text, found["range"])) == ("missing-model", '"inner.merge"')
    (other,) = found["relatedInformation"]
    assert other["location"]["uri"] == inner.as_uri()
    assert other["location"]["range"]["start"] == {"line": 1, "character": 13}


def test_a_file_of_definitions_needs_no_output(editor: Editor) -> None:
    editor.open("definitions.merge", 'model base = "base"\nmerge a = base\nmerge b = base\n')
    (found,) = editor.diagnostics("definitions.merge")
    assert (found["code"], found["severity"]) == ("no-output", 3)


def test_models_of_an_included_file_are_beside_it(editor: Editor) -> None:
    below = editor.folder / "below"
    write_tiny(below / "base", "llama")
    (below / "models.merge").write_text('model near = "base"\n')
    text = 'include "below/models.merge"\nmodel base = "base"\nmerge m = lerp(near, base) { t = 1 t["'
    editor.open("beside.merge", text.removesuffix(' t["') + " }\noutput m")
    assert editor.diagnostics("beside.merge") == []
    assert "llama" in editor.ask("hover", "beside.merge", 2, 16)["contents"]["value"]


# --- YAML ------------------------------------------------------------------------------------------------------------


def test_yaml_recipes_are_checked_and_other_yaml_is_left_alone(editor: Editor) -> None:
    recipe = "models:\n  - model: base\n  - model: tuned\nmerge_method: slerp\nbase_model: base\nparameters: {t: 0.5}\n"
    editor.open("recipe.yaml", recipe, "yaml")
    assert editor.diagnostics("recipe.yaml") == []
    editor.change("recipe.yaml", recipe.replace("slerp", "slurp"))
    assert codes(editor.diagnostics("recipe.yaml")) == ["unknown-method"]
    editor.open("compose.yaml", "services:\n  web: {image: x}\n", "yaml")
    editor.drain(0.5)
    said = [p["diagnostics"] for p in editor.published if p["uri"] == editor.uri("compose.yaml")]
    assert said == [[]]
    assert editor.ask("hover", "recipe.yaml", 3, 2) is None
    assert editor.complete("recipe.yaml", 3, 2) == []


# --- features over the wire ------------------------------------------------------------------------------------------


def test_features_count_columns_as_the_client_does(editor: Editor) -> None:
    text = (
        '# 😀\nmodel base = "base" let s = "😀😀" model tuned = "tuned" merge m = lerp(base, tuned) { t = 1 }\noutput m'
    )
    editor.open("wide.merge", text)
    editor.diagnostics("wide.merge")
    column = len(text.split("\n")[1].partition("lerp(")[0].encode("utf-16-le")) // 2 + 6
    hover = editor.ask("hover", "wide.merge", 1, column)
    assert cut(text, hover["range"]) == "base"
    found = editor.ask("definition", "wide.merge", 1, column)
    assert (found["uri"], cut(text, found["range"])) == (editor.uri("wide.merge"), "base")


def test_another_encoding_can_be_agreed_on(folder: Path) -> None:
    with Editor(folder, {"general": {"positionEncodings": ["utf-8", "utf-16"]}}) as editor:
        assert editor.initialized["capabilities"]["positionEncoding"] == "utf-8"
        editor.open("u.merge", 'model a = "😀" x')
        (found,) = editor.diagnostics("u.merge")
        assert found["range"]["start"]["character"] == len('model a = "😀" '.encode())


def test_completion_in_a_text_that_has_just_changed(editor: Editor) -> None:
    editor.open("typing.merge", RECIPE)
    editor.diagnostics("typing.merge")
    editor.change("typing.merge", RECIPE.replace("{ t = 0.5 }", "{ t["))
    assert "attention" in editor.complete("typing.merge", 2, len("merge m = lerp(base, tuned) { t["))
    editor.change("typing.merge", RECIPE.replace("{ t = 0.5 }", '{ t["'))
    assert "*.mlp.*" in editor.complete("typing.merge", 2, len('merge m = lerp(base, tuned) { t["'))


def test_symbols_and_signatures(editor: Editor) -> None:
    editor.open("outline.merge", RECIPE)
    symbols = editor.ask("documentSymbol", "outline.merge", 0, 0)
    assert [s["name"] for s in symbols] == ["base", "tuned", "m", "m"]
    help = editor.ask("signatureHelp", "outline.merge", 2, len("merge m = lerp(base, "))
    assert help["activeParameter"] == 1


def test_formatting(editor: Editor) -> None:
    text = RECIPE.replace(" = ", "=") + "# 😀 the end"
    editor.open("style.merge", text)
    (edit,) = editor.ask("formatting", "style.merge", 0, 0)
    assert 'model base  = "base"\n' in edit["newText"]
    assert edit["range"]["end"] == {"line": 4, "character": 12}
    editor.change("style.merge", edit["newText"])
    assert editor.ask("formatting", "style.merge", 0, 0) == []
    editor.change("style.merge", "merge m = ")
    assert editor.ask("formatting", "style.merge", 0, 0) == []


@pytest.mark.parametrize("feature", ["hover", "completion", "definition", "documentSymbol", "signatureHelp"])
def test_every_feature_bears_malformed_documents(editor: Editor, feature: str) -> None:
    for i, text in enumerate(
        (
            "",
            "\0",
            "{{{{",
            '"',
            "merge m = lerp(",
            "t[/((/",
            "\ud800".encode("utf-16", "surrogatepass").decode("latin-1"),
        )
    ):
        name = f"{feature}{i}.merge"
        editor.open(name, text)
        editor.ask(feature, name, 0, 3)
        editor.ask(feature, name, 7, 0)
        assert editor.diagnostics(name), text


def test_a_huge_document_does_not_hang(editor: Editor) -> None:
    start = time.monotonic()
    for name, text in (("long.merge", RECIPE + "# x\n" * 400_000), ("wordy.merge", "let x = 1\n" * 60_000)):
        editor.open(name, text)
        assert codes(editor.diagnostics(name)) == ["too-complex"]
        editor.complete(name, 3, 0)
        editor.ask("hover", name, 2, 10)
        editor.ask("documentSymbol", name, 0, 0)
    assert time.monotonic() - start < 20


# --- coming and going ------------------------------------------------------------------------------------------------


def test_goodbye(folder: Path) -> None:
    with Editor(folder) as editor:
        editor.open("bye.merge", RECIPE)
        assert editor.quit() == 0


def test_the_server_ends_with_its_client(folder: Path) -> None:
    with Editor(folder) as editor:
        assert editor.process.stdin is not None
        editor.process.stdin.close()
        assert editor.process.wait(20) == 0


def test_the_server_ends_when_it_is_told_to(folder: Path) -> None:
    with Editor(folder) as editor:
        editor.process.terminate()
        assert editor.process.wait(20) == -signal.SIGTERM


LOADED = """
import sys
from mergec.lsp.server import make_server
make_server()
print(*(name for name in ("torch", "numpy", "transformers") if name in sys.modules))
"""


def test_a_server_is_light(tmp_path: Path) -> None:
    assert run_python(LOADED, cwd=tmp_path).split() == []


MISSING = """
import sys
sys.modules["pygls"] = sys.modules["lsprotocol"] = None
from mergec.cli.app import main
sys.argv = ["mergec", "lsp"]
sys.stderr = sys.stdout
try:
    main()
except SystemExit as end:
    print("code", int(end.code))
"""


def test_without_its_libraries_it_says_how_to_get_them(tmp_path: Path) -> None:
    said = run_python(MISSING, cwd=tmp_path)
    assert 'pip install "mergec[lsp]"' in said
    assert said.endswith("code 3\n")
