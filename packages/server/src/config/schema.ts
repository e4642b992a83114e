import { isIP } from 'node:net';
import { z } from 'zod';
import { isPrivateAddress } from '../identity/private-address.ts';

/** Kept beside a key for the manual: who reads it, in which unit. */
type KeyNote = {
  readonly description: string;
  /** 'not yet': accepted and checked, but no part of the program acts on it. */
  readonly readBy: string;
};

function note(description: string, readBy: string): KeyNote {
  return { description, readBy };
}

/** 0 means any free port: for tests and trials. */
const port = z.number().int().min(0).max(65535);
const days = (max: number): z.ZodNumber => z.number().int().min(1).max(max);
const seconds = (max: number): z.ZodNumber => z.number().int().min(1).max(max);

const listenHost = z
  .string()
  .refine(
    (host) => isIP(host) !== 0 || host === 'localhost',
    'an IP address of this machine, or localhost; 0.0.0.0 and :: mean every address',
  );

/** The clear-text listener: law L1 leaves no other choice than a private or loopback address. */
const plainHost = z
  .string()
  .refine(
    (host) => host === 'localhost' || isPrivateAddress(host),
    'clear-text DICOM is spoken only on one private or loopback address of this machine (127.0.0.1, 10.x, ' +
      '172.16-31.x, 192.168.x, fc00::/7, link-local), never on 0.0.0.0 or a public one: name the address of the ' +
      'network the old device is in, or give the device a certificate',
  );

const aeTitle = z
  .string()
  .regex(
    /^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$/,
    '1 to 16 characters of ASCII without backslash (PS3.5, VR AE)',
  );

/** Everything that can be configured. Strict: a key that is not here is an error. Secrets are never here. */
export const configSchema = z.strictObject({
  aeTitle: aeTitle.default('LEADGLASS').meta(note('The AE title of this archive.', 'dimse')),
  dimse: z
    .strictObject({
      tls: z
        .strictObject({
          host: listenHost
            .default('127.0.0.1')
            .meta(
              note(
                'Address on which DICOM over mutual TLS is spoken. Devices elsewhere need the address of the network they are in, or 0.0.0.0 for all.',
                'dimse',
              ),
            ),
          port: port
            .default(2762)
            .meta(note('Port of DICOM over TLS (PS3.8 section 9.1.1 registers 2762 for it).', 'dimse')),
        })
        .prefault({}),
      plain: z
        .strictObject({
          host: plainHost
            .default('127.0.0.1')
            .meta(
              note(
                'Address on which clear-text DICOM is spoken with old devices that were named one by one. Nothing listens unless such a device is registered. Only a private or loopback address is accepted.',
                'dimse',
              ),
            ),
          port: port.default(11112).meta(note('Port of clear-text DICOM (PS3.8 registers 11112).', 'dimse')),
        })
        .prefault({}),
      associationsMax: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(256)
        .meta(
          note('Associations at the same time, all devices together; further ones are rejected.', 'dimse'),
        ),
      idleTimeoutSeconds: seconds(86_400)
        .default(60)
        .meta(note('An association on which nothing moves for this long is aborted.', 'dimse')),
    })
    .prefault({}),
  queries: z
    .strictObject({
      unconstrainedMaxMatches: z
        .number()
        .int()
        .min(0)
        .max(1_000_000)
        .default(500)
        .meta(
          note(
            'A query that narrows nothing is refused (A700, with what to narrow) when it has more matches than this.',
            'operations',
          ),
        ),
      burstMatches: z
        .number()
        .int()
        .min(1)
        .max(100_000_000)
        .default(200_000)
        .meta(note('Matches one device may draw at once after a quiet time.', 'operations')),
      matchesPerMinute: z
        .number()
        .int()
        .min(1)
        .max(100_000_000)
        .default(20_000)
        .meta(note('Matches that one device is given back each minute.', 'operations')),
    })
    .prefault({}),
  https: z
    .strictObject({
      host: listenHost.default('127.0.0.1').meta(note('Address of the web console and DICOMweb.', 'serve')),
      port: port
        .default(8443)
        .meta(
          note(
            'Port of the web console and DICOMweb. The first enrolment link is made with it.',
            'init, serve',
          ),
        ),
      publicAddress: z
        .string()
        .regex(
          /^https:\/\/[A-Za-z0-9.[\]:-]+(\/[A-Za-z0-9._~-]+)*$/,
          'https://, a host, a port and a path if there are any, no slash at the end',
        )
        .optional()
        .meta(
          note(
            'The address under which people and programs reach this archive; links in answers begin with it. Never taken from a request. Default: the first of certificates.serverHosts and the port.',
            'dicomweb',
          ),
        ),
      allowedOrigins: z
        .array(
          z.string().regex(/^https:\/\/[A-Za-z0-9.[\]:-]+$/, 'https://, a host, and a port if there is one'),
        )
        .max(64)
        .default([])
        .meta(
          note(
            'Web pages from elsewhere (CORS) that may use DICOMweb with a token of the person in front of them. None unless named here.',
            'dicomweb',
          ),
        ),
      connectionsMax: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(1024)
        .meta(note('Connections at the same time; further ones are closed at once.', 'dicomweb')),
      idleTimeoutSeconds: seconds(3600)
        .default(60)
        .meta(
          note(
            'A request or an answer that does not move for this long is cut off; so is an idle connection.',
            'dicomweb',
          ),
        ),
    })
    .prefault({}),
  dicomweb: z
    .strictObject({
      requestMaxBytes: z
        .number()
        .int()
        .min(1)
        .max(1_099_511_627_776)
        .default(17_179_869_184)
        .meta(note('The body of one STOW-RS request; more is answered 413.', 'dicomweb')),
      searchResultsMax: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(1000)
        .meta(
          note(
            'Results of one search; an answer that was cut says so (Warning: 299) and offset goes on.',
            'dicomweb',
          ),
        ),
      readyMetadataMaxBytes: z
        .number()
        .int()
        .min(0)
        .max(1_099_511_627_776)
        .default(536_870_912)
        .meta(
          note(
            'Metadata of series, kept on the disk as it is sent, encrypted, so that nothing need be read again: bytes of all of it. What was used least recently goes. 0: none is kept.',
            'dicomweb',
          ),
        ),
    })
    .prefault({}),
  imaging: z
    .strictObject({
      keepHTJ2K: z
        .boolean()
        .default(false)
        .meta(
          note(
            'Keep the frames of losslessly stored images in HTJ2K (RPCL) as well, for viewers that show an image while it arrives. Made in quiet moments; the original stays as it came and is what everybody else gets. When it is off again what was kept is removed.',
            'serve',
          ),
        ),
      htj2kMaxBytes: z
        .number()
        .int()
        .min(1)
        .max(1_099_511_627_776)
        .default(21_474_836_480)
        .meta(
          note(
            'With keepHTJ2K: bytes of all that is kept in HTJ2K. What was used least recently goes, and is encoded again when it is asked for.',
            'serve',
          ),
        ),
    })
    .prefault({}),
  keys: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .optional()
        .meta(
          note(
            'Path of the master key. It lies outside the data folder; only its place is written here. `--key-file` and LEADGLASS_KEY_FILE come first.',
            'every command that opens the archive',
          ),
        ),
    })
    .prefault({}),
  certificates: z
    .strictObject({
      serverHosts: z
        .array(z.string().min(1).max(253))
        .max(64)
        .default(['localhost', '127.0.0.1', '::1'])
        .meta(
          note(
            "DNS names and addresses in the archive's own certificate. After a change the next start issues a new one.",
            'serve',
          ),
        ),
      deviceValidityDays: days(3650)
        .default(825)
        .meta(note('How long a device certificate is valid.', 'device add, device renew')),
      renewalOverlapDays: days(365)
        .default(30)
        .meta(
          note(
            'After `device renew`: for how long the old certificate still opens the door.',
            'device renew',
          ),
        ),
    })
    .prefault({}),
});

/** The configuration after reading: complete, checked, frozen. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
/** What a file or the command line may say: any part of it. */
export type ConfigInput = z.input<typeof configSchema>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
