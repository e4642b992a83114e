import type { CheckMeta } from '../../findings/index.ts';

export const meta: CheckMeta = {
  id: 'X05',
  name: 'is-a-remote-screen-open',
  group: 'neighbours',
  question: 'Is a screen reachable by RDP without NLA, or by VNC without a password?',
  title: 'The screen of a computer can be reached without a login',
  sends:
    'RDP connection requests without network level authentication; for VNC the version line. Nothing is chosen.',
  proof: 'RDP goes on without NLA, or VNC offers the security type None.',
  score: 9.8,
  references: ['PR.AC-3', 'C4'],
  fixes: ['F6'],
  why: 'With VNC type None a stranger sits at the workstation and sees patients; RDP without NLA shows its login screen, and faults such as BlueKeep, to everybody.',
  fix: 'Require NLA (Windows: System Properties, Remote) and reach RDP only through a VPN; turn VNC off or give it a password and a tunnel.',
};
