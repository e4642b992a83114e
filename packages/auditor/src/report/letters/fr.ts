import type { LetterText } from './letter-text.ts';

export const french: LetterText = {
  locale: 'fr-FR',
  weakSubject: (owner) => `Points faibles de systèmes d’imagerie médicale chez ${owner}`,
  weakIntro: ({ runDay, scopeOwner }, systems) =>
    `Le ${runDay}, lors d’un audit réalisé pour ${scopeOwner}, nous avons examiné ${systems === 1 ? 'un système' : `${systems} systèmes`} sous votre responsabilité. Aucun ne nous a donné accès aux images, mais nous avons trouvé des points faibles à corriger avant que quelqu’un n’en profite.`,
  subject: (owner) => `Accès ouvert à des images médicales chez ${owner} : merci d’agir aujourd’hui`,
  authoritySubject: (scopeOwner) => `Systèmes d’imagerie médicale ouverts : signalement de ${scopeOwner}`,
  greeting: 'Madame, Monsieur,',
  intro: ({ runDay, scopeOwner }, systems) =>
    `Le ${runDay}, lors d’un audit réalisé pour ${scopeOwner}, nous avons trouvé ${systems === 1 ? 'un système' : `${systems} systèmes`} sous votre responsabilité où des inconnus peuvent faire ce qui devrait être réservé à votre personnel et à vos appareils. Nous vous écrivons pour que vous puissiez y remédier avant que quelqu’un n’en profite.`,
  noPatientData:
    'Nous n’avons pris aucune donnée de patient. Nous avons demandé des identifiants qui n’existent nulle part, compté seulement là où nous y étions autorisés, et rien stocké, modifié, déplacé ni récupéré.',
  foundHead: 'Ce que nous avons trouvé',
  found: {
    A2: 'Tout appareil peut ouvrir une connexion, quel que soit le nom qu’il donne.',
    A3: 'L’archive répond aux requêtes d’inconnus.',
    A4: 'Le nombre d’examens conservés peut être connu de l’extérieur ; noms et dates seraient lisibles de la même façon.',
    A5: 'Des inconnus peuvent récupérer les images.',
    W: 'Des inconnus peuvent déposer des objets dans l’archive.',
    H: 'Des images ou des listes de travail sont ouvertes dans un navigateur.',
    S: 'Un partage de fichiers est ouvert à tous.',
    reachable: 'Le système répond depuis des réseaux qui ne devraient pas l’atteindre.',
    defaultLogin: 'Un identifiant documenté par le fournisseur, ou vide, fonctionne.',
    clearText: 'Les données circulent sans chiffrement, ou avec un chiffrement qui n’est plus sûr.',
    outdated:
      'Le logiciel affiche une version aux vulnérabilités publiées, ou qui ne reçoit plus de mises à jour.',
    neighbours: 'Une base de données ou un service d’administration à côté de l’archive est ouvert.',
    files:
      'Des fichiers contiennent des programmes, du contenu actif ou des identifiants qui n’y ont pas leur place.',
    other: 'La configuration révèle plus qu’elle ne devrait.',
  },
  onSystems: (count) => (count === 1 ? 'sur un système' : `sur ${count} systèmes`),
  recordsSeen: (count) => `Examens sur des systèmes ouverts : ${count}.`,
  systemsHead: 'Systèmes concernés',
  moreSystems: (count) => `et ${count} autres, voir le rapport`,
  todoHead: 'Que faire',
  todoFirst:
    'Maintenant : bloquez ces systèmes au pare-feu. Rien ne doit être modifié sur l’archive pour cela.',
  todo: {
    F1: 'Retirez les systèmes d’internet ; accès extérieur par VPN avec un second facteur.',
    F2: 'Placez devant une passerelle qui exige un certificat de chaque appelant.',
    F3: 'N’autorisez que les appareils connus, par nom, adresse et certificat, et chacun pour sa seule tâche.',
    F4: 'Exigez des comptes personnels avec un second facteur ; supprimez les comptes d’origine.',
    F5: 'Mettez le logiciel à jour, ou isolez ce qui ne reçoit plus de mises à jour.',
    F6: 'Arrêtez les services inutiles, ou exigez une authentification.',
    F7: 'Chiffrez toutes les connexions avec TLS 1.2 ou 1.3.',
    F8: 'Durcissez la configuration selon le guide de sécurité du fournisseur.',
    F9: 'Mettez les fichiers en quarantaine et cherchez leur origine.',
  },
  keepLogs:
    'Conservez tous les journaux de l’archive et du pare-feu : ils diront si quelqu’un est passé avant nous.',
  clocksHead: 'Délais qui peuvent courir dès maintenant',
  clocksIntro:
    'Par cette lettre, vous avez connaissance de l’exposition. Merci de vérifier avec votre délégué à la protection des données :',
  clocks: {
    GDPR: [
      '72 heures : notification à l’autorité de contrôle (article 33 du RGPD) et, si le risque est élevé, communication aux personnes concernées dans les meilleurs délais (article 34).',
      'Entités essentielles et importantes : alerte précoce sous 24 heures, notification sous 72 heures, rapport final sous un mois (article 23 de NIS 2).',
    ],
    'UK GDPR': [
      '72 heures : notification à l’Information Commissioner (UK GDPR, article 33) et, si le risque est élevé, aux personnes concernées (article 34).',
    ],
    HIPAA: [
      '60 jours au plus : notification aux personnes concernées et, à partir de 500 personnes, au HHS et aux médias (45 CFR 164.404, 164.406, 164.408). Les États peuvent fixer des délais plus courts.',
    ],
    other: [
      'Votre droit national de la protection des données et des dossiers médicaux ; souvent 72 heures ou moins.',
    ],
  },
  notLegalAdvice: 'Ceci n’est pas un avis juridique.',
  answer: (contact) =>
    `Merci de nous dire que cette lettre vous est parvenue et quand l’accès sera fermé : ${contact}. Nous répondons volontiers à vos questions et traitons ce courrier de façon confidentielle.`,
  retest: 'Nous vérifierons de nouveau dans 60 jours au plus tard.',
  writtenBy: ({ operator, scopeOwner, mandate }) => [
    `Rédigé par : ${operator}`,
    `Pour le compte de : ${scopeOwner}`,
    ...(mandate === undefined ? [] : [`Mandat : ${mandate}`]),
  ],
  closing: 'Veuillez agréer, Madame, Monsieur, nos salutations distinguées.',
  authorityIntro: ({ runDay, scopeOwner }, owners, systems) =>
    `Le ${runDay}, lors d’un audit réalisé pour ${scopeOwner}, nous avons trouvé ${systems === 1 ? 'un système d’imagerie médicale ouvert' : `${systems} systèmes d’imagerie médicale ouverts`} chez ${owners === 1 ? 'un exploitant' : `${owners} exploitants`}. Chaque exploitant reçoit un avis de notre part.`,
  authorityOwnersHead: 'Exploitants et systèmes',
  authorityOwner: (owner, systems, records) =>
    `${owner} : ${systems === 1 ? 'un système ouvert' : `${systems} systèmes ouverts`}${records === undefined ? '' : `, ${records} examens`}`,
  authorityAsk:
    'Nous vous prions de nous aider lorsqu’un exploitant ne répond pas, et de garder les adresses confidentielles jusqu’à leur fermeture.',
};
