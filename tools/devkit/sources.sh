# Sourced by tools/dev: how the sources look.

# sources: every C++ file under version control.
sources() {
  git -C "$ROOT" ls-files -z -- '*.h' '*.cc'
}

format_sources() {
  install_packages format
  (cd "$ROOT" && sources | xargs -0 -r clang-format-19 -i)
}

# verify_sources: format and house rules. Writes nothing.
verify_sources() {
  install_packages format
  (cd "$ROOT" && sources | xargs -0 -r clang-format-19 --dry-run --Werror) ||
    fail "the files above are not formatted; tools/dev format does it"
  /usr/bin/python3 -B "$ROOT/tests/tidy/tidy.py"
}

# lint_sources [--tidy]
lint_sources() {
  case ${1:-} in
    '' | --tidy) ;;
    *) usage_error "lint: unknown option '$1'; there is --tidy" ;;
  esac
  verify_sources
  /usr/bin/python3 -B "$ROOT/tests/tidy/tidy.py" --longest
  [[ ${1:-} == --tidy ]] || return 0
  install_packages build
  configure dev >/dev/null
  # The generated headers of the API must be there before anything that includes them is read.
  compile dev kv_proto >/dev/null
  (cd "$ROOT" && git ls-files -z -- '*.cc' |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option)
}
