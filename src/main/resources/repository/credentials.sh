# What comes before clone.sh and push.sh. Standard input is the secret and, behind a zero byte, a message; no process but
# git's has it, and nothing that is stored. Git reads no configuration but what stands here, and asks for credentials with
# askpass alone.
umask 077
job=$1 url=$2 origin=$3 pin=$4
export GIT_ALLOW_PROTOCOL=$5
shift 5
IFS= read -r -d '' secret
IFS= read -r -d '' message
private=$(mktemp -d -- "$job/tmp/git.XXXXXX") || exit 3
trap 'rm -rf -- "$private"' EXIT
export HOME=$private GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 GIT_LFS_SKIP_SMUDGE=1

# The secret is for the host that was named, and not for one that it sends us on to.
cat >"$private/askpass" <<'ASKPASS'
#!/bin/bash
case $1 in
  "Username for '$OUTPOST_ORIGIN': ") printf '%s\n' "$OUTPOST_USER" ;;
  "Password for '${OUTPOST_ORIGIN%%://*}://$OUTPOST_USER@${OUTPOST_ORIGIN#*://}': ") printf '%s\n' "$OUTPOST_SECRET" ;;
  *) exit 1 ;;
esac
ASKPASS
chmod 700 "$private/askpass"

plain() { git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c advice.detachedHead=false "$@"; }

# Talks to the server of the address, at what was checked of it, and to no other: not where it redirects to, nor where
# submodules or alternates lie.
remote() {
  local one=(-c http.followRedirects=false -c "http.curloptResolve=$pin"
    -c http.proxy=http://other-hosts-are-refused.invalid:1 -c "http.$origin/.proxy=")
  if [ -z "$secret" ]; then
    GIT_ASKPASS=/bin/false plain "${one[@]}" "$@"
  else
    GIT_ASKPASS=$private/askpass OUTPOST_ORIGIN=$origin OUTPOST_USER=x-access-token OUTPOST_SECRET=$secret \
      plain "${one[@]}" "$@"
  fi
}
