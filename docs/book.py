"""The book's preprocessor: fills the chapters without a file with documents of the repository's root, and changes
links between pages, which are right for a reader of the repository, into links of the book.

A link to a file that isn't in the book becomes its path as text, because the book may be read without the repository.
A link whose text is the name of a page's file gets the page's title as its text.
See https://rust-lang.github.io/mdBook/for_developers/preprocessors.html.
"""

import json
import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The chapters of SUMMARY.md without a file, and where their text is.
DOCUMENTS = {
    "Architecture": "ARCHITECTURE.md",
    "Benchmarks": "BENCHMARKS.md",
    "Security": "SECURITY.md",
    "Contributing": "CONTRIBUTING.md",
    "Changes": "CHANGELOG.md",
}
LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FENCED = re.compile(r"(^ *`{3}.*?^ *`{3,} *$)", re.M | re.S)


def chapters(items):
    """All chapters, those of parts included."""
    for item in items:
        if isinstance(item, dict) and "Chapter" in item:
            yield item["Chapter"]
            yield from chapters(item["Chapter"]["sub_items"])


def book_link(text, target, folder, titles):
    """The link of the book for a link in a document of `folder`, both relative to the repository."""
    path, mark, anchor = target.partition("#")
    if "://" in target or target.startswith(("mailto:", "#")):
        return f"[{text}]({target})"
    path = posixpath.normpath(posixpath.join(folder, path))
    if path in ("docs", "README.md"):
        path = "docs/README.md"
    page = path.removeprefix("docs/")
    if not path.startswith("docs/") and path not in DOCUMENTS.values() or page not in titles:
        return text if path in text else f"{text} (`{path}`)"
    if text in (page, path, f"../{path}"):
        text = titles[page]
    return f"[{text}]({page}{mark}{anchor})"


def with_book_links(content, folder, titles):
    """A document with the links of the book, outside of fenced code."""
    parts = FENCED.split(content)
    # The expression has one group, so that every second part is code.
    parts[::2] = [LINK.sub(lambda match: book_link(match[1], match[2], folder, titles), part) for part in parts[::2]]
    return "".join(parts)


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "supports":
        sys.exit(0)
    _, book = json.load(sys.stdin)
    items = book["items"] if "items" in book else book["sections"]
    titles = {chapter["path"] or DOCUMENTS[chapter["name"]]: chapter["name"] for chapter in chapters(items)}
    for chapter in chapters(items):
        if chapter["path"]:
            chapter["content"] = with_book_links(chapter["content"], "docs", titles)
        else:
            document = DOCUMENTS[chapter["name"]]
            chapter["path"] = chapter["source_path"] = document
            chapter["content"] = with_book_links((ROOT / document).read_text(), "", titles)
    json.dump(book, sys.stdout)


main()
