# shellcheck shell=bash disable=SC2034  # what is unused here is for whoever sources it
# Sourced by scripts: install_missing PACKAGE... installs those of Debian's packages that are not there
# yet, as root or by sudo. Debian starts services as it installs them; this keeps it from doing so.

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

policy=/usr/sbin/policy-rc.d

forbid_services() {
    if as_root test -e $policy; then as_root cp -p $policy $policy.apmshim; fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

restore_services() {
    if as_root test -e $policy.apmshim; then
        as_root mv $policy.apmshim $policy
    else
        as_root rm -f $policy
    fi
}

install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing ${missing[*]}"
    trap restore_services EXIT
    forbid_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null
    trap - EXIT
    restore_services
}

# What the build needs.
building=(gcc g++ cmake ninja-build make pkg-config libpq-dev libdw-dev libelf-dev
    libcurl4-openssl-dev libnghttp2-dev zlib1g-dev uthash-dev)
