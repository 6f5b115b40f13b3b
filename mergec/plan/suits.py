"""Whether a method is made for a tensor, and which one stands in for it where it is not."""

from __future__ import annotations

from mergec.contract.method import Method
from mergec.core.units import counted, listed
from mergec.diagnostics import Code, Report, Span
from mergec.plan.select import Subject


class SuitCheck:
    """Settles the methods of tensors; collects those without one, and reports them together for each choice."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._found: dict[tuple[Span, str], tuple[Method, list[Subject]]] = {}

    def settle(self, asked: Method, origin: Span, subject: Subject, count: int) -> Method:
        """The method that makes a tensor of so many inputs where a recipe asks for `asked`, as `origin` says."""
        if asked.takes_as_is(count):
            return asked
        method = suited(asked, subject)
        if method is None:
            self._found.setdefault((origin, asked.name), (asked, []))[1].append(subject)
        return method or asked

    def finish(self) -> None:
        """Report what was found."""
        for (origin, name), (method, subjects) in self._found.items():
            one = len(subjects) == 1
            self._report.error(
                Code.UNSUITABLE_METHOD,
                f"`{name}` is for {method.suits}, and {counted(len(subjects), 'tensor')} it is to make "
                f"{'is' if one else 'are'} not",
                origin,
                notes=(listed([s.name for s in subjects]), *_in_vain(method)),
                help="choose another method for them, in the merge language with a rule such as\n"
                f"`method[{_selector(method, subjects[0])}] = linear`",
            )


def suited(method: Method, subject: Subject) -> Method | None:
    """The method, or the first of its fallbacks that is made for the tensor."""
    standing: Method | None = method
    while standing is not None and not _suits(standing, subject):
        standing = standing.fallback
    return standing


def _suits(method: Method, subject: Subject) -> bool:
    return method.suits is None or method.suits.suits(subject.rank, subject.place.roles)


def _in_vain(method: Method) -> tuple[str, ...]:
    """What is to be said of fallbacks that do not suit either."""
    fallback = method.fallback
    if fallback is None:
        return ()
    return (f"its fallback `{fallback.name}`, for {fallback.suits}, does not suit them either", *_in_vain(fallback))


def _selector(method: Method, subject: Subject) -> str:
    """What selects tensors such as this one, for which the method is not made."""
    suits = method.suits
    if suits is None or (suits.ranks and subject.rank not in suits.ranks):
        return f"rank({subject.rank})"
    return next(role for role in suits.without if role in subject.place.roles)
