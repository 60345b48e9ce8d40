from os import PathLike

def compress(
    text: str,
    *,
    task: str,
    kind: str | None,
    budget: int | None,
    store: str | PathLike[str] | None,
) -> tuple[str, int, int, list[str]]: ...
