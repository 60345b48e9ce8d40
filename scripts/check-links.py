#!/usr/bin/env python3
"""check-links.py [BOOK]: reports links that lead nowhere.

Checks every Markdown page of the repository: relative links to files and folders, and to headings, by the names that
GitHub gives them. With BOOK, the folder of the built book, checks every page of it too: links, scripts, pictures and
headings. Addresses of other hosts aren't looked up. Also reports pages of docs/ that the book's summary, or llms.txt,
doesn't name.
"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
# Inputs of tests, whose links aren't ours.
NOT_OURS = re.compile(r"/(tests|golden|corpus|fixtures|samples?)/")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)(?: \"[^\"]*\")?\)")
CODE = re.compile(r"^ *(`{3,}).*?^ *\1`* *$|`[^`\n]+`", re.M | re.S)


def names_of_headings(text):
    """The names of a page's headings, as GitHub makes them."""
    names, seen = set(), {}
    for heading in re.findall(r"^#{1,6} (.+?) *#* *$", re.sub(r"^ *(`{3,}).*?^ *\1`* *$", "", text, flags=re.M | re.S), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def check_markdown(page):
    """The dead links of one page."""
    text = CODE.sub("", page.read_text())
    for target in LINK.findall(text):
        url = urlsplit(target)
        if url.scheme or url.netloc:
            continue
        path = page.parent / unquote(url.path) if url.path else page
        if not path.exists():
            yield f"{target}: there is no such file"
        elif url.fragment and path.suffix == ".md" and url.fragment not in names_of_headings(path.read_text()):
            yield f"{target}: there is no such heading"


class Page(HTMLParser):
    """The links and names of a page of the book."""

    def __init__(self, path):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.names |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


def check_book(book):
    """The dead links of the built book, with their pages."""
    pages = {path: Page(path) for path in sorted(book.rglob("*.html"))}
    for path, page in pages.items():
        # Its links start at the root of the site that it will be on; toc.html is shown in other pages.
        if path.name in ("404.html", "toc.html"):
            continue
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.exists():
                yield f"{path.name}: {link}: there is no such file"
            elif url.fragment and target in pages and unquote(url.fragment) not in pages[target].names:
                yield f"{path.name}: {link}: there is no such heading"


def unlisted():
    """Pages of docs/ that the summary or llms.txt doesn't name."""
    for index in ("SUMMARY.md", "llms.txt"):
        listed = (ROOT / "docs" / index).read_text()
        for page in sorted((ROOT / "docs").glob("*.md")):
            if page.name not in ("SUMMARY.md", "README.md") and f"({page.name})" not in listed:
                yield f"docs/{index}: doesn't name {page.name}"


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md", "docs/llms.txt"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    pages = [ROOT / name for name in listed.stdout.splitlines() if not NOT_OURS.search(f"/{name}")]
    dead = [f"{page.relative_to(ROOT)}: {problem}" for page in pages for problem in check_markdown(page)]
    dead += unlisted()
    if len(sys.argv) > 1:
        book = Path(sys.argv[1]).resolve()
        dead += check_book(book)
    for problem in dead:
        print(problem, file=sys.stderr)
    print(f"check-links: {len(pages)} pages, {len(dead)} problems")
    sys.exit(bool(dead))


main()
