import type { LetterText } from './letter-text.ts';

export const german: LetterText = {
  locale: 'de-DE',
  weakSubject: (owner) => `Schwachstellen in medizinischen Bildsystemen bei ${owner}`,
  weakIntro: ({ runDay, scopeOwner }, systems) =>
    `bei einer Prüfung für ${scopeOwner} haben wir am ${runDay} ${systems === 1 ? 'ein System' : `${systems} Systeme`} in Ihrer Verantwortung angesehen. Keines ließ uns an Bilder, doch wir haben Schwachstellen gefunden, die behoben werden sollten, bevor jemand sie ausnutzt.`,
  subject: (owner) => `Offener Zugriff auf medizinische Bilder bei ${owner}: bitte heute handeln`,
  authoritySubject: (scopeOwner) => `Offene medizinische Bildsysteme: Meldung von ${scopeOwner}`,
  greeting: 'Sehr geehrte Damen und Herren,',
  intro: ({ runDay, scopeOwner }, systems) =>
    `bei einer Prüfung für ${scopeOwner} haben wir am ${runDay} ${systems === 1 ? 'ein System' : `${systems} Systeme`} in Ihrer Verantwortung gefunden, auf ${systems === 1 ? 'dem' : 'denen'} Fremde tun können, was nur Ihrem Personal und Ihren Geräten erlaubt sein sollte. Wir schreiben Ihnen, damit Sie dies schließen können, bevor jemand es ausnutzt.`,
  noPatientData:
    'Wir haben keine Patientendaten entnommen. Wir haben nach Kennungen gefragt, die es nirgends gibt, nur gezählt, wo es uns erlaubt war, und nichts gespeichert, geändert, verschoben oder abgerufen.',
  foundHead: 'Was wir gefunden haben',
  found: {
    A2: 'Jedes Gerät darf eine Verbindung aufbauen, gleich welchen Namen es angibt.',
    A3: 'Das Archiv beantwortet Anfragen von Fremden.',
    A4: 'Die Zahl der gespeicherten Untersuchungen lässt sich von außen ermitteln; Namen und Daten wären auf demselben Weg lesbar.',
    A5: 'Bilder können von Fremden abgerufen werden.',
    W: 'Fremde können Objekte im Archiv ablegen.',
    H: 'Bilder oder Arbeitslisten stehen im Webbrowser offen.',
    S: 'Eine Dateifreigabe ist für alle offen.',
    reachable: 'Das System antwortet aus Netzen, die es nicht erreichen sollten.',
    defaultLogin: 'Eine vom Hersteller allgemein dokumentierte oder leere Anmeldung funktioniert.',
    clearText:
      'Daten werden unverschlüsselt übertragen oder mit einer Verschlüsselung, die nicht mehr sicher ist.',
    outdated:
      'Die Software zeigt eine Version mit veröffentlichten Schwachstellen oder ohne weitere Updates.',
    neighbours: 'Eine Datenbank oder ein Verwaltungsdienst neben dem Archiv ist offen.',
    files: 'Dateien enthalten Programme, aktive Inhalte oder Kennungen, die dort nicht hingehören.',
    other: 'Die Konfiguration gibt mehr preis, als sie sollte.',
  },
  onSystems: (count) => (count === 1 ? 'auf einem System' : `auf ${count} Systemen`),
  recordsSeen: (count) => `Untersuchungen auf offenen Systemen: ${count}.`,
  systemsHead: 'Betroffene Systeme',
  moreSystems: (count) => `und ${count} weitere, siehe Bericht`,
  todoHead: 'Was zu tun ist',
  todoFirst:
    'Sofort: Sperren Sie diese Systeme an der Firewall. Am Archiv selbst muss dafür nichts geändert werden.',
  todo: {
    F1: 'Nehmen Sie die Systeme aus dem Internet; Zugang von außen nur über ein VPN mit zweitem Faktor.',
    F2: 'Setzen Sie ein Gateway davor, das von jedem Gegenüber ein Zertifikat verlangt.',
    F3: 'Lassen Sie nur bekannte Geräte zu, nach Name, Adresse und Zertifikat, und jedes nur für seine Aufgabe.',
    F4: 'Verlangen Sie persönliche Anmeldungen mit zweitem Faktor; entfernen Sie mitgelieferte Konten.',
    F5: 'Aktualisieren Sie die Software, oder trennen Sie ab, was keine Updates mehr erhält.',
    F6: 'Schalten Sie nicht benötigte Dienste ab, oder verlangen Sie eine Anmeldung.',
    F7: 'Verschlüsseln Sie alle Verbindungen mit TLS 1.2 oder 1.3.',
    F8: 'Härten Sie die Konfiguration nach der Sicherheitsanleitung des Herstellers.',
    F9: 'Stellen Sie die Dateien unter Quarantäne und klären Sie ihre Herkunft.',
  },
  keepLogs:
    'Bewahren Sie alle Protokolle des Archivs und der Firewall auf: Sie beantworten, ob vor uns schon jemand dort war.',
  clocksHead: 'Fristen, die ab jetzt laufen können',
  clocksIntro:
    'Mit diesem Brief haben Sie Kenntnis. Bitte prüfen Sie mit Ihrer oder Ihrem Datenschutzbeauftragten:',
  clocks: {
    GDPR: [
      '72 Stunden: Meldung an die Aufsichtsbehörde (Artikel 33 DSGVO) und bei hohem Risiko unverzüglich an die Betroffenen (Artikel 34).',
      'Wesentliche und wichtige Einrichtungen: Frühwarnung binnen 24 Stunden, Meldung binnen 72 Stunden, Abschlussbericht binnen eines Monats (Artikel 23 NIS-2).',
    ],
    'UK GDPR': [
      '72 Stunden: Meldung an den Information Commissioner (UK GDPR Artikel 33) und bei hohem Risiko an die Betroffenen (Artikel 34).',
    ],
    HIPAA: [
      'Höchstens 60 Tage: Mitteilung an die Betroffenen, ab 500 Personen auch an HHS und die Medien (45 CFR 164.404, 164.406, 164.408). Bundesstaaten können kürzere Fristen setzen.',
    ],
    other: ['Ihr nationales Recht zu Datenschutz und Patientenakten; oft 72 Stunden oder weniger.'],
  },
  notLegalAdvice: 'Dies ist keine Rechtsberatung.',
  answer: (contact) =>
    `Bitte teilen Sie uns mit, dass dieser Brief Sie erreicht hat und wann die Lücke geschlossen ist: ${contact}. Fragen beantworten wir gern; den Inhalt behandeln wir vertraulich.`,
  retest: 'Spätestens nach 60 Tagen sehen wir noch einmal nach.',
  writtenBy: ({ operator, scopeOwner, mandate }) => [
    `Geschrieben von: ${operator}`,
    `Im Auftrag von: ${scopeOwner}`,
    ...(mandate === undefined ? [] : [`Mandat: ${mandate}`]),
  ],
  closing: 'Mit freundlichen Grüßen',
  authorityIntro: ({ runDay, scopeOwner }, owners, systems) =>
    `bei einer Prüfung für ${scopeOwner} haben wir am ${runDay} ${systems === 1 ? 'ein offenes medizinisches Bildsystem' : `${systems} offene medizinische Bildsysteme`} bei ${owners === 1 ? 'einem Betreiber' : `${owners} Betreibern`} gefunden. Jeder Betreiber erhält einen Hinweis von uns.`,
  authorityOwnersHead: 'Betreiber und Systeme',
  authorityOwner: (owner, systems, records) =>
    `${owner}: ${systems === 1 ? 'ein offenes System' : `${systems} offene Systeme`}${records === undefined ? '' : `, ${records} Untersuchungen`}`,
  authorityAsk:
    'Wir bitten um Ihre Hilfe, wo ein Betreiber nicht antwortet, und darum, die Adressen vertraulich zu behandeln, bis sie geschlossen sind.',
};
