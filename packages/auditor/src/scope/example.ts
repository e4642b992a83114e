/** A commented scope file, printed by `scope example`. It is read by a test, so it stays true. */
export const scopeExample = `# Scope of a leadglass-auditor run. Nothing is sent to an address that is not named here.
# Any mistake in this file stops the run before the first packet.

owner    = "Example Imaging Centre"            # who owns the systems
contact  = "security@imaging.example"          # whom to call: dns-proof names it, and web servers log it
operator = "Name, organisation"                # who starts the run and answers for it

# Who allowed this run, in words, and your word that it is so.
attestation = "Allowed in writing by the CIO of Example Imaging Centre on 2026-11-02."
attested    = true

not-before = 2026-11-01                        # days (UTC), both included
not-after  = 2026-12-31

# cert-mandate = "National CERT, mandate 2026/17"

# Ports looked at on every address, 64 at most. These are DICOM's and the web doors of image archives.
ports = [104, 11112, 2762, 4242, 80, 443, 8042, 8080, 8443]
# With their neighbours: shares, databases, HL7, remote access, directories. 161, 514 and 6514 are asked by UDP.
# ports = [104, 11112, 2761, 2762, 4242, 5678, 80, 443, 3000, 8000, 8042, 8080, 8081, 8443, 9000, 9200, 9990,
#          21, 22, 23, 111, 139, 161, 389, 445, 514, 636, 873, 1433, 2049, 2375, 2575, 3260, 3306, 3389, 5432,
#          5900, 6379, 6443, 6514, 20048, 27017]

# Never contacted, whatever the ranges say.
exclude = ["192.168.10.13/32"]

# Gentle mode for networks with scanners and ultrasound devices: one connection at a time, few associations, no
# tests of patience.
modality-safe = false

# Only at these hours (local time of this machine).
# [window]
# from = "20:00"
# to   = "06:00"

[rates]
hosts-per-second      = 5                      # up to 200; any number when all ranges are loopback
connections-per-host  = 2                      # 1 or 2 at once
associations-per-host = 20                     # in the whole run
counting-cap          = 1000                   # counting stops here and prints ">= 1000"
half-pdu-wait-seconds = 40                     # 35 to 60; 0 leaves that check out

# Checks that cost the target or its owner something are off unless asked for.
[opt-in]
counting       = false                         # count study and patient records, without reading them
default-logins = false                         # one documented login for each account
idle-sockets   = false                         # hold up to 8 idle connections
absurd-length  = false                         # announce a PDU of 2 GiB and send none of it
hl7-message    = false                         # send one well-formed HL7 message
share-content  = false                         # look at 132 bytes of files in open shares
attestation    = false                         # report what [attestations] leaves unanswered, too

# What cannot be seen from outside. Answer true or false; a line left out stays unanswered.
# [attestations]
# audit-trail                        = true    # every access to images is recorded, and somebody reads the record
# break-glass                        = true    # emergency access exists, and each use of it is recorded and reviewed
# backups-offline-and-tested         = true    # one copy cannot be reached by who holds the archive; restored in a test
# login-throttling-and-second-factor = true    # web logins slow down after failures and ask for a second factor

# What is spoken on ports without a well-known meaning, for the checks of neighbouring services.
# [protocols]
# 16379 = "redis"

# Private and loopback ranges must be named, like any other.
[[range]]
cidr    = "192.168.10.0/24"
site    = "Main building"
country = "DE"
# called-ae-titles = ["PACS1"]                 # titles to try when a random one is refused

# Public ranges need their owner's permission.
# [[range]]
# hosts         = ["pacs.imaging.example"]
# owner         = "Example Imaging Centre"
# owner-attests = true
# dns-proof     = "imaging.example"            # TXT record: leadglass-auditor=security@imaging.example
`;
