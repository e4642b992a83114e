import { describe, expect, test } from 'vitest';
import { finding, report, system } from '../../findings/testing/small-report.ts';
import { fixCodes } from '../texts/fix-codes.ts';
import { attacks, hostileReport } from '../testing/hostile-report.ts';
import { sampleMetas } from '../testing/sample-metas.ts';
import { kinds, languages } from './letter-text.ts';
import { letterTexts } from './letter.ts';
import { letterFiles } from './write-letters.ts';

const metas = sampleMetas;

const audited = report(
  [
    system('192.0.2.10', {
      owner: 'Clinic North',
      accessClasses: ['A1', 'A2', 'A3', 'A4'],
      counts: { studies: { value: 12_345, isLowerBound: true } },
    }),
    system('192.0.2.20', { owner: 'Clinic South', country: 'US', accessClasses: ['A1'] }),
    system('192.0.2.30', { owner: 'Clinic Good' }),
  ],
  [
    finding('D05', '192.0.2.10', 'exposed', { evidence: { calledAETitle: 'NORTHPACS' } }),
    finding('T01', '192.0.2.20'),
    finding('D05', '192.0.2.30', 'protected'),
  ],
  { scope: { ...report([]).scope, operator: 'Erika Example', certMandate: 'CERT 2026/17' } },
);

function letterTo(owner: string, language: string, files = letterFiles(audited, { metas })): string {
  const found = [...files].find(([name]) => name.startsWith(owner) && name.endsWith(`.${language}.txt`));
  if (found === undefined) throw new Error(`no letter to ${owner} in ${language}`);
  return found[1];
}

describe('letters', () => {
  test('each owner with something to mend gets one in every language; who is well gets none', () => {
    const places = new Set([...letterFiles(audited, { metas }).keys()].map((name) => name.split('/')[0]));
    expect([...places]).toEqual([
      expect.stringMatching(/^clinic-north-/),
      expect.stringMatching(/^clinic-south-/),
      'authority',
    ]);
    expect(letterFiles(audited, { metas }).size).toBe(3 * languages.length * 2);
    expect(letterFiles(audited, { metas, languages: ['fr'] }).size).toBe(6);
  });

  test.each([
    ['en', '15 January 2026', '≥ 12,345', '72 hours'],
    ['de', '15. Januar 2026', '≥ 12.345', '72 Stunden'],
    ['fr', '15 janvier 2026', '≥ 12 345', '72 heures'],
    ['es', '15 de enero de 2026', '≥ 12.345', '72 horas'],
  ])(
    'in %s: what was found, what to do, the clocks, who wrote and by which mandate',
    (language, day, count, clock) => {
      const letter = letterTo('clinic-north', language).replace(/\s+/g, ' ');
      for (const part of [
        day,
        count,
        clock,
        '192.0.2.10',
        'Erika Example',
        'CERT 2026/17',
        'security@clinic.example',
        'D05',
      ]) {
        expect(letter).toContain(part);
      }
    },
  );

  test('an owner’s letter says nothing of another, and no letter repeats what a system said', () => {
    for (const [name, content] of letterFiles(audited, { metas })) {
      if (name.startsWith('clinic-north')) expect(content).not.toMatch(/South|192\.0\.2\.20/);
      if (name.startsWith('clinic-south')) expect(content).not.toMatch(/North|192\.0\.2\.10/);
      expect(content).not.toContain('NORTHPACS');
    }
  });

  test('the clocks are those of the country; nothing is called open that is not', () => {
    const south = letterTo('clinic-south', 'en');
    expect(south).toContain('60 days at most');
    expect(south).not.toContain('GDPR');
    expect(south).toContain('Weak points in medical image systems');
    expect(south).not.toContain('strangers can do');
  });

  test('a letter is a mail: lines of 76 columns, no control characters', () => {
    for (const [name, content] of letterFiles(audited, { metas })) {
      if (!name.endsWith('.txt')) continue;
      for (const line of content.split('\n')) expect(line.length, line).toBeLessThanOrEqual(76);
    }
    for (const attack of attacks) {
      for (const [name, content] of letterFiles(hostileReport(attack), { metas, languages: ['en'] })) {
        expect(name).toMatch(/^[a-z0-9-]+\/letter\.en\.(txt|html)$/);
        expect(content).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
      }
    }
  });

  test('every language says everything, in words of its own', () => {
    const english = letterTexts.en;
    for (const language of languages) {
      const text = letterTexts[language];
      for (const kind of kinds) expect(text.found[kind].length).toBeGreaterThan(20);
      for (const fix of fixCodes) expect(text.todo[fix].length).toBeGreaterThan(20);
      if (language === 'en') continue;
      for (const kind of kinds) expect(text.found[kind]).not.toBe(english.found[kind]);
      for (const fix of fixCodes) expect(text.todo[fix]).not.toBe(english.todo[fix]);
    }
  });
});
