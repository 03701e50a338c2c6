#!/usr/bin/env bash
# The tour of `tools/dev run`: three nodes on loopback, real data, a dead leader, and everything still there.
# usage: run.sh BIN_DIRECTORY [--keep] [--size LINES]
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE DATABASE=/var/lib/dpkg/status READY_SECONDS=30
BIN=$1
shift
KEEP=no LINES_MAX=
while [[ $# -gt 0 ]]; do
  case $1 in
    --keep) KEEP=yes ;;
    --size)
      LINES_MAX=${2:?--size needs a number}
      shift
      ;;
    *)
      echo "tools/dev run: unknown option '$1'; see tools/dev help" >&2
      exit 64
      ;;
  esac
  shift
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kvd-run.XXXXXX")
declare -A PIDS
CLIENT_PORTS=() PEER_PORTS=() MEMBERS=

heading() { printf '\n== %s\n' "$*"; }
fail() {
  echo "tools/dev run: $*" >&2
  for log in "$WORK"/n?.log; do
    echo "--- $log" >&2
    tail -n 15 "$log" >&2
  done
  exit 1
}

# show COMMAND...: prints the command line as one would type it, then runs it.
show() {
  printf '$'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}
kvctl() { "$BIN/kvctl" "$@"; }
kvwal() { "$BIN/kvwal" "$@"; }

clean_up() {
  local status=$? node
  trap - EXIT
  for node in "${!PIDS[@]}"; do kill -TERM "${PIDS[$node]}" 2>/dev/null || true; done
  for node in "${!PIDS[@]}"; do wait "${PIDS[$node]}" 2>/dev/null || true; done
  rm -rf "$WORK"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# free_port: below the range that the kernel hands out, and nobody answers there.
declare -A TAKEN
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    [[ -n ${TAKEN[$port]:-} ]] && continue
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      TAKEN[$port]=yes
      REPLY=$port
      return
    fi
  done
}

choose_ports() {
  local node
  for node in 1 2 3; do
    free_port
    CLIENT_PORTS[node]=$REPLY
    free_port
    PEER_PORTS[node]=$REPLY
    MEMBERS+="${MEMBERS:+,}n$node=http://127.0.0.1:${PEER_PORTS[node]}"
  done
  export KVCTL_ENDPOINTS="127.0.0.1:${CLIENT_PORTS[1]},127.0.0.1:${CLIENT_PORTS[2]},127.0.0.1:${CLIENT_PORTS[3]}"
}

start_node() {
  local node=$1 client="http://127.0.0.1:${CLIENT_PORTS[$1]}" peer="http://127.0.0.1:${PEER_PORTS[$1]}"
  "$BIN/kvd" --name="n$node" --data-dir="$WORK/n$node" \
    --listen-client-urls="$client" --advertise-client-urls="$client" \
    --listen-peer-urls="$peer" --initial-advertise-peer-urls="$peer" \
    --initial-cluster="$MEMBERS" --initial-cluster-token="tools-dev-run" >>"$WORK/n$node.log" 2>&1 &
  PIDS[$node]=$!
}

wait_healthy() {
  local until=$((SECONDS + READY_SECONDS)) node
  while ! kvctl endpoint health >/dev/null 2>&1; do
    for node in "${!PIDS[@]}"; do
      kill -0 "${PIDS[$node]}" 2>/dev/null || fail "n$node has ended"
    done
    [[ $SECONDS -lt $until ]] || fail "the cluster is not healthy after $READY_SECONDS seconds"
    sleep 0.1
  done
}

# leader_node: the number of the node that says it leads.
leader_node() {
  local endpoint node
  endpoint=$(kvctl status -w json 2>/dev/null |
    jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint' | head -n 1)
  for node in "${!CLIENT_PORTS[@]}"; do
    [[ $endpoint == *":${CLIENT_PORTS[$node]}" ]] && echo "$node" && return
  done
  fail "nobody leads"
}

milliseconds() { date +%s%3N; }
everything() { kvctl export --prefix dpkg/ --quiet | sha256sum | cut -c1-16; }

load() {
  local source="$WORK/dpkg.jsonl"
  awk -f "$HERE/dpkg_jsonl.awk" "$DATABASE" >"$source"
  [[ -z $LINES_MAX ]] || sed -i "$((LINES_MAX + 1)),\$d" "$source"
  printf '%s fields of %s packages, %s of JSON lines\n' "$(wc -l <"$source")" \
    "$(grep -c '^Package:' "$DATABASE")" "$(du -h "$source" | cut -f1)"
  printf '$ kvctl import < dpkg.jsonl\n'
  kvctl import <"$source"
  [[ $(kvctl get dpkg/ --prefix --count-only) -ge 1 ]] || fail "the import left nothing"
}

versions() {
  show kvctl get dpkg/bash/Version
  heading "a versioned put: only if the key is still at version 1"
  show kvctl put dpkg/bash/Version "mine now" --if-version 1
  heading "the same again: version 1 is gone, so it is refused with exit code 2"
  local status=0
  show kvctl put dpkg/bash/Version "mine too" --if-version 1 || status=$?
  echo "exit code $status"
  [[ $status -eq 2 ]] || fail "a conflict should have exit code 2"
}

kill_the_leader() {
  local leader before after began took
  before=$(everything)
  leader=$(leader_node)
  echo "n$leader leads; kill -KILL ${PIDS[$leader]}"
  began=$(milliseconds)
  kill -KILL "${PIDS[$leader]}"
  wait "${PIDS[$leader]}" 2>/dev/null || true
  unset "PIDS[$leader]"
  # A write that was on its way to the dead leader has no known outcome; this one may be sent again.
  until kvctl put after/the/kill "still writing" --timeout 500ms --quiet >/dev/null 2>&1; do
    [[ $(($(milliseconds) - began)) -lt $((READY_SECONDS * 1000)) ]] || fail "no write after the leader's death"
  done
  took=$(($(milliseconds) - began))
  echo "the first write after it was answered $took ms later"
  after=$(everything)
  echo "all keys and values, hashed: before $before, after $after"
  [[ $before == "$after" ]] || fail "the data changed"
  show kvctl get after/the/kill
  heading "what the dead leader left on its disk"
  show kvwal verify "$WORK/n$leader"
  heading "n$leader comes back and catches up"
  start_node "$leader"
  wait_healthy
  after=$(KVCTL_ENDPOINTS=127.0.0.1:${CLIENT_PORTS[$leader]} everything)
  echo "n$leader has everything: $after"
  [[ $before == "$after" ]] || fail "n$leader has other data"
  show kvctl status
}

look_around() {
  printf '\n%s keys, three members, nothing lost.\n' "$(kvctl get '' --prefix --count-only)"
  if [[ $KEEP == no ]]; then
    echo "To look around yourself: tools/dev run --keep leaves the nodes running, and says how to reach them."
    return
  fi
  cat <<END
The nodes stay until Enter. From another terminal:

  export PATH=$BIN:\$PATH KVCTL_ENDPOINTS=$KVCTL_ENDPOINTS
  kvctl get dpkg/bash/ --prefix
  kvctl help
  ETCDCTL_API=3 etcdctl --endpoints "\$KVCTL_ENDPOINTS" endpoint status -w table
  curl http://127.0.0.1:${CLIENT_PORTS[1]}/metrics
  kill -KILL ${PIDS[1]} ${PIDS[2]} ${PIDS[3]}    # any one of them, or all: nothing is lost
  data and logs: $WORK

END
}

heading "three nodes"
choose_ports
for node in 1 2 3; do start_node "$node"; done
wait_healthy
show kvctl status
heading "Debian's package database goes in"
load
heading "a get"
versions
heading "the leader dies"
kill_the_leader
look_around
if [[ $KEEP == yes && -t 0 ]]; then
  read -r -p "Enter stops the three nodes and removes their data: " _ || true
fi
