# Makes a container's root and mounts, and becomes its command, which the arguments are. Runs in namespaces of its own.
set -eu
mount -t tmpfs -o mode=755 tmpfs "$PLACE"
mkdir "$PLACE/work" "$PLACE/root"
cp -a "$IMAGE" "$PLACE/upper"
root=$PLACE/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$PLACE/upper,workdir=$PLACE/work" "$root"
while read -r source target access; do
    # Links lead to places in the container.
    target=$(chroot "$root" realpath --canonicalize-missing "$target")
    if [ -d "$source" ]; then
        mkdir -p "$root$target"
    else
        mkdir -p "$(dirname "$root$target")"
        [ -e "$root$target" ] || : >"$root$target"
    fi
    mount --bind "$source" "$root$target"
    [ "$access" = rw ] || mount -o remount,bind,ro "$root$target"
done <<<"$MOUNTS"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
ip link set lo up
mapfile -t variables <<<"$VARIABLES"
# A changed user clears the signal by which everything here ends with who started it, so it is set once more.
exec chroot "$root" setpriv --reuid="$USER_ID" --regid="$GROUP_ID" --groups="$VOLUME_GROUP" --bounding-set=-all \
    --inh-caps=-all --no-new-privs --pdeathsig=KILL -- env --ignore-environment "${variables[@]}" "$@"
