# Sourced by tools/dev: the Debian packages of devkit/packages, installed where they are missing.

# listed GROUP: the packages of a group, each as package:command.
listed() {
  awk -v group="$1" '$1 == group { print $2 ":" $3 }' "$ROOT/tools/devkit/packages"
}

# missing PACKAGE:COMMAND...: the packages that are not installed, and whose command is not there either.
missing() {
  local entry package status
  for entry in "$@"; do
    package=${entry%%:*}
    [[ -n ${entry#*:} ]] && command -v "${entry#*:}" >/dev/null && continue
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    [[ $status == ii* ]] || echo "$package"
  done
}

# as_root COMMAND...: runs it as root, through sudo where need be.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

# What is installed here is for tests, not to run: packages ask policy-rc.d before they start a service.
# One that is already there is somebody else's decision and stays.
readonly POLICY=/usr/sbin/policy-rc.d
hold_services() {
  [[ -e $POLICY ]] && return
  trap release_services EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
}
release_services() {
  trap - EXIT
  as_root rm -f "$POLICY"
}

apt_install() {
  as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

# install_packages GROUP...: asks apt only when something is missing.
install_packages() {
  local group wanted=() absent status=0
  command -v dpkg-query >/dev/null || fail "this needs Debian 12: dpkg is not here"
  for group in "$@"; do
    mapfile -t -O "${#wanted[@]}" wanted < <(listed "$group")
  done
  mapfile -t absent < <(missing "${wanted[@]}")
  [[ ${#absent[@]} -gt 0 ]] || return 0
  if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
    fail "these packages are missing and there is no sudo; as root: apt-get install ${absent[*]}"
  fi
  say "installing ${absent[*]}"
  hold_services
  apt_install "${absent[@]}" || status=$?
  [[ -z $(trap -p EXIT) ]] || release_services
  [[ $status -eq 0 ]] || fail "apt-get could not install: ${absent[*]}"
}

# The npm packages that the tests use, exactly those of the lock file, in build/npm; nothing of them runs at the installation.
install_npm() {
  local from="$ROOT/tests/conformance/npm" to="$ROOT/build/npm" file
  cmp -s "$from/package-lock.json" "$to/node_modules/.installed" && return
  say "installing the npm packages of tests/conformance/npm"
  mkdir -p "$to"
  for file in package.json package-lock.json .npmrc; do
    cp "$from/$file" "$to/$file"
  done
  # Where no registry answers npm may wait for ever.
  (cd "$to" && timeout 300 npm ci --silent) ||
    fail "npm could not install what $from/package-lock.json lists. It needs the npm registry once;" \
      "without it, copy $to from a machine where \`tools/dev test\` has run"
  cp "$from/package-lock.json" "$to/node_modules/.installed"
}
