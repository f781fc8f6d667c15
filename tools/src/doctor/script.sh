#!/usr/bin/env bash
# Mends what `tickline doctor` found on this machine for: @SCENARIO@
#
#     sudo bash mend.sh          until the next boot
#     sudo bash mend.sh --keep   over reboots too: writes files of /etc named tickline,
#                                and options of the kernel's command line
#
# Read it first. A step that fails is told and counted, and the next one is tried; what is so
# already stays as it is, so that the script may run again.
# shellcheck disable=SC2016 # What stands in quotes is meant as it stands.
set -eu

keep=no
case "${1-}" in
'') ;;
--keep) keep=yes ;;
*)
    echo "usage: sudo bash $0 [--keep]" >&2
    exit 2
    ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    echo "only root may do this: sudo bash $0 ${1-}" >&2
    exit 1
fi

mended=0
already=0
failed=0

# step CONDITION [COSTS]: what follows mends it; the costs are those of leaving it as it is.
step() {
    printf '\n%s\n' "$1"
    if [ -n "${2-}" ]; then echo "  as it is: $2"; fi
}

as_it_was() {
    already=$((already + 1))
    echo "  already: $1"
}

did() {
    mended=$((mended + 1))
    echo "  done: $1"
}

did_not() {
    failed=$((failed + 1))
    echo "  FAILED: $1" >&2
}

# advise WORDS: what no command can do.
advise() {
    echo "  advice: $1"
}

# is_set VALUE FILE: also where the file lists choices, or says more than was written.
is_set() {
    local now
    now=$(cat "$2" 2>/dev/null) || return 1
    case "$now" in
    "$1" | "$1"[[:space:]]* | *"[$1]"*) return 0 ;;
    *) return 1 ;;
    esac
}

# set_value VALUE FILE...: settings of the kernel, until the next boot.
set_value() {
    local value=$1 file reason
    shift
    for file in "$@"; do
        if is_set "$value" "$file"; then
            as_it_was "$file is $value"
        elif ! reason=$( (printf '%s\n' "$value" >"$file") 2>&1); then
            did_not "$file stays as it is: ${reason##*: }"
        elif is_set "$value" "$file"; then
            did "$file is $value"
        else
            did_not "$file took $value, and is $(cat "$file" 2>/dev/null || echo unreadable)"
        fi
    done
}

# run COMMAND...: until the next boot; it may run again.
run() {
    if "$@" >/dev/null; then
        did "$*"
    else
        did_not "$*"
    fi
}

# keep COMMAND...: what lasts over reboots, only with --keep.
keep() {
    case "$keep" in
    yes) run "$@" ;;
    no) echo "  with --keep: $*" ;;
    esac
}

# keep_file FILE TEXT: with --keep, what the next boot or log-in reads.
keep_file() {
    if [ "$keep" = no ]; then
        echo "  with --keep: writes $1"
    elif [ "$(cat "$1" 2>/dev/null)" = "$2" ]; then
        as_it_was "$1"
    elif mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1"; then
        did "wrote $1"
    else
        did_not "cannot write $1"
    fi
}

# boot_option OPTION: nothing helps before the next boot.
boot_option() {
    case "$keep" in
    yes) echo "  with the next boot: $1" ;;
    no) echo "  only a boot helps, with --keep: $1" ;;
    esac
}

report() {
    printf '\n%s done, %s so already, %s failed\n' "$mended" "$already" "$failed"
    [ "$failed" -eq 0 ]
}
