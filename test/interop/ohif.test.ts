import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestArchive } from '../support/archive.ts';
import { demoFiles, storeFiles } from '../support/demo-files.ts';
import { freePort } from '../support/free-port.ts';
import { OHIF_VERSION, ohifConfig, ohifMissingReason, serveOhif } from '../support/ohif.ts';
import { Scope } from '../support/scope.ts';
import { missingTools, titleOf, toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';
import { createToken, WebClient } from '../support/web-client.ts';

const reason = missingTools('chromium', 'openssl') ?? ohifMissingReason;
/** WebGL in software; nothing goes out to the browser's makers. */
const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const SHOWN_TIMEOUT_MS = 30_000;
const SET_UP_TIMEOUT_MS = 120_000;
/** Different values in the picture's first channel; an empty viewport has one. */
const DRAWN_MIN_VALUES = 16;
const PICTURE_VALUES = `(() => {
  const canvas = document.querySelector('[data-cy="viewport-pane"] canvas');
  const context = canvas?.getContext('2d');
  if (!context) return '';
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) counts.set(data[at], (counts.get(data[at]) ?? 0) + 1);
  return [...counts].sort().join(' ');
})()`;

const scope = new Scope();
let browser: Browser;
let page: Page;
let viewer: string;
let study: string;
/** Errors in the browser's console, exceptions nobody caught, and answers that are errors. */
const errors: string[] = [];
const asked: string[] = [];

beforeAll(async () => {
  if (reason !== undefined) return;
  const files = demoFiles(1);
  study = files[0]?.instance.studyInstanceUID ?? '';
  const port = await freePort();
  const origin = `https://localhost:${port}`;
  const archive = await TestArchive.create(scope, { config: `[https]\nallowedOrigins = ["${origin}"]\n` });
  await archive.start();
  const token = await createToken(archive, 'store,find,get');
  await storeFiles(
    new WebClient(scope, archive, { token }),
    files.map(({ file }) => file),
  );
  viewer = await serveOhif(scope, port, () => ohifConfig(`https://localhost:${archive.httpsPort}/dicom-web`));
  browser = await chromium.launch({
    executablePath: toolPath('chromium') ?? 'chromium',
    args: BROWSER_ARGUMENTS,
  });
  scope.onClose(() => browser.close());
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1400, height: 900 },
  });
  page = await context.newPage();
  await page.addInitScript((value) => sessionStorage.setItem('leadglass-token', value), token);
  listen();
}, SET_UP_TIMEOUT_MS);
afterAll(() => scope.close());

function listen(): void {
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('request', (request) => asked.push(request.url()));
  page.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
  });
}

async function open(studyInstanceUID: string): Promise<void> {
  await page.goto(`${viewer}/viewer?StudyInstanceUIDs=${studyInstanceUID}`);
  await drawn();
  // The viewer introduces itself to whom it does not know.
  for (const name of ['Skip all', 'Confirm and hide']) {
    await page
      .getByText(name, { exact: true })
      .click({ timeout: 5_000 })
      .catch(() => undefined);
  }
}

/** Waits for a picture, another one than `before`. */
async function drawn(before = ''): Promise<string> {
  return await waitFor(
    'a picture',
    async () => {
      const values = await page.evaluate<string>(PICTURE_VALUES);
      return values !== before && values.split(' ').length >= DRAWN_MIN_VALUES ? values : undefined;
    },
    SHOWN_TIMEOUT_MS,
  );
}

describe.skipIf(reason !== undefined)(titleOf(`With stock OHIF ${OHIF_VERSION} in Chromium`, reason), () => {
  test('lists studies', async () => {
    await page.goto(viewer);
    await page.getByText('CT head without contrast').waitFor({ timeout: SHOWN_TIMEOUT_MS });
    expect(errors).toEqual([]);
  });

  test('opens a study, draws its images and scrolls', async () => {
    await open(study);
    const first = await drawn();
    await page.mouse.move(800, 500);
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 100);
    await drawn(first);
    expect(errors).toEqual([]);
  });

  test('has no token in any address', () => {
    expect(asked.filter((url) => /token|lgt_/i.test(url))).toEqual([]);
  });
});
