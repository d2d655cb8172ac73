#!/bin/sh
# Copies the databases of a platform from one PostgreSQL to another, and compares how many rows each table has. Nothing is
# written to the old one. Each database comes as a whole or not at all, so this may be killed at any point and run again.
set -eu
umask 077

fail() {
    echo "$*" >&2
    exit 1
}

# Runs a program with the connection to a database: on old|new DATABASE PROGRAM [ARGUMENT]...
on() {
    side=$1 database=$2
    shift 2
    (
        case $side in
        old)
            PGHOST=$OLD_HOST PGPORT=$OLD_PORT PGSSLMODE=${OLD_SSLMODE:-prefer}
            PGDATABASE=${OLD_PREFIX-}$database
            ;;
        new)
            PGHOST=$NEW_HOST PGPORT=$NEW_PORT PGSSLMODE=${NEW_SSLMODE:-prefer}
            PGDATABASE=${NEW_PREFIX-}$database
            ;;
        esac
        # The owner of a database has its name.
        PGUSER=$PGDATABASE
        PGPASSWORD=$(cat "/etc/fdp/databases/$database")
        PGCONNECT_TIMEOUT=10
        export PGHOST PGPORT PGSSLMODE PGDATABASE PGUSER PGPASSWORD PGCONNECT_TIMEOUT
        exec "$@"
    )
}

ask() {
    on "$1" "$2" psql -X -q -A -t -v ON_ERROR_STOP=1
}

# The first line of what a program complained about.
complaint() {
    grep -m 1 -i -e error -e fatal /tmp/complaints || head -n 1 /tmp/complaints
}

answers() {
    tries=60
    until echo 'SELECT 1' | ask "$1" "$2" >/dev/null 2>/tmp/complaints; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$2: the $1 PostgreSQL does not answer: $(complaint)"
        sleep 1
    done
}

# Each table with the number of its rows.
rows() {
    ask "$1" "$2" <<'END'
SELECT format('SELECT %L, count(*) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename)
FROM pg_catalog.pg_tables
WHERE schemaname <> 'information_schema' AND schemaname NOT LIKE 'pg\_%'
ORDER BY schemaname, tablename \gexec
END
}

# What tells two databases apart, whatever their addresses are.
identity() {
    echo 'SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()' | ask "$1" "$2"
}

copy() {
    rm -f /tmp/broken
    {
        echo 'BEGIN;'
        # Only after a whole dump: psql would keep the half of one that ended early.
        if on old "$1" pg_dump --clean --if-exists --no-owner --no-acl 2>/tmp/dump; then
            echo 'COMMIT;'
        else
            : >/tmp/broken
        fi
    } | on new "$1" psql -X -q -o /dev/null -v ON_ERROR_STOP=1 2>/tmp/complaints ||
        fail "$1: not written: $(complaint)"
    if [ -e /tmp/broken ]; then
        mv /tmp/dump /tmp/complaints
        fail "$1: not read: $(complaint)"
    fi
}

compare() {
    rows old "$1" >/tmp/old
    rows new "$1" >/tmp/new
    while IFS='|' read -r table count; do
        there=$(grep -F "$table|" /tmp/new | head -n 1)
        [ "$there" = "$table|$count" ] ||
            fail "$1: table $table has $count rows in the old PostgreSQL and ${there#*|} in the new one"
    done </tmp/old
    echo "$1: $(grep -c . /tmp/old || true) tables are there with all rows"
}

for database in $DATABASES; do
    answers old "$database"
    answers new "$database"
    [ "$(identity old "$database")" != "$(identity new "$database")" ] ||
        fail "$database: both addresses lead to the same database: confirm the change without a copy"
    copy "$database"
    compare "$database"
done
