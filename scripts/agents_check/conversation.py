"""What a request says, whatever its API."""

from dataclasses import dataclass, field


@dataclass
class Conversation:
    """A request as all APIs have it in common."""

    # The parts of the prompt in their order, each as the JSON that a provider's prefix cache sees.
    blocks: list[str] = field(default_factory=list)
    tools: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    # Pairs of the id of a call and the text of its result.
    results: list[tuple[str | None, str]] = field(default_factory=list)
    # The ids of the calls that failed, where the API says so.
    failed: set[str] = field(default_factory=set)
    # The kind of thinking that is asked for, where the API has kinds.
    thinking: str | None = None
    # Rules of the API that the request breaks.
    faults: list[str] = field(default_factory=list)

    @property
    def results_text(self):
        return "\n".join(text for _, text in self.results)


def text_of(content):
    """The text in a result, however it is wrapped."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    for key in ("text", "content", "output", "response", "error"):
        if key in content:
            return text_of(content[key])
    return str(content)


def pieces(text, size=24):
    """`text` as a stream sends it."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def unpaired(calls, results):
    """What is wrong when each call has to have exactly one result."""
    if sorted(map(str, calls)) == sorted(map(str, results)):
        return []
    return [f"calls {calls} and results {results} don't belong together"]


def twice(names):
    """What is wrong when names have to differ."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    return [f"tools offered twice: {repeated}"] if repeated else []
