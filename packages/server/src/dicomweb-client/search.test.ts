import { afterEach, describe, expect, test } from 'vitest';
import { type Search, searchRecords } from './search.ts';
import { answerJSON, FakeService } from './testing/fake-service.ts';

let service: FakeService;
afterEach(() => service.close());

const record = (number: number): object => ({ '0020000D': { vr: 'UI', Value: [`2.25.${number}`] } });

async function uidsOf(search: Partial<Search> = {}, onWarning?: (text: string) => void): Promise<unknown[]> {
  const found: unknown[] = [];
  const whole = { level: 'study', limit: 100, ...search } as const;
  for await (const one of searchRecords(service.connect(), whole, onWarning))
    found.push(one['0020000D']?.Value?.[0]);
  return found;
}

describe('searching (PS3.18 10.6)', () => {
  test('page after page, as long as the server gives any, whatever size its pages have', async () => {
    service = await FakeService.start((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost');
      const offset = Number(searchParams.get('offset') ?? 0);
      const page = Array.from({ length: Math.max(0, Math.min(3, 7 - offset)) }, (_, index) =>
        record(offset + index),
      );
      if (page.length === 0) response.writeHead(204).end();
      else answerJSON(response, page);
    });
    expect(await uidsOf()).toEqual([0, 1, 2, 3, 4, 5, 6].map((number) => `2.25.${number}`));
    service.asked.length = 0;
    expect(await uidsOf({ limit: 4 })).toHaveLength(4);
    expect(service.asked).toEqual([
      'GET /dicom-web/studies?limit=4',
      'GET /dicom-web/studies?limit=1&offset=3',
    ]);
  });

  test('a server that pays no heed to offset or limit ends it', async () => {
    service = await FakeService.start((_request, response) => answerJSON(response, [0, 1, 2].map(record)));
    expect(await uidsOf()).toHaveLength(3);
    expect(await uidsOf({ limit: 2 })).toHaveLength(2);
    expect(service.asked.length).toBeLessThan(5);
  });

  test('values are escaped; by POST they stand in the body alone', async () => {
    const bodies: string[] = [];
    service = await FakeService.start((_request, response, body) => {
      bodies.push(body.toString('utf8'));
      response.writeHead(204).end();
    });
    const matches = [['PatientName', 'Müller&limit=9^*']] as const;
    await uidsOf({ matches, includes: ['StudyDescription'] });
    await uidsOf({ matches, byPost: true, studyInstanceUID: '2.25.1', level: 'series' });
    const escaped = 'PatientName=M%C3%BCller%26limit%3D9%5E*';
    expect(service.asked).toEqual([
      `GET /dicom-web/studies?${escaped}&includefield=StudyDescription&limit=100`,
      'POST /dicom-web/series/search',
    ]);
    expect(bodies[1]).toBe(`${escaped}&StudyInstanceUID=2.25.1&limit=100`);
  });

  test('attributes nobody knows are refused here, warnings are passed on', async () => {
    service = await FakeService.start((_request, response) => {
      response.setHeader('Warning', '299 x "more"');
      answerJSON(response, []);
    });
    await expect(uidsOf({ matches: [['NoSuchThing', '1']] })).rejects.toMatchObject({ code: 'BAD_SEARCH' });
    await expect(uidsOf({ includes: ['__proto__'] })).rejects.toMatchObject({ code: 'BAD_SEARCH' });
    expect(service.asked).toEqual([]);
    const warnings: string[] = [];
    await uidsOf({}, (text) => warnings.push(text));
    expect(warnings).toEqual(['299 x "more"']);
  });

  test.each([[{}], [[1]], [['x']], [[[]]], ['x'], [null]])('%j is no answer', async (json) => {
    service = await FakeService.start((_request, response) => answerJSON(response, json));
    await expect(uidsOf()).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
  });

  test('attributes that are none are left out of a record', async () => {
    service = await FakeService.start((_request, response) =>
      answerJSON(response, [
        { __proto__x: 1, '00100010': 'x', '0020000D': { vr: 'UI', Value: ['2.25.1', [], true] } },
      ]),
    );
    for await (const one of searchRecords(service.connect(), { level: 'study', limit: 1 })) {
      expect(one).toEqual({ '0020000D': { vr: 'UI', Value: ['2.25.1'] } });
    }
  });
});
