/** How a scope for a test begins: who asks, that they may, and until when. Ports, rates and ranges follow. */
export const SCOPE_HEAD = `owner = "Clinic"
contact = "it@clinic.example"
operator = "Jane Doe"
attestation = "Loopback of this machine, for a test."
attested = true
not-before = 2020-01-01
not-after = 2099-12-31
`;
