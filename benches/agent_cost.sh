#!/usr/bin/env bash
# What the agent costs, beside prometheus-node-exporter (scraped each 30 s) and netdata, in one run:
# memory, processor time and wake-ups of each with all its children. On Debian:
#   apt-get install prometheus-node-exporter netdata
#   cargo build --release && cargo build --profile agent --no-default-features --features agent
#   benches/agent_cost.sh [minutes]
# AGENT and SERVER name other programs, CONFIG a config file for the agent. Everything runs in a folder
# that is removed, on loopback: the agent pings as often as it does by default, but this very machine.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-10}
target=${CARGO_TARGET_DIR:-target}
agent=${AGENT:-$target/agent/atlas}
server=${SERVER:-$target/release/atlas}
ticks=$(getconf CLK_TCK)
work=$(mktemp -d)
children=()
cleanup() { kill "${children[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

stop() { printf 'agent_cost.sh: %s\n' "$1" >&2; exit 1; }
[ -x "$agent" ] || stop "$agent is missing: cargo build --profile agent --no-default-features --features agent"
[ -x "$server" ] || stop "$server is missing: cargo build --release"
exporter=$(command -v prometheus-node-exporter || command -v node_exporter || true)
netdata=$(command -v netdata || true)

# A process with all that it started.
tree() {
  local pid
  echo "$1"
  for pid in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$pid"; done
}
# Processor time in ticks, that of children that have ended included.
cpu() {
  local pid sum=0
  for pid in $(tree "$1"); do
    [ -r "/proc/$pid/stat" ] || continue
    sum=$((sum + $(sed 's/^.*) //' "/proc/$pid/stat" | awk '{print $12 + $13 + $14 + $15}')))
  done
  echo "$sum"
}
# Memory in kB: what lies in RAM, and what of it others share only by part.
memory() {
  local pid
  for pid in $(tree "$1"); do cat "/proc/$pid/smaps_rollup" 2>/dev/null || true; done |
    awk '/^Rss:/ {rss += $2} /^Pss:/ {pss += $2} END {print rss, pss}'
}
woken() {
  local pid
  for pid in $(tree "$1"); do cat /proc/"$pid"/task/*/status 2>/dev/null || true; done |
    awk '/^voluntary_ctxt/ {sum += $2} END {print sum + 0}'
}
threads() {
  local pid
  for pid in $(tree "$1"); do ls "/proc/$pid/task" 2>/dev/null || true; done | wc -l
}

mkdir -p "$work/server" "$work/agent"
HOME=$work/server FLEET_WEB_PASSWORD=$(head -c 16 /dev/urandom | base64) \
  "$server" server --json --port 0 >"$work/banner" 2>"$work/server.log" &
children+=($!)
until [ -s "$work/banner" ]; do sleep 0.1; done
url=$(sed 's/.*"local":"\([^"]*\)".*/\1/' "$work/banner")
token=$(HOME=$work/server "$server" token create --json | sed 's/.*"token":"\([^"]*\)".*/\1/')
HOME=$work/agent "$agent" agent enroll "$url" --token "$token" --machine-id cost >/dev/null

config=$work/agent.yaml
if [ -n "${CONFIG:-}" ]; then
  cp "$CONFIG" "$config"
else
  # Neither does it ask for updates, which is the internet's to answer.
  cat >"$config" <<'YAML'
fleet:
  agent:
    monitors:
      updates: {enabled: false}
network:
  ping:
    targets: [127.0.0.1 one, 127.0.0.1 two]
  wifi:
    dns_test_domains: [localhost]
YAML
fi

names=() pids=()
watch() { names+=("$1"); pids+=("$2"); children+=("$2"); }
HOME=$work/agent "$agent" agent --config "$config" 2>"$work/agent.log" &
watch atlas-agent $!
if [ -n "$exporter" ]; then
  "$exporter" --web.listen-address=127.0.0.1:19100 >/dev/null 2>&1 &
  watch node-exporter $!
fi
if [ -n "$netdata" ]; then
  mkdir -p "$work/netdata"/{cache,lib,log,run}
  printf '%s\n' '[global]' "run as user = $(id -un)" '[web]' 'bind to = 127.0.0.1:19998' '[directories]' \
    "cache = $work/netdata/cache" "lib = $work/netdata/lib" "log = $work/netdata/log" >"$work/netdata/netdata.conf"
  NETDATA_LOCK_DIR="$work/netdata/run" "$netdata" -D -c "$work/netdata/netdata.conf" -P "$work/netdata/run/pid" \
    >/dev/null 2>&1 &
  watch netdata $!
fi

scrape() { curl -s -o /dev/null http://127.0.0.1:19100/metrics || true; }
# The first minute is spent on starting: facts, software, services are looked at then.
for _ in 1 2; do scrape; sleep 30; done
declare -A cpu_before woken_before peak
for i in "${!pids[@]}"; do
  cpu_before[$i]=$(cpu "${pids[$i]}")
  woken_before[$i]=$(woken "${pids[$i]}")
  peak[$i]=0
done
began=$SECONDS
while [ $((SECONDS - began)) -lt $((minutes * 60)) ]; do
  scrape
  for i in "${!pids[@]}"; do
    read -r rss _ < <(memory "${pids[$i]}")
    [ "${rss:-0}" -gt "${peak[$i]}" ] && peak[$i]=$rss
  done
  sleep 30
done
elapsed=$((SECONDS - began))
cat "$work/agent.log" >&2
echo "over $elapsed s, $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '| | memory now (RSS), most, share (PSS) | processor time | of a core | wake-ups/s | threads |\n|---|---|---|---|---|---|\n'
for i in "${!pids[@]}"; do
  [ -d "/proc/${pids[$i]}" ] || { echo "| ${names[$i]} | has ended | | | | |"; continue; }
  read -r rss pss < <(memory "${pids[$i]}")
  awk -v name="${names[$i]}" -v rss="$rss" -v pss="$pss" -v most="${peak[$i]}" -v ticks="$ticks" -v elapsed="$elapsed" \
    -v cpu="$(($(cpu "${pids[$i]}") - ${cpu_before[$i]}))" -v woken="$(($(woken "${pids[$i]}") - ${woken_before[$i]}))" \
    -v threads="$(threads "${pids[$i]}")" 'BEGIN {
      printf "| %s | %.1f, %.1f, %.1f MB | %.2f s | %.3f %% | %.1f | %d |\n", name, rss / 1024, most / 1024, pss / 1024,
        cpu / ticks, cpu / ticks / elapsed * 100, woken / elapsed, threads }'
done
printf 'the agent alone, stripped: %s bytes\n' "$(stat -c %s "$agent" 2>/dev/null || stat -f %z "$agent")"
