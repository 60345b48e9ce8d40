//! The attacks.

mod checkouts;
mod configs;
mod files;
mod http;
mod kills;
mod limits;
mod mcp;
mod memory;
mod providers;
mod server;
mod stores;

use crate::Attack;

/// All attacks, in the order in which they are run.
pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "checkouts",
        holds: "nothing that a checkout configures is executed, and nothing outside it is read or changed",
        run: checkouts::attack,
        short: 8,
        first: 8,
    },
    Attack {
        name: "swaps",
        holds: "a folder that is swapped for a link while it is read leads nowhere",
        run: checkouts::swap,
        short: 10,
        first: 10,
    },
    Attack {
        name: "files",
        holds: "every command ends in time, whatever is in the place of what it reads",
        run: files::attack,
        short: 130,
        first: files::PAIRS,
    },
    Attack {
        name: "configs",
        holds: "files of agents are edited and given back byte for byte, or left alone with a message",
        run: configs::attack,
        short: 25,
        first: 25,
    },
    Attack {
        name: "http",
        holds: "requests that are half, oversized, ambiguous or somebody else's stop nobody else's",
        run: http::attack,
        short: 150,
        first: 150,
    },
    Attack {
        name: "half-sent heads",
        holds: "thousands of connections that send half a head keep nobody from being served",
        run: http::flood,
        short: 1,
        first: 1,
    },
    Attack {
        name: "providers",
        holds: "a provider that sends nonsense, without end or with wrong lengths harms only its own request",
        run: providers::attack,
        short: 25,
        first: 25,
    },
    Attack {
        name: "mcp",
        holds: "MCP servers answer or refuse every message, end with their input, and read nothing outside",
        run: mcp::attack,
        short: 20,
        first: 20,
    },
    Attack {
        name: "stores",
        holds: "a changed cache changes no pack, and a torn store gives an original or an error",
        run: stores::attack,
        short: 25,
        first: 25,
    },
    Attack {
        name: "kills",
        holds: "a program that is killed at any moment leaves nothing that changes the next one's result",
        run: kills::attack,
        short: 10,
        first: 10,
    },
    Attack {
        name: "limits",
        holds: "few threads, little memory, few files, small files and a full disk end with a message, or not at all",
        run: limits::attack,
        short: 25,
        first: 25,
    },
    Attack {
        name: "memory",
        holds: "a server's memory doesn't grow with its requests, nor with sessions, whether or not somebody ends them",
        run: memory::attack,
        short: 320,
        first: 22_000,
    },
];
