import { X509Certificate, constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import {
  CMSVersion,
  ContentInfo,
  EncryptedContent,
  EncryptedContentInfo,
  IssuerAndSerialNumber,
  KeyTransRecipientInfo,
  RecipientIdentifier,
  RecipientInfo,
  RecipientInfos,
} from '@peculiar/asn1-cms';
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Certificate } from '@peculiar/asn1-x509';
import { ReportError } from '../findings/index.ts';

/** Shortest RSA key that still protects (NIST SP 800-131A). */
const RSA_BITS_MIN = 2_048;
const KEY_BYTES = 32;
/** RFC 5084 3.2: twelve octets are recommended, and sixteen of tag are the most. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const OID = {
  data: '1.2.840.113549.1.7.1',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  aes256Gcm: '2.16.840.1.101.3.4.1.46',
  rsaesOaep: '1.2.840.113549.1.1.7',
} as const;

/** RSAES-OAEP-params (RFC 4055 4.1): SHA-256, MGF1 with SHA-256, no label. */
const OAEP_SHA_256 = Buffer.from(
  '302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500',
  'hex',
);

/** AuthEnvelopedData (RFC 5083 2.1), without originator and attributes: the content is plain data. */
class AuthEnvelopedData {
  version: CMSVersion = CMSVersion.v0;
  recipientInfos = new RecipientInfos();
  authEncryptedContentInfo = new EncryptedContentInfo();
  mac = new OctetString();
}
AsnProp({ type: AsnPropTypes.Integer })(AuthEnvelopedData.prototype, 'version');
AsnProp({ type: RecipientInfos })(AuthEnvelopedData.prototype, 'recipientInfos');
AsnProp({ type: EncryptedContentInfo })(AuthEnvelopedData.prototype, 'authEncryptedContentInfo');
AsnProp({ type: OctetString })(AuthEnvelopedData.prototype, 'mac');

/** Encrypts for everybody whose certificate it was made with. */
export interface CmsEncrypter {
  /** A CMS message in DER, for `openssl cms -decrypt -inform DER` and programs like it. */
  encrypt(content: Uint8Array): Uint8Array;
}

/**
 * CMS for the holders of certificates: AES-256-GCM under a fresh key, which is wrapped for each with RSA-OAEP. GCM, and
 * so AuthEnvelopedData, because what S/MIME used before (CBC) lets others alter a message unnoticed.
 * @param certificates PEM
 * @throws ReportError BAD_RECIPIENT, before anything is encrypted
 */
export function cmsEncrypterFor(certificates: readonly string[], now: Date): CmsEncrypter {
  const recipients = certificates.map((pem, index) => recipientOf(pem, index, now));
  return {
    encrypt(content) {
      const key = randomBytes(KEY_BYTES);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
      const message = new AuthEnvelopedData();
      message.recipientInfos = new RecipientInfos(recipients.map((wrap) => wrap(key)));
      message.authEncryptedContentInfo = new EncryptedContentInfo({
        contentType: OID.data,
        contentEncryptionAlgorithm: new AlgorithmIdentifier({
          algorithm: OID.aes256Gcm,
          parameters: exact(gcmParameters(nonce)),
        }),
        encryptedContent: new EncryptedContent({ value: new OctetString(exact(encrypted)) }),
      });
      message.mac = new OctetString(exact(cipher.getAuthTag()));
      key.fill(0);
      const info = new ContentInfo({
        contentType: OID.authEnvelopedData,
        content: AsnConvert.serialize(message),
      });
      return new Uint8Array(AsnConvert.serialize(info));
    },
  };
}

/** GCMParameters (RFC 5084 3.2): nonce, and the tag's length in octets. */
function gcmParameters(nonce: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([0x30, 0x11, 0x04, NONCE_BYTES]),
    nonce,
    Buffer.from([0x02, 1, TAG_BYTES]),
  ]);
}

/** Wraps a key for the holder of one certificate. */
function recipientOf(pem: string, index: number, now: Date): (key: Uint8Array) => RecipientInfo {
  const refused = (why: string): ReportError =>
    new ReportError('BAD_RECIPIENT', `certificate ${index + 1} ${why}`);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    // Whoever names a private key by mistake must not see it repeated.
    throw refused('is no certificate in PEM');
  }
  const { publicKey, raw, validToDate } = certificate;
  if (validToDate < now) throw refused('has expired');
  if (publicKey.asymmetricKeyType !== 'rsa') throw refused('has no RSA key; for others use age');
  if ((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw refused(`has an RSA key of less than ${RSA_BITS_MIN} bits`);
  }
  const { tbsCertificate } = AsnConvert.parse(exact(raw), Certificate);
  const rid = new RecipientIdentifier({
    issuerAndSerialNumber: new IssuerAndSerialNumber({
      issuer: tbsCertificate.issuer,
      serialNumber: tbsCertificate.serialNumber,
    }),
  });
  return (key) =>
    new RecipientInfo({
      ktri: new KeyTransRecipientInfo({
        version: CMSVersion.v0,
        rid,
        keyEncryptionAlgorithm: new AlgorithmIdentifier({
          algorithm: OID.rsaesOaep,
          parameters: exact(OAEP_SHA_256),
        }),
        encryptedKey: new OctetString(
          exact(
            publicEncrypt(
              { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
              key,
            ),
          ),
        ),
      }),
    });
}

/** A buffer of Node's may be a window into a larger one; the schema library wants exactly the bytes. */
function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
