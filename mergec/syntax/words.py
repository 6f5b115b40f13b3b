"""The words of the merge language, and what to call them before a human."""

from __future__ import annotations

STATEMENTS = ("model", "param", "let", "merge", "output", "requires", "include")
REPEATED_SETTINGS = frozenset(("drop", "language", "tag"))
"""Settings of an output that may be given more than once."""
KEYWORDS = frozenset(STATEMENTS) | {"for", "by", "in", "and", "or", "not", "true", "false"}
"""Reserved: none of these can be a name."""

ROLES = (
    "attention",
    "mlp",
    "norm",
    "bias",
    "embedding",
    "head",
    "expert",
    "router",
    "q",
    "k",
    "v",
    "o",
    "gate",
    "up",
    "down",
    "buffer",
)
"""What a selector can call a tensor by."""

END = "$END"
"""lark's name for the end of its input."""

STATEMENT_TERMINALS = frozenset(word.upper() for word in STATEMENTS)
KEYWORD_TERMINALS = frozenset(word.upper() for word in KEYWORDS)
CLOSERS = {"(": "RPAR", "[": "RSQB", "{": "RBRACE"}
"""The terminal that closes a bracket."""
CONTINUATIONS = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "POWER", "LPAR", "LSQB", "LBRACE"})
"""What may follow a value, and so says little about what was expected after it."""

_VALUE = frozenset({"NUMBER", "STRING", "NAME", "LPAR", "MINUS", "TRUE", "FALSE"})
_SELECTOR = frozenset({"NAME", "LAYERS", "RANK", "STRING", "REGEX", "LPAR", "NOT"})
_GROUPS = (
    (STATEMENT_TERMINALS, "a statement (`model`, `param`, `let`, `merge`, `output`, `requires` or `include`)"),
    (_VALUE, "a value"),
    (_SELECTOR, 'a selector (a role, `layers[0..4]`, `rank(1)`, `"*glob*"` or `/regex/`)'),
)

_WORDS = {
    "EQUAL": "`=`",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a text in double quotes",
    "REGEX": "a regular expression",
    "LAYERS": "`layers[0..4]`",
    "RANK": "`rank(1)`",
    "TRUE": "`true`",
    "FALSE": "`false`",
    "DOT": "`.`",
    "DOTS": "`..`",
    "IN": "`in`",
    "FOR": "`for`",
    "BY": "`by`",
    "NOT": "`not`",
    "AND": "`and`",
    "OR": "`or`",
    "MODEL": "`model`",
    "PARAM": "`param`",
    "LET": "`let`",
    "MERGE": "`merge`",
    "OUTPUT": "`output`",
    "REQUIRES": "`requires`",
    "INCLUDE": "`include`",
    "MINUS": "`-`",
    "LPAR": "`(`",
    "LSQB": "`[`",
    "LBRACE": "`{`",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
}


def without_continuations(expected: frozenset[str]) -> frozenset[str]:
    """`expected` less what may follow any value, if a value stands before. (Only there can a `+` stand.)"""
    return expected - CONTINUATIONS if "PLUS" in expected else expected


def describe_expected(expected: frozenset[str]) -> str:
    """What could have stood in a place, for people: ``"`,` or `)`"``. `expected` holds names of terminals."""
    left = without_continuations(expected) - {END}
    phrases = []
    for group, phrase in _GROUPS:
        if group <= left:
            phrases.append(phrase)
            left -= group
    phrases += [word for terminal, word in _WORDS.items() if terminal in left]
    if not phrases:
        return "the end of the file"
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"
