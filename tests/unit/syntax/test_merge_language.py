from __future__ import annotations

from pathlib import Path

import pytest

from mergec.diagnostics import Report, Source
from mergec.syntax import parse
from mergec.syntax.merge_language import parse_merge_language
from mergec.syntax.tree import Call, Document, LetStatement, MergeStatement, NameUse
from mergec.syntax.words import ROLES
from tests.support.outline import outline

DESIGNED_ROLES = "attention mlp norm bias embedding head expert router q k v o gate up down buffer"
ROOT = Path(__file__).parents[3]

HYBRID = """\
# TinyLlama hybrid: attention moves to the chat model with depth, the MLPs away from it.
model base = "TinyLlama/TinyLlama-1.1B-step-50K-105b"
model chat = "TinyLlama/TinyLlama-1.1B-Chat-v1.0"

merge hybrid = slerp(base, chat) {
  t              = 0.5
  t["*self_attn*"] = curve(0, 0.5, 0.3, 0.7, 1)
  t["*mlp*"]       = curve(1, 0.5, 0.7, 0.3, 0)
}

output hybrid { dtype = bfloat16 }
"""
CHIMERA = """\
model base     = "HuggingFaceTB/SmolLM-135M"
model instruct = "HuggingFaceTB/SmolLM-135M-Instruct"
param share = 0.6 in 0..1                         # mergec build … --set share=0.4

merge chimera = slerp(base, instruct) {
  t = share
  method[rank(1)] = lerp
}
output chimera { dtype = float16 }
"""
ALGEBRA = """\
merge tall   = stack(base[0..8], slerp(base[8..16], chat[8..16]) { t = 0.5 }, chat[16..22])  # layer ranges, half-open
merge skills = base + 0.7 * (code - base) + 0.3 * (math - base)
merge clean  = ties(code, math, base = base) {
  density = 0.5
  weight  = 0.4
  code.weight[mlp and not layers[0..4]] = 0.5 - 0.3 * cos(2 * pi * depth)
}
merge final  = slerp(clean, chat) { t = 0.2 }
"""


def read(text: str) -> Document:
    report = Report()
    document = parse_merge_language(Source("recipe.merge", text), report)
    assert report.diagnostics == ()
    assert document is not None
    return document


def value(text: str) -> str:
    statement = read(f"let x = {text}").statements[0]
    assert isinstance(statement, LetStatement)
    return outline(statement.value)


def rule(text: str) -> str:
    statement = read(f"merge m = f(a) {{ {text} }}").statements[0]
    assert isinstance(statement, MergeStatement)
    assert isinstance(statement.value, Call)
    return outline(statement.value.rules[0])


def test_the_hybrid_of_the_manual() -> None:
    assert outline(read(HYBRID)).splitlines() == [
        'model base = "TinyLlama/TinyLlama-1.1B-step-50K-105b"',
        'model chat = "TinyLlama/TinyLlama-1.1B-Chat-v1.0"',
        'merge hybrid = slerp(base, chat) {t = 0.5; t["*self_attn*"] = curve(0, 0.5, 0.3, 0.7, 1); '
        't["*mlp*"] = curve(1, 0.5, 0.7, 0.3, 0)}',
        "output hybrid {dtype = bfloat16}",
    ]


def test_the_chimera_of_the_manual() -> None:
    assert outline(read(CHIMERA)).splitlines()[2:] == [
        "param share = 0.6 in 0..1",
        "merge chimera = slerp(base, instruct) {t = share; method[rank 1] = lerp}",
        "output chimera {dtype = float16}",
    ]


def test_the_algebra_of_the_manual() -> None:
    assert outline(read(ALGEBRA)).splitlines() == [
        "merge tall = stack(base[0..8], slerp(base[8..16], chat[8..16]) {t = 0.5}, chat[16..22])",
        "merge skills = ((base + (0.7 * (code - base))) + (0.3 * (math - base)))",
        "merge clean = ties(code, math, base: base) {density = 0.5; weight = 0.4; "
        "code.weight[(mlp and (not layers 0..4))] = (0.5 - (0.3 * cos(((2 * pi) * depth))))}",
        "merge final = slerp(clean, chat) {t = 0.2}",
    ]


def test_all_statements_on_one_line() -> None:
    text = (
        'model a = "x" param p = 1 let f(x, y) = x merge m = a output m output m {} requires "p >= 1" include "q.merge"'
    )
    assert outline(read(text)).splitlines() == [
        'model a = "x"',
        "param p = 1",
        "let f(x, y) = x",
        "merge m = a",
        "output m {}",
        "output m {}",
        'requires "p >= 1"',
        'include "q.merge"',
    ]


def test_white_space_and_commas_are_free() -> None:
    spread = "merge\n\tm # name\r\n = f (\n a ,\n b = 1 ,\n )\n{ t\n[\nmlp\n]\n=\n1 }"
    assert outline(read(spread)) == "merge m = f(a, b: 1) {t[mlp] = 1}"
    assert outline(read("merge m=f(a,b=1,){t[mlp]=1}")) == outline(read(spread))


def test_a_byte_order_mark_is_skipped() -> None:
    document = read('\ufeffmodel a = "x"')
    assert document.statements[0].span.start == 1


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("8 / 4 / 2", "((8 / 4) / 2)"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("-x ** 2", "(-(x ** 2))"),
        ("2 ** -x", "(2 ** (-x))"),
        ("2 ** 3 ** 4", "(2 ** (3 ** 4))"),
        ("- - 1", "(-(-1))"),
        ("a - -b * c", "(a - ((-b) * c))"),
        ("a[0..8][1..2]", "a[0..8][1..2]"),
        ("-a[0..n - 1]", "(-a[0..(n - 1)])"),
        ("(a + b)[0..4]", "(a + b)[0..4]"),
        ("f()", "f()"),
        ('f(true, g(false), "s")', 'f(True, g(False), "s")'),
        ("layers + rank + depth", "((layers + rank) + depth)"),
        ("models + inner + lets", "((models + inner) + lets)"),
        ("a[4..] + b[..-x] - c[..]", "((a[4..] + b[..(-x)]) - c[..])"),
        ("stack(a[i..i+8], b for i in 0..24 by 8)", "stack(a[i..(i + 8)], b for i in 0..24 by 8)"),
        ("stack(a, (b, (c) for i in x..y), d)", "stack(a, (b, c for i in x..y), d)"),
        ("stack(((a for j in i..2) for i in 0..2))", "stack(((a for j in i..2) for i in 0..2))"),
        ("f(form, bypass, byte, included)", "f(form, bypass, byte, included)"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert value(text) == tree


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", "0"), ("7", "7"), (".5", "0.5"), ("1.", "1.0"), ("1e-3", "0.001"), ("2.5E+3", "2500.0"), ("1e3", "1000.0")],
)
def test_numbers(text: str, number: str) -> None:
    assert value(text) == number


@pytest.mark.parametrize(
    ("text", "tree"),
    [("a[0..8]", "a[0..8]"), ("a[ 0 .. 8 ]", "a[0..8]"), ("a[.5...5]", "a[0.5..0.5]"), ("a[1.5..2.5]", "a[1.5..2.5]")],
)
def test_ranges_are_not_mistaken_for_decimals(text: str, tree: str) -> None:
    assert value(text) == tree


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\b"),
        (r'"\n\t"', "\n\t"),
        (r'"\u00e9"', "é"),
        ('"# no comment"', "# no comment"),
    ],
)
def test_escapes(literal: str, text: str) -> None:
    assert value(literal) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("t = 1", "t = 1"),
        ("t[q or k and v] = 1", "t[(q or (k and v))] = 1"),
        ("t[(q or k) and v] = 1", "t[((q or k) and v)] = 1"),
        ("t[not not q] = 1", "t[(not (not q))] = 1"),
        ("t[not q and k] = 1", "t[((not q) and k)] = 1"),
        ("t[layers[-4..-1]] = 1", "t[layers -4..-1] = 1"),
        ("t[rank(2)] = 1", "t[rank 2] = 1"),
        ('a.t["*.norm?"] = 1', 'a.t["*.norm?"] = 1'),
        (r"t[/a\/b\.[0-9]+/] = 6 / 3 / 2", r"t[/a/b\.[0-9]+/] = ((6 / 3) / 2)"),
        ("t[mlp or /x y/] = a / b", "t[(mlp or /x y/)] = (a / b)"),
        ("method[norm] = lerp", "method[norm] = lerp"),
        ("layers[mlp] = layers", "layers[mlp] = layers"),
    ],
)
def test_rules(text: str, tree: str) -> None:
    assert rule(text) == tree


def test_every_role_is_known() -> None:
    assert " ".join(ROLES) == DESIGNED_ROLES
    assert rule(f"t[{' or '.join(ROLES)}] = 1").count(" or ") == len(ROLES) - 1


def test_nodes_know_their_places() -> None:
    text = "# é\nmerge m = f(a, b = (1 + 2) * 3) {\n  a.t[not mlp] = -x\n}\n"
    merge = read(text).statements[0]
    assert isinstance(merge, MergeStatement)
    call = merge.value
    assert isinstance(call, Call)
    assert merge.span.text == text[4:-1]
    assert (merge.name.span.text, call.span.text) == ("m", text[14:-1])
    name, argument = call.named[0]
    assert (name.span.text, argument.span.text) == ("b", "(1 + 2) * 3")
    first = call.rules[0]
    assert (first.span.text, str(first.span)) == ("a.t[not mlp] = -x", "recipe.merge:3:3")
    assert first.selector is not None
    assert (first.selector.span.text, first.value.span.text) == ("not mlp", "-x")


def test_places_hold_after_the_first_statement() -> None:
    merge = read('model a = "x"\n\nmerge m = a').statements[1]
    assert isinstance(merge, MergeStatement)
    assert isinstance(merge.value, NameUse)
    assert str(merge.value.span) == "recipe.merge:3:11"


def test_a_merge_file_is_known_by_its_name_or_its_beginning() -> None:
    for name in ("recipe.merge", "-"):
        assert parse(Source(name, HYBRID), Report()) is not None


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.merge")), ids=lambda path: path.name)
def test_the_sample_recipes_parse(path: Path) -> None:
    assert read(path.read_text(encoding="utf-8")).statements


def test_the_language_on_one_screen_parses() -> None:
    blocks = (ROOT / "grammar" / "README.md").read_text(encoding="utf-8").split("```")
    assert len(read(blocks[1]).statements) == 13
