#!/bin/sh
# Brings what the interop tests talk to: other people's DICOM tools. Installs only what is missing, only as
# root on Debian or Ubuntu, and never fails: a test whose other side is absent says so and is skipped.
# LEADGLASS_SET_UP_TESTS=no leaves the machine as it is.
set -u
PATH="$PATH:/usr/sbin:/sbin"
export PATH

# command:package; the command stands for the package.
wanted='storescu:dcmtk Orthanc:orthanc nmap:nmap openssl:openssl curl:curl'
# What stands beside an archive, for the auditor's checks of shares and neighbouring services.
wanted="$wanted redis-server:redis-server slapd:slapd rsync:rsync vsftpd:vsftpd smbd:samba sshd:openssh-server"
wanted="$wanted snmpd:snmpd nginx:nginx ganesha.nfsd:nfs-ganesha-vfs rpcbind:rpcbind"
wanted="$wanted pg_createcluster:postgresql"
# A database that turns hosts away, a screen without a password, logs in clear.
wanted="$wanted mariadbd:mariadb-server-core Xvnc:tigervnc-standalone-server rsyslogd:rsyslog"
# A gateway that takes any certificate, a door that starts containers, what the directory's console runs on.
wanted="$wanted stunnel4:stunnel4 podman:podman php:php-cli"
# An archive's server of the 1990s, a remote desktop without NLA.
wanted="$wanted simple_storage:ctn xrdp:xrdp"
# A browser for the viewer, which comes by itself.
wanted="$wanted chromium:chromium"
sh "$(dirname "$0")/set-up-ohif.sh"
# The last version that leaks its token, for the check that finds it.
sh "$(dirname "$0")/set-up-ohif.sh" 3.12.0 88a34cd3b0594dbe394533a2d546fbaaecb88419c3bd6b0d58d7802be2248798
missing=''
installed=''
for pair in $wanted; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
# Plugins and pages have no command: a file stands for the package.
wanted_files='/usr/share/orthanc/plugins/libOrthancDicomWeb.so:orthanc-dicomweb'
# Two protocols on one port, logs over TLS, the console of a directory.
wanted_files="$wanted_files /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream"
wanted_files="$wanted_files /usr/lib/*/rsyslog/lmnsd_gtls.so:rsyslog-gnutls"
wanted_files="$wanted_files /usr/share/phpldapadmin/htdocs:phpldapadmin"
for pair in $wanted_files; do
  # Not quoted: the folder of libraries is named after the machine.
  ls -d ${pair%%:*} >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

skip() { # why
  echo "set-up-tests: not installed:$missing ($1); tests that need them are skipped" >&2
  exit 0
}

[ "${LEADGLASS_SET_UP_TESTS:-yes}" != no ] || skip 'LEADGLASS_SET_UP_TESTS=no'
command -v apt-get >/dev/null 2>&1 || skip 'only Debian and Ubuntu are set up by themselves; install them by hand'
# Not by hand with apt-get: Debian would start them, and they would answer anybody.
[ "$(id -u)" = 0 ] || skip "not root; run: sudo sh scripts/set-up-tests.sh"

# Debian starts a service when its package is installed. An archive nobody asked for must not answer on this
# machine, so installing is told to start nothing (invoke-rc.d, policy-rc.d(8)).
policy=/usr/sbin/policy-rc.d
our_policy=''
remove_policy() {
  [ -z "$our_policy" ] || rm -f "$policy"
  our_policy=''
}
trap remove_policy EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' 2>/dev/null >"$policy" && chmod 755 "$policy"; then
  our_policy=yes
fi

output=$(mktemp) || skip 'no temporary file'
echo "set-up-tests: installing$missing (once) ..." >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20 </dev/null >"$output" 2>&1 || echo "set-up-tests: apt-get update failed, trying with the lists there are" >&2
for package in $missing; do
  # One at a time: a package that cannot be had does not keep the others away.
  if apt-get install -y -qq --no-install-recommends "$package" </dev/null >"$output" 2>&1; then
    installed="$installed $package"
  else
    echo "set-up-tests: $package could not be installed: $(tail -n 1 "$output"); tests that need it are skipped" >&2
  fi
done
rm -f "$output"
remove_policy

# Nor shall any start with the machine: the tests start their own, on ports of their own.
for package in $installed; do
  case "$package" in
    orthanc | redis-server | slapd | rsync | vsftpd | snmpd | nginx | rpcbind | postgresql | rsyslog | stunnel4 | xrdp) services="$package" ;;
    samba) services='smbd nmbd samba-ad-dc' ;;
    nfs-ganesha-vfs) services='nfs-ganesha nfs-ganesha-lock' ;;
    openssh-server) services='ssh' ;;
    podman) services='podman podman.socket podman-restart podman-auto-update podman-auto-update.timer' ;;
    *) services='' ;;
  esac
  for service in $services; do
    # Also where systemd does not run now: an image that is made here may be started elsewhere.
    if command -v systemctl >/dev/null 2>&1; then
      systemctl disable --quiet "$service" >/dev/null 2>&1 || true
    fi
    if [ -d /run/systemd/system ]; then
      systemctl stop --quiet "$service" 2>/dev/null || true
    elif command -v update-rc.d >/dev/null 2>&1; then
      update-rc.d "$service" disable >/dev/null 2>&1 || true
    fi
  done
done
exit 0
