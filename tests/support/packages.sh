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
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 install "${missing[@]}" >/dev/null
    trap - EXIT
    restore_services
}

# What the build needs, and cpack.
building=(gcc g++ cmake ninja-build make pkg-config libpq-dev libdw-dev libelf-dev
    libcurl4-openssl-dev libnghttp2-dev zlib1g-dev uthash-dev dpkg-dev file)
testing=(
    # services, and programs that look at them
    binutils python3 python3-pytest python3-pytest-timeout python3-fastjsonschema util-linux
    strace curl wrk openssl libssl-dev libgnutls28-dev apache2-bin nghttp2-client python3-h2 python3-dbg python3-dev
    postgresql nginx-light python3-gunicorn python3-django python3-flask python3-psycopg2 python3-greenlet
    php-fpm php-pgsql libapache2-mod-php apache2-bin uwsgi-core uwsgi-plugin-python3
    python3-gevent python3-uvicorn python3-psycopg
    # programs that must not notice
    gdb valgrind debuginfod linux-perf stress-ng musl-tools libcap2-bin libpython3.11-testsuite
    libeatmydata1 libfaketime libjemalloc2 libtcmalloc-minimal4 gcc-multilib libunwind-dev
    perl php-cli nodejs
    # PostgreSQL's clients
    python3-psycopg python3-asyncpg php-pgsql libdbd-pg-perl ruby ruby-pg libpqxx-dev libecpg-dev
    odbc-postgresql unixodbc-dev tcl libpgtcl tcl8.6-tdbc-postgres libpostgresql-jdbc-java ecj
    default-jre-headless
)
command -v npm >/dev/null || testing+=(npm libnode-dev)
fuzzing=(clang libclang-rt-14-dev libjansson-dev)
analysing=(clang clang-format clang-tidy cppcheck shellcheck python3)
