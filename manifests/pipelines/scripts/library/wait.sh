# Waits for what the operator reports.
# shellcheck shell=sh

# await IMAGE PATIENT: until the target is ready with IMAGE. If it is not, ending says how it ended (stalled, late or
# superseded), and why says why. With PATIENT, what is stalled gets its time all the same.
await() {
    _deadline=$(($(date +%s) + READY_SECONDS))
    _arrived=$arrives_at_once
    while :; do
        if ! look; then
            : # The API server may be back in a moment; if not, why has what it said.
        elif [ "$live_image" = "$1" ]; then
            _arrived=true
            case $condition in
            ready) return 0 ;;
            stalled)
                if [ "$2" = false ]; then
                    ending=stalled
                    return 1
                fi
                ;;
            esac
        elif [ "$_arrived" = true ]; then
            ending=superseded
            why="somebody has put ${live_image:-no image} there meanwhile"
            return 1
        else
            why=$not_arrived
        fi
        if [ "$(date +%s)" -ge "$_deadline" ]; then
            ending=late
            return 1
        fi
        sleep 2
    done
}
