import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'W14',
  name: 'is-orthanc-open',
  group: 'web',
  question: 'Is Orthanc’s own interface open?',
  title: 'Orthanc’s interface is open to strangers',
  sends: 'GET /system and OPTIONS /webdav/; no script is sent.',
  proof: '/system answers without a login; its switches and the DAV header say what else is on.',
  score: 9.8,
  references: ['C4', 'Ha', 'PR.AC-4', 'G32'],
  fixes: ['F8', 'F1'],
  why: 'Through it a stranger can list, download, change and delete studies, and with Lua switched on run programs.',
  fix: 'Set AuthenticationEnabled with own users, RemoteAccessAllowed false behind a proxy, ExecuteLuaEnabled and WebDavEnabled false.',
};
