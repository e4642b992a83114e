import type { LetterText } from './letter-text.ts';

export const english: LetterText = {
  locale: 'en-GB',
  weakSubject: (owner) => `Weak points in medical image systems at ${owner}`,
  weakIntro: ({ runDay, scopeOwner }, systems) =>
    `On ${runDay}, in an audit for ${scopeOwner}, we looked at ${systems === 1 ? 'one system' : `${systems} systems`} of yours. None let us at images, but we found weak points that should be mended before somebody uses them.`,
  subject: (owner) => `Open access to medical images at ${owner}: please act today`,
  authoritySubject: (scopeOwner) => `Open medical image systems: report of ${scopeOwner}`,
  greeting: 'Dear Sir or Madam,',
  intro: ({ runDay, scopeOwner }, systems) =>
    `On ${runDay}, in an audit for ${scopeOwner}, we found ${systems === 1 ? 'one system' : `${systems} systems`} of yours on which strangers can do what only your own staff and devices should do. We write so that you can close this before somebody uses it.`,
  noPatientData:
    'We took no patient data. We asked for identifiers that exist nowhere, counted where we were allowed to, and stored, changed, moved and retrieved nothing.',
  foundHead: 'What we found',
  found: {
    A2: 'Any device may open a connection, whatever name it gives.',
    A3: 'The archive answers queries of strangers.',
    A4: 'The number of studies held can be found out from outside; names and dates would be readable the same way.',
    A5: 'Images can be retrieved by strangers.',
    W: 'Strangers can store objects in the archive.',
    H: 'Images or worklists are open in a web browser.',
    S: 'A file share is open to everybody.',
    reachable: 'The system answers from networks that should not reach it.',
    defaultLogin: 'A login that the supplier documents for everybody, or an empty one, works.',
    clearText: 'Data travel unencrypted, or with encryption that is no longer safe.',
    outdated: 'The software shows a version with published vulnerabilities, or one that gets no updates.',
    neighbours: 'A database or management service beside the archive is open.',
    files: 'Files hold programs, active content or identifiers that do not belong there.',
    other: 'The configuration gives away more than it should.',
  },
  onSystems: (count) => (count === 1 ? 'on one system' : `on ${count} systems`),
  recordsSeen: (count) => `Study records on open systems: ${count}.`,
  systemsHead: 'Systems concerned',
  moreSystems: (count) => `and ${count} more, listed in the report`,
  todoHead: 'What to do',
  todoFirst: 'Now: block these systems at the firewall. Nothing on the archive has to be changed for that.',
  todo: {
    F1: 'Take the systems off the internet; let people in through a VPN with a second factor.',
    F2: 'Put a gateway in front that demands a certificate of every caller.',
    F3: 'Allow known devices only, by name, address and certificate, and each only what it does.',
    F4: 'Require personal logins with a second factor; remove supplied accounts.',
    F5: 'Update the software, or isolate what gets no updates any more.',
    F6: 'Switch off services that nobody needs, or require a login.',
    F7: 'Encrypt all connections with TLS 1.2 or 1.3.',
    F8: 'Harden the configuration as the supplier’s security guide says.',
    F9: 'Put the files in quarantine and find out where they came from.',
  },
  keepLogs:
    'Keep all logs of the archive and the firewall: they answer whether somebody was there before us.',
  clocksHead: 'Deadlines that may run from now',
  clocksIntro: 'With this letter you know of the exposure. Please check with your data protection officer:',
  clocks: {
    GDPR: [
      '72 hours: notice to the supervisory authority (GDPR Article 33), and without undue delay to the people concerned when the risk is high (Article 34).',
      'Essential and important entities: early warning within 24 hours, notification within 72 hours, final report within one month (NIS2 Article 23).',
    ],
    'UK GDPR': [
      '72 hours: notice to the Information Commissioner (UK GDPR Article 33), and to the people concerned when the risk is high (Article 34).',
    ],
    HIPAA: [
      '60 days at most: notice to the people concerned, and with 500 people or more to HHS and the media (45 CFR 164.404, 164.406, 164.408). State law may ask for less.',
    ],
    other: ['Your national law on data protection and on health records; often 72 hours or less.'],
  },
  notLegalAdvice: 'This is no legal advice.',
  answer: (contact) =>
    `Please tell us that this reached you and when it is closed: ${contact}. We gladly answer questions, and keep this letter confidential.`,
  retest: 'We shall look again after 60 days at the latest.',
  writtenBy: ({ operator, scopeOwner, mandate }) => [
    `Written by: ${operator}`,
    `On behalf of: ${scopeOwner}`,
    ...(mandate === undefined ? [] : [`Mandate: ${mandate}`]),
  ],
  closing: 'Yours faithfully',
  authorityIntro: ({ runDay, scopeOwner }, owners, systems) =>
    `On ${runDay}, in an audit for ${scopeOwner}, we found ${systems} open medical image ${systems === 1 ? 'system' : 'systems'} of ${owners} ${owners === 1 ? 'owner' : 'owners'}. Each owner gets a notice from us.`,
  authorityOwnersHead: 'Owners and systems',
  authorityOwner: (owner, systems, records) =>
    `${owner}: ${systems} open ${systems === 1 ? 'system' : 'systems'}${records === undefined ? '' : `, ${records} study records`}`,
  authorityAsk:
    'We ask you to help where an owner does not answer, and to treat the addresses as confidential until they are closed.',
};
