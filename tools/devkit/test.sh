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

# targets PART: what a part builds. The sanitizers compile only what they run: it is compiling that costs.
targets() {
  case $1 in
    release) echo all ;;
    asan) echo unit_tests kvd kvctl kvsnap kvwal ;;
    tsan) echo threaded_tests kvd kvctl kvsnap kvwal ;;
  esac
}

# While the tests of asan wait, which they mostly do and with time to spare, the idle cores build tsan.
AHEAD=
build_ahead() {
  configure "$1" >"$LOGS/$1-configure.log" 2>&1 || return 0 # the step of that name will tell
  # shellcheck disable=SC2046  # a list of words
  (exec nice -n 19 ninja -C "$ROOT/build/$1" $(targets "$1")) >"$LOGS/$1-build-ahead.log" 2>&1 &
  AHEAD=$!
  trap 'kill "$AHEAD" 2>/dev/null || true' EXIT
}
# What it did not get done is the build step's.
end_ahead() {
  [[ -n $AHEAD ]] || return 0
  kill "$AHEAD" 2>/dev/null || true
  wait "$AHEAD" || true
  trap - EXIT
  AHEAD=
}

build_part() {
  step "$1 configure" configure "$1"
  # shellcheck disable=SC2046
  step "$1 build" compile "$1" $(targets "$1")
}

# The tests mostly wait, for disks and for each other: one more at a time than there are cores.
readonly TESTS_AT_ONCE=$(($(nproc) + 1))
test_release() {
  build_part release
  step "release tests" check release -j "$TESTS_AT_ONCE"
}
# test_asan NEXT-PART
test_asan() {
  build_part asan
  [[ $1 != tsan ]] || build_ahead tsan
  step "asan unit and conformance tests" check asan -j "$TESTS_AT_ONCE" -L 'unit|conformance|clients'
  end_ahead
}
test_tsan() {
  build_part tsan
  step "tsan threads and chaos tests" check tsan -j "$TESTS_AT_ONCE" -L 'threads|chaos'
}

# test_all [release|asan|tsan ...]: all three unless told which.
test_all() {
  local began=$SECONDS part
  [[ $# -gt 0 ]] || set -- release asan tsan
  for part in "$@"; do
    [[ $part =~ ^(release|asan|tsan)$ ]] ||
      usage_error "test: unknown part '$part'; it may be release, asan or tsan"
  done
  while [[ $# -gt 0 ]]; do
    "test_$1" "${2:-}"
    shift
  done
  echo
  printf '%s\n' "${SUMMARY[@]}"
  printf '%-34s %4d s\n' "everything passed" $((SECONDS - began))
}
