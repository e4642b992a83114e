/** A commented watch.toml, printed by `watch --example`. It is read by a test, so it stays true. */
export const watchExample = `# A watch repeats the audit of a scope and tells what changed. Paths are relative to this file.
scope  = "scope.toml"
folder = "watch"                              # history, reports of the runs; mode 0700

[schedule]
every   = "7d"                                # "12h", "1d", "7d", "4w"
at      = "02:30"                             # local time; the scope's window and dates hold all the same
weekday = "sunday"                            # with whole weeks
jitter-minutes = 0                            # a random delay, up to this

[retention]                                   # older runs are forgotten, the last complete one never
runs = 120
days = 800

[alert]
on             = ["new", "worse", "gone"]
least-severity = "low"                        # critical, high, medium, low, none

# Who is told. An audience sees what a report for it would show: "public" has no address and no name, "full" has all,
# { owner = "..." } has what is that owner's. Passwords and keys stand in files or in the environment, never here.
# [[mail]]
# host     = "mail.imaging.example"
# security = "tls"                            # "tls" (465), "starttls" (587), "none" for this machine's own server
# from     = "leadglass-auditor@imaging.example"
# to       = ["security@imaging.example"]
# audience = "full"
# user     = "leadglass-auditor"
# password-file = "mail-password"             # or password-environment = "NAME"

# [[webhook]]
# url      = "https://alerts.imaging.example/leadglass"
# audience = "public"
# key-file = "webhook-key"                    # signs: X-Leadglass-Signature: t=SECONDS,v1=HMAC-SHA256(key, "SECONDS.BODY")
# private-addresses = ["192.168.10.5"]        # the name may lead to these; to public addresses always
# ca-file  = "ca.pem"

[metrics]                                     # for Prometheus: numbers, no address, no name
port = 9464                                   # http://127.0.0.1:9464/metrics
# address = "192.168.10.4"                    # then token-file, certificate-file and certificate-key-file are needed
# textfile = "/var/lib/prometheus/node-exporter/leadglass-auditor.prom"
`;

/** A service that is always there, or a timer that starts single runs: one of the two. */
export const systemdExample = `# Either: the watch keeps its schedule itself.
# /etc/systemd/system/leadglass-auditor-watch.service
[Unit]
Description=leadglass-auditor: repeated audit
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/opt/leadglass/leadglass-auditor watch --config /etc/leadglass-auditor/watch.toml
User=leadglass-auditor
Restart=on-failure
RestartSec=60
# 4: the scope has ended. Starting again would not help.
RestartPreventExitStatus=4
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=/etc/leadglass-auditor/watch
UMask=0077

[Install]
WantedBy=multi-user.target

# Or: a timer starts one run each time. The schedule is then the timer's.
# /etc/systemd/system/leadglass-auditor-once.service
[Unit]
Description=leadglass-auditor: one audit
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/opt/leadglass/leadglass-auditor watch --once --config /etc/leadglass-auditor/watch.toml
User=leadglass-auditor
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=/etc/leadglass-auditor/watch
UMask=0077

# /etc/systemd/system/leadglass-auditor-once.timer
[Unit]
Description=leadglass-auditor: one audit, Sundays at night

[Timer]
OnCalendar=Sun *-*-* 02:30
RandomizedDelaySec=15min
# A run missed while the machine was off is made up at the next start.
Persistent=true

[Install]
WantedBy=timers.target
`;
