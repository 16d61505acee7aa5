# Runs before clone.sh and push.sh. Standard input is the secret and, after zero bytes, a message and the address of
# git-lfs's tunnel; only git's processes get them, and they are never stored. Git reads only the configuration below, and
# gets credentials only from askpass.
umask 077
job=$1 url=$2 origin=$3 pin=$4
export GIT_ALLOW_PROTOCOL=$5
shift 5
IFS= read -r -d '' secret
IFS= read -r -d '' message
IFS= read -r -d '' tunnel
private=$(mktemp -d -- "$job/tmp/git.XXXXXX") || exit 3
trap 'rm -rf -- "$private"' EXIT
export HOME=$private GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 GIT_LFS_SKIP_SMUDGE=1

# The secret is only for the named host, not for hosts to which it redirects.
cat >"$private/askpass" <<'ASKPASS'
#!/bin/bash
case $1 in
  "Username for '$OUTPOST_ORIGIN': ") printf '%s\n' "$OUTPOST_USER" ;;
  "Password for '${OUTPOST_ORIGIN%%://*}://$OUTPOST_USER@${OUTPOST_ORIGIN#*://}': ") printf '%s\n' "$OUTPOST_SECRET" ;;
  "Username for \"$OUTPOST_ORIGIN\"" | "Username for \"$OUTPOST_ORIGIN/"*\") printf '%s\n' "$OUTPOST_USER" ;;
  "Password for \"${OUTPOST_ORIGIN%%://*}://$OUTPOST_USER@${OUTPOST_ORIGIN#*://}"[/\"]*) printf '%s\n' "$OUTPOST_SECRET" ;;
  *) exit 1 ;;
esac
ASKPASS
chmod 700 "$private/askpass"

plain() { git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c advice.detachedHead=false "$@"; }

# git connects only to the server of the address, at its checked addresses: not to targets of redirects, nor to other hosts
# of submodules or alternates.
remote() {
  asked -c http.followRedirects=false -c "http.curloptResolve=$pin" \
    -c http.proxy=http://other-hosts-are-refused.invalid:1 -c "http.$origin/.proxy=" "$@"
}

# For ssh the secret is the base64 of a private key followed by known_hosts lines. Git passes host and command as the last
# arguments; whatever host it passes, only the host of the address is connected to, at its checked addresses.
export GIT_SSH=/bin/false GIT_SSH_VARIANT=ssh
if [ "${url%%://*}" = ssh ] && [ -n "$secret" ]; then
  to=${url#ssh://} to=${to%%/*} port=22
  case $to in *:*) port=${to##*:} to=${to%:*} ;; esac
  known=${to#*@} address=${pin#*:*:}
  known=${known,,} address=${address%%,*} address=${address#[} address=${address%]}
  [ "$port" = 22 ] || known="[$known]:$port"
  if ! base64 -d <<<"$secret" 2>/dev/null | tr -d '\r' >"$private/both" || ! grep -q '^-----END' "$private/both"; then
    echo "the secret is no private key with known_hosts behind it, in base64" >&2
    exit 4
  fi
  sed '/^-----END/q' "$private/both" >"$private/key"
  sed '1,/^-----END/d' "$private/both" >"$private/known_hosts"
  secret=
  cat >"$private/ssh" <<SSH
#!/bin/bash
if [ "\${@: -2:1}" != '$to' ]; then
  echo "only the repository's own server may be talked to" >&2
  exit 255
fi
exec ssh -F none -p '$port' -i '$private/key' -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \\
  -o PreferredAuthentications=publickey -o StrictHostKeyChecking=yes -o UserKnownHostsFile='$private/known_hosts' \\
  -o GlobalKnownHostsFile=/dev/null -o UpdateHostKeys=no -o HostKeyAlias='$known' -o HostName='$address' \\
  -o CheckHostIP=no -o ProxyCommand=none -o ControlPath=none -o ClearAllForwardings=yes -o ConnectTimeout=20 \\
  -o SendEnv=GIT_PROTOCOL -o LogLevel=ERROR -- '$to' "\${@: -1}"
SSH
  chmod 700 "$private/ssh"
  export GIT_SSH=$private/ssh
fi

asked() {
  if [ -z "$secret" ]; then
    GIT_ASKPASS=/bin/false plain "$@"
  else
    GIT_ASKPASS=$private/askpass OUTPOST_ORIGIN=$origin OUTPOST_USER=x-access-token OUTPOST_SECRET=$secret plain "$@"
  fi
}

# Runs git-lfs; the first argument is its folder. It uses the server that belongs to the address, whatever the repository
# says, and follows that server's links to files only through our tunnel, which checks hosts in the same way.
lfs() {
  local folder=$1 server=${url%/}
  shift
  server=${server%.git}.git/info/lfs
  PATH=$folder:$PATH HTTP_PROXY=$tunnel HTTPS_PROXY=$tunnel http_proxy=$tunnel https_proxy=$tunnel \
    asked -c "lfs.url=$server" -c "lfs.pushurl=$server" -c lfs.skipdownloaderrors=false -c lfs.locksverify=false -c lfs.transfer.maxretries=3 \
    -c "lfs.storage=$job/work/.git/lfs" lfs "$@"
}
