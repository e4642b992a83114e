/** A login that a product's own documentation names. */
export interface DefaultLogin {
  readonly user: string;
  readonly password: string;
  /** Realm of Keycloak in which the account lives; undefined for a login by HTTP. */
  readonly realm?: string;
}

/** By product as the table of fingerprints calls it; one password an account, never a second. */
export const defaultLogins: Readonly<Record<string, readonly DefaultLogin[]>> = {
  Orthanc: [{ user: 'orthanc', password: 'orthanc' }],
  'dcm4chee-arc': [
    // Before Keycloak the archive had one account; with it the LDAP image brings four.
    { user: 'admin', password: 'admin' },
    { user: 'user', password: 'changeit', realm: 'dcm4che' },
    { user: 'admin', password: 'changeit', realm: 'dcm4che' },
    { user: 'root', password: 'changeit', realm: 'dcm4che' },
    { user: 'keycloak-admin', password: 'changeit', realm: 'master' },
  ],
};
