import { ReportError } from '../findings/index.ts';

/** Encrypts files for their readers; each name then ends in the suffix. */
export interface FileEncrypter {
  readonly suffix: '.age' | '.cms';
  encrypt(content: Uint8Array): Promise<Uint8Array>;
}

/**
 * For age recipients (`age1...`), or for the holders of certificates (PEM); never for both, because one file has one
 * form. What encrypts is loaded when it is needed: it is a third of the program's modules.
 * @throws ReportError BAD_RECIPIENT
 */
export async function fileEncrypterFor(recipients: readonly string[], now: Date): Promise<FileEncrypter> {
  const certificates = recipients.filter((recipient) => recipient.includes('-----BEGIN'));
  if (certificates.length === 0) return ageEncrypterFor(recipients);
  if (certificates.length < recipients.length) {
    throw new ReportError('BAD_RECIPIENT', 'age recipients and certificates cannot be mixed');
  }
  const { cmsEncrypterFor } = await import('./encrypt-cms.ts');
  const encrypter = cmsEncrypterFor(certificates, now);
  return { suffix: '.cms', encrypt: async (content) => encrypter.encrypt(content) };
}

async function ageEncrypterFor(recipients: readonly string[]): Promise<FileEncrypter> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // A secret key pasted by mistake must not be repeated in a message.
      throw new ReportError('BAD_RECIPIENT', `recipient ${index + 1} is no age recipient (age1...)`);
    }
  }
  return { suffix: '.age', encrypt: (content) => encrypter.encrypt(content) };
}
