#!/usr/bin/env bash
# Starts MongoDB on the volume. Before anybody else can reach it, its administrator gets the password of the Secret.
# Arguments: the options of mongod that hold for both starts.
set -euo pipefail
umask 077

data=/data/db
scripts=/etc/fdp/config
# While this file is there, nobody has ever reached the server: it is made on an empty volume, and deleted when the
# administrator exists, before the server listens to others.
unfinished=$data/initialisation-unfinished

content() {
    find "$data" -mindepth 1 -maxdepth 1 ! -name lost+found ! -path "$unfinished" "$@"
}

if [ -e "$unfinished" ]; then
    echo 'the first start was interrupted: it begins anew' >&2
    content -exec rm -rf {} +
elif [ -z "$(content -print -quit)" ]; then
    touch "$unfinished"
    sync "$data"
fi

# Without access control, as MongoDB documents it for the first user, and for whoever lost a password.
mongod --dbpath "$data" "$@" --bind_ip 127.0.0.1 &
server=$!
stop() {
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || true
}
trap stop EXIT
trap 'exit 143' INT TERM

# Its port opens when the recovery is complete.
until (exec 3<>/dev/tcp/127.0.0.1/27017) 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { echo 'mongod ended before it listened' >&2; exit 1; }
    sleep 0.2
done
# Images before MongoDB 6 may have only the older shell.
shell=mongosh
command -v mongosh >/dev/null || shell=mongo
# The shell writes logs into its home, which in the image is the volume.
HOME=/tmp "$shell" --quiet --norc --host 127.0.0.1 --port 27017 admin "$scripts/administrator.js"

stop
trap - EXIT INT TERM
if [ -e "$unfinished" ]; then
    rm "$unfinished"
    # What clients write from now on must not outlive a file that says that there are none.
    sync "$data"
fi
exec mongod --dbpath "$data" "$@" --auth --bind_ip_all
