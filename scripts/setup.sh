#!/usr/bin/env bash
# Installs what Ardent needs and this machine lacks; touches no network when nothing is missing.
#   setup.sh build   system libraries, PostGIS and a Rust toolchain
#   setup.sh test    the same, cargo-deny, and a Python environment with the clients that the tests drive
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-test}
tools=${ARDENT_TOOLS:-$HOME/.cache/ardent/tools}
cargo_deny_version=0.20.2

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

install_system_packages() {
    local wanted=(build-essential ca-certificates libgdal-dev pkg-config postgresql-15-postgis-3)
    [ "$purpose" = test ] && wanted+=(gdal-bin python3-venv)
    command -v dpkg-query >/dev/null || fail "this is not Debian: install GDAL >= 3.6 with its headers, PostgreSQL with PostGIS, pkg-config and a C compiler yourself, then go on with 'cargo build'"
    local missing=() package
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "missing: ${missing[*]}; run 'apt-get install ${missing[*]}' as root"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null
}

check_rust() {
    command -v cargo >/dev/null || fail "cargo is missing; install Rust 1.95 or newer from https://rustup.rs"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '1.95.0\n%s\n' "$version" | sort -V | head -n 1)" = 1.95.0 ] || fail "Rust $version is too old; run 'rustup update stable' (1.95 or newer)"
}

install_rust_tools() {
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || fail "rustfmt and clippy are missing; install them beside cargo"
    rustup component add rustfmt clippy
}

install_cargo_deny() {
    command -v cargo-deny >/dev/null && return
    [ -x "$tools/bin/cargo-deny" ] && return
    say "building cargo-deny $cargo_deny_version (some minutes, once)"
    CARGO_TARGET_DIR="$tools/build" cargo install --quiet --locked --root "$tools" --version "$cargo_deny_version" cargo-deny
    rm -rf "$tools/build"
}

# Again whenever the pinned requirements change.
install_python() {
    local requirements=tests/python/requirements.txt stamp="$tools/venv/requirements.txt"
    cmp -s "$requirements" "$stamp" && return
    say "installing the Python clients for the tests"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"
    rm -rf "$tools/venv"
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$stamp"
}

mkdir -p "$tools"
install_system_packages
check_rust
if [ "$purpose" = test ]; then
    install_rust_tools
    install_cargo_deny
    install_python
fi
