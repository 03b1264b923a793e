"""How Sphinx makes a site of these pages: ``nox -f .ci/noxfile.py -s docs``.

The pages are Markdown that reads well on a code host too, so what only the site needs stands here: the tables of
contents are added while a page is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "pytest-openrouter-stt"
author = "The pytest-openrouter-stt authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build", "changelog.d"]

myst_heading_anchors = 4  # the anchors that code hosts make of headings

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
napoleon_use_ivar = True
default_role = "code"
python_maximum_signature_line_length = 88
nitpick_ignore = [
    # Of other projects, whose sites are not asked when this one is built.
    ("py:class", "collections.abc.Mapping"),
    ("py:class", "hypothesis.strategies.SearchStrategy"),
    ("py:class", "pathlib.Path"),
    ("py:class", "socket.socket"),
    ("py:class", "st.SearchStrategy"),
    ("py:exc", "InvalidArgument"),
    # Alternatives that the description beside them lists.
    ("py:class", "AudioForm"),
    ("py:class", "Json"),
    ("py:class", "Layer"),
    # What the parts of this package have from each other, and users do not.
    ("py:class", "Resolver"),
    ("py:class", "pytest_openrouter_stt.endpoint.http_connection.HttpConnection"),
    ("py:class", "pytest_openrouter_stt.endpoint.wire.Origin"),
]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
copybutton_prompt_text = "$ "

CONTENTS = {
    "index": {
        "Tutorial": ("tutorial",),
        "How-to": ("how-to/*", "examples/commands/README"),
        "Reference": ("reference/*",),
        "Explanation": ("explanation/*",),
        "Project": ("contributing", "security", "decisions/README", "changelog"),
    },
    "decisions/README": {"": ("0*",)},
}
"""Page → caption → the pages below it; what arrives in a folder is there without being named."""


def _with_contents(_: Sphinx, page: str, source: list[str]) -> None:
    for caption, pages in CONTENTS.get(page, {}).items():
        options = [":hidden:", ":glob:", *([f":caption: {caption}"] if caption else [])]
        source[0] += "\n".join(["\n", "```{toctree}", *options, "", *pages, "```", ""])


def _by_public_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, text: Element) -> Element | None:
    """Find what is defined in one module where the page describes it, in the one that users import it from."""
    names, name = env.domains.python_domain, node.get("reftarget", "").rpartition(".")[2]
    for module in ("pytest_openrouter_stt", "pytest_openrouter_stt.contract"):
        if f"{module}.{name}" in names.objects:
            return names.resolve_xref(env, node["refdoc"], app.builder, "obj", f"{module}.{name}", node, text)
    return None


def setup(app: Sphinx) -> None:
    """Add the tables of contents, and links in signatures."""
    app.connect("source-read", _with_contents)
    app.connect("missing-reference", _by_public_name)
