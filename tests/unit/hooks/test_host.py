"""Plugins that do not keep to the contract are named with their distribution; the others work on."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from mergec import __version__
from mergec.diagnostics import Diagnostic, Report, Severity
from mergec.hooks import Plugins, load_plugins
from tests.support.plugins import TextPoint

HEAD = "from mergec.api import Architecture, Blend, Inputs, Method, hookimpl\n"
BLEND = "Blend(fixed=lambda count, arguments: (0.5, 0.5))"


def provides(*names: str, decorator: str = "@hookimpl", hook: str = "mergec_methods") -> str:
    methods = ", ".join(f"Method('{n}', 'A mean.', {BLEND}, Inputs(2, 2))" for n in names)
    return f"{HEAD}\n{decorator}\ndef {hook}():\n    return [{methods}]\n"


def load(*points: EntryPoint) -> tuple[Plugins, tuple[Diagnostic, ...]]:
    report = Report()
    return load_plugins(report, points), report.diagnostics


GOOD = TextPoint("good", provides("half"), "2.0")


def test_a_plugin_that_works_says_nothing() -> None:
    plugins, found = load(GOOD)
    assert found == ()
    assert str(plugins.methods["half"].provider) == "mergec-good 2.0"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError: "),
        ("x = 1", "it has no hook, neither `mergec_methods` nor `mergec_architectures`"),
        (provides("a", decorator=""), "its `mergec_methods` is not marked with `@hookimpl`"),
        (provides("a", hook="mergec_method"), "mergec calls no hook `mergec_method`; did you mean `mergec_methods`?"),
        (provides("a", hook="zap"), "mergec calls no hook `zap`; it calls `mergec_methods` and"),
        (f"{HEAD}@hookimpl\ndef mergec_methods():\n    pass\n", "its `mergec_methods` returns None, not a list"),
        (f"{HEAD}@hookimpl\ndef mergec_methods():\n    return 3\n", "TypeError: 'int' object is not iterable"),
        (f"{HEAD}@hookimpl\ndef mergec_methods():\n    1 / 0\n", "ZeroDivisionError: division by zero"),
        (f"{HEAD}@hookimpl\ndef mergec_methods(x):\n    return []\n", "PluginValidationError: "),
        (
            f"{HEAD}@hookimpl\ndef mergec_methods():\n    return ['half']\n",
            "its `mergec_methods` returns 'half' among others, which is not a Method",
        ),
    ],
)
def test_what_fails_is_one_warning_that_names_the_distribution(text: str, reason: str) -> None:
    plugins, (found,) = load(TextPoint("bad", text), GOOD)
    assert found.severity is Severity.WARNING
    assert found.message == "the plugin `bad` of mergec-bad 1.0 cannot be used"
    assert found.notes[0].startswith(reason)
    assert found.help == "repair or uninstall mergec-bad; its methods are missing until then"
    assert list(plugins.methods) == ["half"]
    assert [f.provider.distribution for f in plugins.failures] == ["mergec-bad"]


@pytest.mark.parametrize(
    ("requirement", "works"),
    [
        (f"mergec=={__version__}", True),
        ("mergec", True),
        ("mergec>=0.0.1,<99", True),
        ("mergec-other>99", True),
        ("mergec>99; python_version < '3'", True),
        ("mergec>99; extra == 'new'", True),
        ("mergec>99", False),
        ("mergec<0.0.1", False),
    ],
)
def test_a_plugin_may_need_a_version_of_mergec(requirement: str, works: bool) -> None:
    plugins, found = load(TextPoint("picky", provides("half"), requires=("torch>=2", requirement)))
    assert ("half" in plugins.methods) is works
    expected = () if works else ((f"it needs {requirement}, and this is mergec {__version__}",),)
    assert tuple(d.notes for d in found) == expected


def test_two_owners_of_a_name_are_an_error_that_names_both() -> None:
    plugins, (found,) = load(GOOD, TextPoint("other", provides("half", "third")))
    assert found.severity is Severity.ERROR
    assert found.message == "`half` is provided by mergec-good 2.0 and by mergec-other 1.0"
    assert set(plugins.methods) == {"half", "third"}


def test_one_owner_may_not_have_a_name_twice() -> None:
    _, (found,) = load(TextPoint("twin", provides("half", "half")))
    assert found.message == "`half` is provided twice by mergec-twin 1.0"
    assert found.help == "repair or uninstall mergec-twin"


def test_two_owners_of_an_architecture_are_an_error_that_names_both() -> None:
    rules = "@hookimpl\ndef mergec_architectures():\n    return [Architecture('seq', ('mine',), stacks=('h.',))]\n"
    _, (found,) = load(TextPoint("one", HEAD + rules), TextPoint("two", HEAD + rules))
    assert found.message == "naming rules for `mine` are provided by mergec-one 1.0 and by mergec-two 1.0"


@pytest.mark.parametrize("rules", ["'seq', ('llama')", "'seq', None", "'seq', ('mine',), roles=('mlp', '*')", "3, ()"])
def test_naming_rules_of_wrong_types_are_a_warning(rules: str) -> None:
    text = f"{HEAD}@hookimpl\ndef mergec_architectures():\n    return [Architecture({rules})]\n"
    plugins, found = load(TextPoint("mine", text))
    assert plugins.architectures == ()
    assert [d.severity for d in found] == [Severity.WARNING]
    assert "is not of the type that its description says" in found[0].notes[0]


def test_a_method_that_cannot_even_be_looked_through_is_a_warning() -> None:
    method = "Method('odd', 's', Blend(lambda count, arguments: None), Inputs('2'))"
    text = f"{HEAD}@hookimpl\ndef mergec_methods():\n    return [{method}]\n"
    plugins, found = load(TextPoint("mine", text))
    assert "odd" not in plugins.methods
    assert [d.severity for d in found] == [Severity.WARNING]


def test_a_method_that_cannot_be_used_leaves_the_others() -> None:
    plugins, (found,) = load(TextPoint("mixed", provides("stack", "half")))
    assert found.message == "the method `stack` of mergec-mixed 1.0 cannot be used"
    assert found.notes == ("`stack` is a word of the merge language",)
    assert list(plugins.methods) == ["half"]
    assert [f.method for f in plugins.failures] == ["stack"]


def test_what_plugins_print_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    load(TextPoint("loud", "print('hello')\n" + provides("half")))
    assert capsys.readouterr() == ("", "hello\n")


def test_the_order_of_entry_points_makes_no_difference() -> None:
    points = [GOOD, TextPoint("a", provides("x")), TextPoint("b", "1 / 0")]
    (one, first), (two, second) = load(*points), load(*reversed(points))
    assert list(one.methods) == list(two.methods)
    assert first == second


def lists(**where: str) -> str:
    items = ", ".join(f"MethodAt({name!r}, {place!r})" for name, place in where.items())
    return f"from mergec.api import MethodAt, hookimpl\n\n@hookimpl\ndef mergec_methods():\n    return [{items}]\n"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with the method `half`, another of the name `stack`, and something that is no method."""
    module = ModuleType("mergec_elsewhere")
    exec(f"{HEAD}HALF = Method('half', 'A mean.', {BLEND}, Inputs(2, 2))", vars(module))
    exec(f"STACK = Method('stack', 'A mean.', {BLEND}, Inputs(2, 2))\nNONE = 3", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_a_method_that_is_listed_is_loaded_when_it_is_asked_for(elsewhere: str) -> None:
    text = lists(half=f"{elsewhere}:HALF", later="mergec_not_there:LATER")
    plugins, found = load(TextPoint("lazy", text))
    assert plugins.methods["half"].method.name == "half"
    assert str(plugins.methods["half"].provider) == "mergec-lazy 1.0"
    assert found == ()
    assert plugins.failures == []


@pytest.mark.parametrize(
    ("name", "where", "reason"),
    [
        ("half", "mergec_not_there:HALF", "ModuleNotFoundError: No module named 'mergec_not_there'"),
        ("half", "mergec_elsewhere:GONE", "AttributeError: "),
        ("half", "mergec_elsewhere:NONE", "`mergec_elsewhere:NONE` is 3, which is not a Method"),
        ("stack", "mergec_elsewhere:STACK", "`stack` is a word of the merge language"),
        ("whole", "mergec_elsewhere:HALF", "`mergec_elsewhere:HALF` is called `half`"),
    ],
)
def test_what_is_listed_and_cannot_be_used_is_missing(name: str, where: str, reason: str, elsewhere: str) -> None:
    report = Report()
    plugins = load_plugins(report, (TextPoint("lazy", lists(**{name: where})), GOOD_THIRD))
    assert name not in plugins.methods
    assert list(plugins.methods) == ["third"]
    assert len(plugins.methods) == 1
    (warning,) = report.diagnostics
    assert warning.message == f"the method `{name}` of mergec-lazy 1.0 cannot be used"
    assert warning.notes[0].startswith(reason)
    assert [(f.method, f.provider.distribution) for f in plugins.failures] == [(name, "mergec-lazy")]


GOOD_THIRD = TextPoint("good", provides("third"), "2.0")


def test_a_name_may_not_be_listed_and_provided(elsewhere: str) -> None:
    _, (found,) = load(GOOD, TextPoint("lazy", lists(half=f"{elsewhere}:HALF")))
    assert found.message == "`half` is provided by mergec-good 2.0 and by mergec-lazy 1.0"


def test_first_party_methods_are_where_they_are_listed() -> None:
    report = Report()
    methods = load_plugins(report).methods
    assert len(methods) > 30
    assert report.diagnostics == ()
