import type { FixCode } from '../../findings/index.ts';

export const fixCodes: readonly FixCode[] = ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9'];

export interface FixText {
  readonly title: string;
  readonly steps: readonly string[];
}

/** What each fix code of the checks' table means, for any product. */
export const fixTexts: Readonly<Record<FixCode, FixText>> = {
  F1: {
    title: 'Take it off the internet',
    steps: [
      'Close the port at the router or firewall now; nothing has to be changed on the archive for that.',
      'Let the people and devices who need it from outside come in through a VPN with a second factor.',
      'Put the archive and the modalities into a network segment of their own that offices and guests cannot reach.',
    ],
  },
  F2: {
    title: 'Put a gateway with mutual TLS in front',
    steps: [
      'Place a gateway that demands a client certificate of every caller before the archive.',
      'Let the archive accept connections from the gateway alone.',
      'Issue one certificate for each device, so that one can be withdrawn without the others.',
    ],
  },
  F3: {
    title: 'Allow known devices only, verb by verb',
    steps: [
      'List the AE titles that have to talk to this system, each with its address and, with TLS, its certificate.',
      'Allow each only what it does: a modality stores, a workstation queries and retrieves.',
      'Refuse everything else: unknown called titles, unknown calling titles, unknown addresses.',
    ],
  },
  F4: {
    title: 'Require a personal login with a second factor',
    steps: [
      'Switch authentication on and remove or change every account that the product came with.',
      'Connect the hospital directory (single sign-on) and require a second factor from outside.',
      'Limit failed attempts, and let links to images expire.',
    ],
  },
  F5: {
    title: 'Update the software',
    steps: [
      'Ask the supplier which version closes the vulnerabilities named; the match here is by version number.',
      'Update, or where there is no update any more, isolate the system and plan its replacement.',
      'Put the system on the list of what is updated regularly.',
    ],
  },
  F6: {
    title: 'Switch the service off',
    steps: [
      'Find out who uses the service; often it was left from the installation.',
      'Switch it off, or bind it to the local machine or the management network.',
      'Where it must stay, require a login and allow named addresses only.',
    ],
  },
  F7: {
    title: 'Encrypt the connection (TLS 1.2 or 1.3)',
    steps: [
      'Switch TLS on with the profile of PS3.15 B.12 (BCP 195): TLS 1.2 and 1.3, ECDHE with AES-GCM.',
      'Switch the clear-text port off as soon as the last device has moved.',
      'Use a certificate of your own authority or a public one, with an RSA key of 2048 bits or more, and renew it in time.',
    ],
  },
  F8: {
    title: 'Harden the configuration',
    steps: [
      'Compare the configuration with the supplier’s security guide.',
      'Switch off what the finding names: directory listing, wildcard origins, anonymous reading, verbose refusals.',
      'Set limits for connections, waiting times and message lengths.',
    ],
  },
  F9: {
    title: 'Quarantine and clean the files',
    steps: [
      'Move the files named to a place where no viewer or importer opens them.',
      'Find out which device or person brought them, and scan that one as well.',
      'Import again only what was checked: preamble cleared, active content removed, identifiers removed where they do not belong.',
    ],
  },
};
