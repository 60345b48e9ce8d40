# Shortcuts for contributors; each recipe is one line that works without `just` too.

# List the recipes.
default:
    @just --list

# Install what the tests use (system packages; needs root or sudo).
setup:
    ./scripts/setup.sh

# Run all tests. A missing program is a failure that names it.
test:
    ./scripts/test.sh

# Formatting and lints, as the gate checks them.
lint:
    cargo fmt --all -- --check
    ./scripts/check-words.sh
    cargo clippy --workspace --all-targets -- -D warnings

# Licences, advisories and duplicate dependencies.
deny:
    cargo deny check

# The API documentation, with warnings as errors.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Benchmarks of the tokenizer and of compression.
bench:
    cargo bench -p tokens -p compress

# Everything that a change must pass.
ci:
    ./.ci/run
