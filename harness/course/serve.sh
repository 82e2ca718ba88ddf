# shellcheck shell=sh
# serve.sh: for experiments that are a line for sh.
#
# serve PROGRAM FLAG...: start it in the background, wait until it is ready,
# and set `server`, its process, `address` and `port`, where it listens. What
# it prints is in `$said`, which ended removes.
serve() {
    said=$(mktemp)
    program=$1
    shift
    "$BIN/$program" --port=0 "$@" >"$said" &
    server=$!
    until grep -q listening "$said" || ! kill -0 "$server"; do :; done
    address=$(sed -n 's/^listening on //p' "$said")
    port=${address##*:}
}

# ended: stop it and wait for it.
ended() {
    kill "$server"
    wait "$server"
    rm -f "$said"
}
