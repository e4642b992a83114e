import type { LetterText } from './letter-text.ts';

export const spanish: LetterText = {
  locale: 'es-ES',
  weakSubject: (owner) => `Puntos débiles en sistemas de imagen médica de ${owner}`,
  weakIntro: ({ runDay, scopeOwner }, systems) =>
    `El ${runDay}, en una auditoría para ${scopeOwner}, examinamos ${systems === 1 ? 'un sistema' : `${systems} sistemas`} de su responsabilidad. Ninguno nos dio acceso a imágenes, pero encontramos puntos débiles que conviene corregir antes de que alguien los aproveche.`,
  subject: (owner) => `Acceso abierto a imágenes médicas en ${owner}: le rogamos que actúe hoy`,
  authoritySubject: (scopeOwner) => `Sistemas de imagen médica abiertos: aviso de ${scopeOwner}`,
  greeting: 'Estimados señores y señoras:',
  intro: ({ runDay, scopeOwner }, systems) =>
    `El ${runDay}, en una auditoría para ${scopeOwner}, encontramos ${systems === 1 ? 'un sistema' : `${systems} sistemas`} de su responsabilidad en los que cualquier extraño puede hacer lo que solo deberían poder hacer su personal y sus equipos. Les escribimos para que puedan cerrarlo antes de que alguien lo aproveche.`,
  noPatientData:
    'No hemos tomado ningún dato de pacientes. Preguntamos por identificadores que no existen, contamos solo donde se nos permitió, y no guardamos, cambiamos, movimos ni descargamos nada.',
  foundHead: 'Qué encontramos',
  found: {
    A2: 'Cualquier equipo puede abrir una conexión, sea cual sea el nombre que dé.',
    A3: 'El archivo responde a consultas de extraños.',
    A4: 'Desde fuera se puede saber cuántos estudios hay; nombres y fechas se podrían leer del mismo modo.',
    A5: 'Extraños pueden descargar las imágenes.',
    W: 'Extraños pueden guardar objetos en el archivo.',
    H: 'Hay imágenes o listas de trabajo abiertas en un navegador.',
    S: 'Hay una carpeta compartida abierta a todos.',
    reachable: 'El sistema responde desde redes que no deberían alcanzarlo.',
    defaultLogin: 'Funciona un acceso que el proveedor documenta para todos, o uno vacío.',
    clearText: 'Los datos viajan sin cifrar, o con un cifrado que ya no es seguro.',
    outdated: 'El programa muestra una versión con vulnerabilidades publicadas, o sin actualizaciones.',
    neighbours: 'Está abierta una base de datos o un servicio de administración junto al archivo.',
    files: 'Hay archivos con programas, contenido activo o identificadores que no deberían estar ahí.',
    other: 'La configuración revela más de lo debido.',
  },
  onSystems: (count) => (count === 1 ? 'en un sistema' : `en ${count} sistemas`),
  recordsSeen: (count) => `Estudios en sistemas abiertos: ${count}.`,
  systemsHead: 'Sistemas afectados',
  moreSystems: (count) => `y ${count} más, véase el informe`,
  todoHead: 'Qué hacer',
  todoFirst:
    'Ahora: bloqueen estos sistemas en el cortafuegos. Para ello no hay que cambiar nada en el archivo.',
  todo: {
    F1: 'Retiren los sistemas de internet; acceso exterior por VPN con segundo factor.',
    F2: 'Pongan delante una pasarela que exija un certificado a quien llame.',
    F3: 'Permitan solo equipos conocidos, por nombre, dirección y certificado, y a cada uno solo su tarea.',
    F4: 'Exijan cuentas personales con segundo factor; eliminen las cuentas de fábrica.',
    F5: 'Actualicen el programa, o aíslen lo que ya no recibe actualizaciones.',
    F6: 'Apaguen los servicios que nadie necesita, o exijan autenticación.',
    F7: 'Cifren todas las conexiones con TLS 1.2 o 1.3.',
    F8: 'Refuercen la configuración según la guía de seguridad del proveedor.',
    F9: 'Pongan los archivos en cuarentena y averigüen su origen.',
  },
  keepLogs:
    'Conserven todos los registros del archivo y del cortafuegos: dirán si alguien estuvo antes que nosotros.',
  clocksHead: 'Plazos que pueden correr desde ahora',
  clocksIntro:
    'Con esta carta conocen ustedes la exposición. Compruébenlo con su delegado de protección de datos:',
  clocks: {
    GDPR: [
      '72 horas: notificación a la autoridad de control (artículo 33 del RGPD) y, si el riesgo es alto, comunicación a los interesados sin dilación indebida (artículo 34).',
      'Entidades esenciales e importantes: alerta temprana en 24 horas, notificación en 72 horas, informe final en un mes (artículo 23 de NIS 2).',
    ],
    'UK GDPR': [
      '72 horas: notificación al Information Commissioner (UK GDPR, artículo 33) y, si el riesgo es alto, a los interesados (artículo 34).',
    ],
    HIPAA: [
      '60 días como máximo: notificación a los afectados y, a partir de 500 personas, al HHS y a los medios (45 CFR 164.404, 164.406, 164.408). Los estados pueden fijar plazos más cortos.',
    ],
    other: ['Su derecho nacional de protección de datos y de historias clínicas; a menudo 72 horas o menos.'],
  },
  notLegalAdvice: 'Esto no es asesoramiento jurídico.',
  answer: (contact) =>
    `Les rogamos que nos confirmen que han recibido esta carta y cuándo quedará cerrado: ${contact}. Con gusto respondemos a sus preguntas y tratamos esta carta con confidencialidad.`,
  retest: 'Volveremos a comprobarlo a más tardar dentro de 60 días.',
  writtenBy: ({ operator, scopeOwner, mandate }) => [
    `Escrito por: ${operator}`,
    `Por encargo de: ${scopeOwner}`,
    ...(mandate === undefined ? [] : [`Mandato: ${mandate}`]),
  ],
  closing: 'Atentamente',
  authorityIntro: ({ runDay, scopeOwner }, owners, systems) =>
    `El ${runDay}, en una auditoría para ${scopeOwner}, encontramos ${systems === 1 ? 'un sistema de imagen médica abierto' : `${systems} sistemas de imagen médica abiertos`} de ${owners === 1 ? 'un responsable' : `${owners} responsables`}. Cada responsable recibe un aviso nuestro.`,
  authorityOwnersHead: 'Responsables y sistemas',
  authorityOwner: (owner, systems, records) =>
    `${owner}: ${systems === 1 ? 'un sistema abierto' : `${systems} sistemas abiertos`}${records === undefined ? '' : `, ${records} estudios`}`,
  authorityAsk:
    'Les pedimos ayuda cuando un responsable no conteste, y que traten las direcciones como confidenciales hasta que estén cerradas.',
};
