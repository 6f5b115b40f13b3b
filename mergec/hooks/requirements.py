"""`requires "package >= 1.2"`: whether the environment has what a recipe asks for."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from mergec.diagnostics import Code, Report, Span


def check_requirement(requirement: str, span: Span, report: Report) -> None:
    """Report a requirement that is malformed, not installed, or installed in another version."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        message = f"`{requirement}` is not a requirement"
        help = 'write a package and its versions, such as `requires "mergec-foo >= 1.2"`'
        report.error(Code.UNMET_REQUIREMENT, message, span, help=help)
        return
    install = f'pip install "{requirement}"'
    try:
        installed = version(wanted.name)
    except PackageNotFoundError:
        message = f"the recipe requires `{wanted.name}`, which is not installed"
        report.error(Code.UNMET_REQUIREMENT, message, span, help=install)
        return
    if not wanted.specifier.contains(installed, prereleases=True):
        message = f"the recipe requires `{requirement}`; installed is {installed}"
        report.error(Code.UNMET_REQUIREMENT, message, span, help=install)
