"""What the scripted model does: a list of turns, determined by a conversation alone.

A turn of the script is a list of steps. A step asks the agent's own tools for something (`read` a file,
`shell` a command, `grep` a pattern), or asks Headroom's tool for what was left out (`retrieve`). The next
turn follows from the calls that a request holds, so the model needs no memory: a request that is sent
twice is answered twice in the same way.
"""

import json
import re
from dataclasses import dataclass, field

RETRIEVE_TOOL = "headroom_retrieve"
# What hooks name instead of a tool: a command, which the model runs in its shell, or a file that it reads.
RETRIEVE_COMMAND = "headroom retrieve"
ORIGINAL_FILE = re.compile(r"Read (\S*headroom-)HASH(\.txt)")
# Names the folder, where the file is said to be in the same one.
WHOLE_OUTPUT = re.compile(r"\[all of it: (/\S*/)")
ORIGINAL = re.compile(r"/headroom-[0-9a-f]+\.txt")
# The hash in a marker.
MARKER = re.compile(r"hash=([0-9a-f]{24})")

COMPRESS_TOOL = "headroom_compress"
# The steps that tools of Headroom's MCP server carry out, and the argument that each is given.
MCP_TOOLS = {"compress": (COMPRESS_TOOL, "content"), "retrieve": (RETRIEVE_TOOL, "hash")}
# How agents name the tools of the server, the tool by which one of them loads definitions, and the one by
# which another calls what isn't defined.
MCP_PREFIX = "mcp__headroom__"
TOOL_SEARCH = "ToolSearch"
TOOL_CALL = "tool_call"
SHELL_TOOLS = re.compile(r"bash|shell|shell_command|exec_command|run_shell_command|run_commands|exec", re.I)
READ_TOOLS = re.compile(r"read|read_file|view", re.I)
GREP_TOOLS = re.compile(r"grep|grep_search|search_file_content", re.I)


@dataclass
class Tool:
    """A tool that a request offers."""

    name: str
    # JSON Schema of its arguments; None for a tool that takes free text.
    schema: dict | None
    namespace: str | None = None


@dataclass
class Call:
    """A call that the model makes, or has made."""

    name: str
    arguments: dict | str
    id: str = ""
    namespace: str | None = None

    @property
    def is_retrieval(self):
        named = (RETRIEVE_COMMAND, MCP_PREFIX + RETRIEVE_TOOL)
        arguments = str(self.arguments)
        is_named = any(name in arguments for name in named) or ORIGINAL.search(arguments)
        return self.name.endswith(RETRIEVE_TOOL) or bool(is_named)


@dataclass
class Turn:
    """What the model says next."""

    text: str
    thinking: str | None = None
    calls: list[Call] = field(default_factory=list)
    # Whether this is the end of the script.
    is_final: bool = False


@dataclass
class Step:
    kind: str
    value: str = ""


def read(path):
    return Step("read", path)


def shell(command):
    return Step("shell", command)


def grep(pattern):
    return Step("grep", pattern)


def compress(text):
    """Hand a text to Headroom's MCP server."""
    return Step("compress", text)


def retrieve(which="first"):
    """Ask for what the first, or the last, marker in the results stands for."""
    return Step("retrieve", which)


class NoTool(Exception):
    """The agent offers no tool for a step."""


def next_turn(turns, final, conversation):
    """The turn of the script that follows `conversation`."""
    if turns and not conversation.tools:
        return Turn("A short title")
    own = [call for call in conversation.calls if not call.is_retrieval]
    asked = len(conversation.calls) - len(own)
    thinking = f"Thinking about what follows {len(conversation.calls)} calls."
    retrievals = 0
    for turn in turns:
        steps = [step for step in turn if step.kind != "retrieve"]
        wanted = next((step.value for step in turn if step.kind == "retrieve"), None)
        if wanted and not own and asked <= retrievals:
            retrieval = retrieval_of(wanted, conversation)
            if retrieval:
                calls = [retrieval, *(call_of(step, conversation) for step in steps)]
                return Turn("Asking for what was left out.", thinking, calls)
        retrievals += wanted is not None
        if steps and not own:
            return Turn("The next step.", thinking, [call_of(step, conversation) for step in steps])
        own = own[len(steps) :]
    return Turn(final, thinking, is_final=True)


def retrieval_of(which, conversation):
    """A call of Headroom's tool or command, if one is offered and there is something to ask for."""
    markers = MARKER.findall(conversation.results_text)
    tool = next((tool for tool in conversation.tools if tool.name.endswith(RETRIEVE_TOOL)), None)
    by_mcp = any(COMPRESS_TOOL in f"{call.name} {call.arguments}" for call in conversation.calls)
    file = ORIGINAL_FILE.search(conversation.results_text)
    if not markers or not (tool or by_mcp or file or RETRIEVE_COMMAND in conversation.results_text):
        return None
    marker = markers[0] if which == "first" else markers[-1]
    if by_mcp:
        return mcp_call(Step("retrieve", marker), conversation)
    if not tool and file:
        folder = WHOLE_OUTPUT.search(conversation.results_text) if "/" not in file[1] else None
        path = f"{folder[1] if folder else ''}{file[1]}{marker}{file[2]}"
        return call_of(read(path), conversation)
    if not tool:
        return call_of(shell(f"{RETRIEVE_COMMAND} {marker}"), conversation)
    return Call(tool.name, {"hash": marker}, namespace=tool.namespace)


def call_of(step, conversation):
    """A call for `step`, by whichever tool of the agent's does that."""

    def offered(names):
        return next((tool for tool in conversation.tools if names.fullmatch(tool.name)), None)

    if step.kind in MCP_TOOLS:
        return mcp_call(step, conversation)
    if step.kind == "read" and (tool := offered(READ_TOOLS)):
        names = ("file_path", "filePath", "absolute_path", "path")
        return Call(tool.name, filled(tool.schema, names, step.value), namespace=tool.namespace)
    if step.kind == "grep" and (tool := offered(GREP_TOOLS)):
        arguments = filled(tool.schema, ("pattern", "query"), step.value)
        if "output_mode" in tool.schema["properties"]:
            arguments["output_mode"] = "content"
        return Call(tool.name, arguments, namespace=tool.namespace)
    command = {"read": "cat '{}'", "grep": "grep -rn '{}' ."}.get(step.kind, "{}").format(step.value)
    tool = offered(SHELL_TOOLS)
    if not tool:
        raise NoTool(f"no tool for {step} among {[tool.name for tool in conversation.tools]}")
    if tool.schema is None:  # JavaScript that calls the shell
        source = f"text(await tools.exec_command({{cmd: {json.dumps(command)}}}))"
        return Call(tool.name, source, namespace=tool.namespace)
    return Call(tool.name, filled(tool.schema, ("command", "cmd", "commands"), command), namespace=tool.namespace)


def mcp_call(step, conversation):
    """A call of a tool of Headroom's MCP server, however the agent offers that."""
    name, argument = MCP_TOOLS[step.kind]
    arguments = {argument: step.value}
    for tool in conversation.tools:
        if tool.name.endswith(name):
            return Call(tool.name, arguments, namespace=tool.namespace)
        if tool.schema is None:  # JavaScript that calls it
            source = f"text(await tools.{MCP_PREFIX}{name}({json.dumps(arguments)}))"
            return Call(tool.name, source, namespace=tool.namespace)
        if tool.name == TOOL_CALL:
            return Call(tool.name, {"name": MCP_PREFIX + name, "arguments": arguments})
    if any(tool.name == TOOL_SEARCH for tool in conversation.tools):
        # The agent knows the tool and runs it, whether its definition was asked for or not.
        return Call(MCP_PREFIX + name, arguments)
    raise NoTool(f"no {name} among {[tool.name for tool in conversation.tools]}")


def filled(schema, names, value):
    """Arguments with `value` under the first of `names` that the schema has, and its required rest."""
    known = schema.get("properties") or {}
    arguments = {}
    for name in names:
        if name in known:
            is_list = known[name].get("type") == "array"
            # A list is the words of one command, or, by its name, of several commands.
            words = [value] if name == "commands" else ["bash", "-lc", value]
            arguments[name] = words if is_list else value
            break
    neutral = {"boolean": False, "integer": 1, "number": 1, "array": [], "object": {}}
    for name in schema.get("required") or []:
        member = known.get(name, {})
        first = (member.get("enum") or [neutral.get(member.get("type"), "the next step")])[0]
        arguments.setdefault(name, first)
    return arguments
