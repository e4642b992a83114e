import { describe, expect, test } from 'vitest';
import { Tag } from '@leadglass/dicom';
import { buildFile, changed, exposedBy } from '../../files/testing/build-file.ts';

const fileWith = (text: string, tag: number = Tag.ImageComments): Uint8Array =>
  buildFile({
    dataSet: changed((dataSet) => dataSet.set(tag, text, tag === Tag.ImageComments ? 'LT' : 'LO')),
  });

describe('P08: text that acts where it is shown (CWE-79, CWE-89, CWE-134)', () => {
  test.each([
    ['script', '<script>alert(1)</script>'],
    ['script', '<img src=x onerror=alert(1)>'],
    ['script', 'javascript:alert(1)'],
    ['sql', "x' OR '1'='1"],
    ['sql', "Robert'); DROP TABLE students;--'; drop table x"],
    ['sql', '1 UNION SELECT name FROM users'],
    ['format', '%s%s%s%n'],
    ['template', '${jndi:ldap://x}'],
    ['template', '{{7*7}}'],
    ['shell', '$(id)'],
    ['shell', '; rm -rf /'],
    ['formula', '=cmd|x'],
    ['terminal', '\u001b]0;title\u0007'],
  ])('%s: %j', async (kind, text) => {
    expect(await exposedBy('P08', fileWith(text))).toContain(kind);
  });

  test('in private text too, where it runs', async () => {
    const privateFile = (text: string): Uint8Array =>
      buildFile({
        dataSet: changed((dataSet) => {
          dataSet.set(0x00290010, 'ACME', 'LO');
          dataSet.set(0x00291001, text, 'LO');
        }),
      });
    expect(await exposedBy('P08', privateFile('<script>x</script>'))).toEqual(['script']);
    expect(await exposedBy('P08', privateFile('<object name="${protocol}">'))).toEqual([]);
  });

  test.each([
    "O'Brien, 50% stenosis; insert catheter & review",
    'T1 < T2, BMI > 30; A=B',
    'dose: 5 mg/kg @ 10:30',
    'union of the fracture; select views',
    'on loading the joint = pain',
    'Müller-Straße, 中文, 山田^太郎',
  ])('what people write: silent: %j', async (text) => {
    expect(await exposedBy('P08', fileWith(text))).toEqual([]);
  });

  test('a clean image: silent', async () => {
    expect(await exposedBy('P08', buildFile())).toEqual([]);
  });
});
