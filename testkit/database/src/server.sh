# Makes a PostgreSQL cluster in a directory of its own, serves it on a socket there, and removes it all when
# standard input ends: that is when the tests have ended, however they ended.
# Arguments: the directory of PostgreSQL's binaries.
set -eu
binaries=$1
as=
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root.
    as="setpriv --reuid=postgres --regid=postgres --clear-groups --"
fi
home=$(mktemp -d /tmp/fdp-postgres-XXXXXX)
server=
leave() {
    if [ -n "$server" ]; then
        kill -QUIT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$home"
}
trap leave EXIT
[ -z "$as" ] || chown postgres "$home"
$as "$binaries/initdb" --username=postgres --auth=trust --no-locale --encoding=UTF8 --no-sync \
    --pgdata="$home/data" >"$home/log" 2>&1 || { cat "$home/log" >&2; exit 1; }
# Nothing here outlives a crash, so that nothing has to reach the disk.
$as "$binaries/postgres" -D "$home/data" -k "$home" -c listen_addresses= -c fsync=off \
    -c max_connections=200 >"$home/log" 2>&1 </dev/null &
server=$!
echo "$home"
cat >/dev/null
