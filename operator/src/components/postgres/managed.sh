#!/bin/sh
# Starts PostgreSQL on the volume, which it first fills if the volume is new.
set -eu
umask 077

# An initialisation that was interrupted leaves only the directory beside the real one.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -e "$PGDATA" ]; then
        echo "$PGDATA exists but holds no database: move it away, or restore it" >&2
        exit 1
    fi
    rm -rf "$PGDATA.new"
    initdb --pgdata="$PGDATA.new" --username=postgres --auth=scram-sha-256 --auth-local=peer \
        --encoding=UTF8 --locale=C --no-instructions
    mv "$PGDATA.new" "$PGDATA"
fi

# The Secret decides the password, also over a volume that is older than the Secret.
# The password is hexadecimal, so it needs no quoting; single-user mode takes one statement a line.
printf "ALTER ROLE postgres PASSWORD '%s';\n" "$(cat /etc/fdp/password/password)" |
    postgres --single -D "$PGDATA" -c config_file=/etc/fdp/config/postgresql.conf postgres >/dev/null

# As process 1, PostgreSQL recognises its own stale lock file after a crash.
exec postgres -D "$PGDATA" -c config_file=/etc/fdp/config/postgresql.conf
