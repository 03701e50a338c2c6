# Sourced by tools/dev: builds and tests, step by step, each into its own log.

readonly LOGS="$ROOT/build/logs"
SUMMARY=()

# step NAME COMMAND...: one line with its seconds; at a failure the end of its log, and the end of the run.
step() {
  local name=$1 began=$SECONDS log
  shift
  log="$LOGS/${name// /-}.log"
  mkdir -p "$LOGS"
  printf '%-34s ' "$name"
  if "$@" >"$log" 2>&1; then
    printf 'ok   %4d s\n' $((SECONDS - began))
    SUMMARY+=("$(printf '%-34s %4d s' "$name" $((SECONDS - began)))")
    return
  fi
  printf 'FAILED after %d s\n' $((SECONDS - began))
  tail -n "${KVD_LOG_LINES:-80}" "$log"
  fail "$name failed; the whole log is $log"
}

# configure PRESET [CMAKE ARGUMENT...]
configure() {
  cmake -S "$ROOT" --preset "$@"
}

# compile PRESET TARGET...
compile() {
  local preset=$1
  shift
  cmake --build "$ROOT/build/$preset" --target "$@"
}

# check PRESET CTEST-ARGUMENT...
check() {
  local preset=$1
  shift
  ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error "$@"
}

# The sanitizer builds compile only what they run, several sources at a time: it is compiling that costs.
readonly TOOLS=(kvd kvctl kvsnap kvwal)
test_release() {
  step "release configure" configure release
  step "release build" compile release all
  step "release tests" check release -j "$(nproc)"
}
test_asan() {
  step "asan configure" configure asan
  step "asan build" compile asan unit_tests "${TOOLS[@]}"
  step "asan unit and conformance tests" check asan -j "$(nproc)" -L 'unit|conformance'
}
test_tsan() {
  step "tsan configure" configure tsan
  step "tsan build" compile tsan threaded_tests "${TOOLS[@]}"
  step "tsan threads and chaos tests" check tsan -j "$(nproc)" -L 'threads|chaos'
}

# test_all [release|asan|tsan ...]: all three unless told which.
test_all() {
  local began=$SECONDS part
  [[ $# -gt 0 ]] || set -- release asan tsan
  for part in "$@"; do
    case $part in
      release | asan | tsan) "test_$part" ;;
      *) usage_error "test: unknown part '$part'; it may be release, asan or tsan" ;;
    esac
  done
  echo
  printf '%s\n' "${SUMMARY[@]}"
  printf '%-34s %4d s\n' "everything passed" $((SECONDS - began))
}
