"""How Sphinx makes a site of these pages: ``nox -f .ci/noxfile.py -s docs``.

The pages are Markdown that reads well on a code host too, so what only the site needs stands here: the tables of
contents are added while a page is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "pytest-openrouter-stt"
author = "The pytest-openrouter-stt authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build", "changelog.d"]

myst_heading_anchors = 4  # the anchors that code hosts make of headings

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
napoleon_use_rtype = False
python_maximum_signature_line_length = 88
nitpick_ignore_regex = [
    # Types of other projects: their sites are not asked when this one is built.
    ("py:.*", r"(collections\.abc|types|typing|pathlib|hypothesis|hypothesis\..*|st)\..*"),
    # Types that an annotation names and users do not: what they are is in the description beside it.
    ("py:.*", r"[A-Za-z_]+"),
]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = "$ "

CONTENTS = {
    "index": {
        "Tutorial": ("tutorial",),
        "How-to": ("how-to/*", "examples/commands/README"),
        "Reference": ("reference/*",),
        "Explanation": ("explanation/*",),
        "Project": ("decisions/README", "changelog"),
    },
    "decisions/README": {"": ("0*",)},
}
"""Page → caption → the pages below it; what arrives in a folder is there without being named."""


def _with_contents(_: Sphinx, page: str, source: list[str]) -> None:
    for caption, pages in CONTENTS.get(page, {}).items():
        options = [":hidden:", ":glob:", *([f":caption: {caption}"] if caption else [])]
        source[0] += "\n".join(["\n", "```{toctree}", *options, "", *pages, "```", ""])


def setup(app: Sphinx) -> None:
    """Let the tables of contents be added."""
    app.connect("source-read", _with_contents)
