import { type Browser, chromium, type Locator, type Page, type Response } from 'playwright-core';
import { TestArchive } from './archive.ts';
import { demoFiles, storeFiles } from './demo-files.ts';
import { freePort } from './free-port.ts';
import { ohifConfig, serveOhif } from './ohif.ts';
import type { Scope } from './scope.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';
import { createToken, WebClient } from './web-client.ts';

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
/** Takes 5 s, and much longer on a machine that does ten other things. */
const SHOWN_TIMEOUT_MS = 60_000;
/** Reading a picture keeps the browser from drawing the next. */
const LOOK_EVERY_MS = 250;
/** A card opens half a second after the mouse came to rest. */
const CARD_OPENS_WITHIN_MS = 2_000;
/** Different grey values in a picture; an empty viewport has one. */
const DRAWN_MIN_VALUES = 16;
/** How far a colour's channels must lie apart: a CT is grey, what lies over it is not. */
const COLOUR_MIN_SPREAD = 40;

/** What is drawn: how often each grey value is there, and how many pixels are rather red or rather yellow. */
export interface Picture {
  readonly greys: string;
  readonly red: number;
  readonly yellow: number;
}

/** Evaluated by the browser. */
const PICTURE = `(() => {
  const canvas = document.querySelector('[data-cy="viewport-pane"] canvas');
  const context = canvas?.getContext('2d');
  if (!context) return { greys: '', red: 0, yellow: 0 };
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const greys = new Uint32Array(256);
  let red = 0;
  let yellow = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
    if (r - g > ${COLOUR_MIN_SPREAD}) red++;
    else if (g - b > ${COLOUR_MIN_SPREAD}) yellow++;
    else greys[g]++;
  }
  return { greys: greys.join(' '), red, yellow };
})()`;

/** Stock OHIF in a browser, before an archive that holds the first study of the demo. */
export class OhifPage {
  readonly page: Page;
  readonly viewer: string;
  /** Files of the study, as they were stored. */
  readonly files: ReturnType<typeof demoFiles>;
  readonly study: string;
  /** The archive as somebody else asks it. */
  readonly web: WebClient;
  /** Errors in the browser's console, exceptions nobody caught, and answers that are errors. */
  readonly errors: string[] = [];
  /** Addresses of all requests. */
  readonly asked: string[] = [];

  private constructor(page: Page, viewer: string, files: ReturnType<typeof demoFiles>, web: WebClient) {
    this.page = page;
    this.viewer = viewer;
    this.files = files;
    this.study = files[0]?.instance.studyInstanceUID ?? '';
    this.web = web;
    this.#listen();
  }

  static async start(scope: Scope): Promise<OhifPage> {
    const port = await freePort();
    const origin = `https://localhost:${port}`;
    const archive = await TestArchive.create(scope, { config: `[https]\nallowedOrigins = ["${origin}"]\n` });
    await archive.start();
    const token = await createToken(archive, 'store,find,get');
    const web = new WebClient(scope, archive, { token });
    const files = demoFiles(1);
    await storeFiles(
      web,
      files.map(({ file }) => file),
    );
    const viewer = await serveOhif(scope, port, () =>
      ohifConfig(`https://localhost:${archive.httpsPort}/dicom-web`),
    );
    const browser = await startBrowser(scope);
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1400, height: 900 },
    });
    const page = await context.newPage();
    // The frame of a PDF has no storage, and must not have the token.
    const content = `if (self === top) sessionStorage.setItem('leadglass-token', ${JSON.stringify(token)});`;
    await page.addInitScript({ content });
    // The viewer introduces itself to whom it does not know, whenever it is ready to.
    for (const name of ['Skip all', 'Confirm and hide']) {
      await page.addLocatorHandler(page.getByText(name, { exact: true }), (button) => button.click());
    }
    return new OhifPage(page, viewer, files, web);
  }

  #listen(): void {
    const { page, errors, asked } = this;
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('request', (request) => asked.push(request.url()));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
  }

  async showList(): Promise<void> {
    await this.page.goto(this.viewer);
  }

  /** Opens the study; its first series is drawn. */
  async open(): Promise<Picture> {
    await this.page.goto(`${this.viewer}/viewer?StudyInstanceUIDs=${this.study}`);
    return await this.drawn();
  }

  /** Waits for a picture that is as it is wanted. */
  async drawn(isWanted: (picture: Picture) => boolean = () => true): Promise<Picture> {
    return await waitFor(
      'a picture',
      async () => {
        await this.page.waitForTimeout(LOOK_EVERY_MS);
        const picture = await this.page.evaluate<Picture>(PICTURE);
        const values = picture.greys.split(' ').filter((count) => count !== '0').length;
        return values >= DRAWN_MIN_VALUES && isWanted(picture) ? picture : undefined;
      },
      SHOWN_TIMEOUT_MS,
    );
  }

  /** Where a series is shown in. */
  get viewport(): Locator {
    return this.page.locator('[data-cy="viewport-pane"]');
  }

  /** Shows a series as people do: two clicks on its thumbnail. */
  async showSeries(description: string): Promise<void> {
    const thumbnail = this.page.locator('[data-cy^="study-browser-thumbnail"]');
    const label = this.page.getByText(description, { exact: true });
    await thumbnail.filter({ has: label }).dblclick({ timeout: SHOWN_TIMEOUT_MS });
  }

  /** Clicks on what has this `data-cy`, the makers' own name for tests. */
  async click(name: string): Promise<void> {
    await this.page.locator(`[data-cy="${name}"]`).click({ timeout: SHOWN_TIMEOUT_MS });
  }

  async clickButton(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click({ timeout: SHOWN_TIMEOUT_MS });
  }

  async shows(where: Locator, text: string): Promise<void> {
    await where.getByText(text).first().waitFor({ timeout: SHOWN_TIMEOUT_MS });
  }

  /** Points at something until its card tells this text: one that is drawn anew under the mouse opens none by itself. */
  async tells(what: Locator, text: string): Promise<void> {
    const told = this.page.getByText(text).first();
    await waitFor(
      `a card that tells ${text}`,
      async () => {
        await this.viewport.hover({ timeout: SHOWN_TIMEOUT_MS });
        await what.hover({ timeout: SHOWN_TIMEOUT_MS });
        await this.page.waitForTimeout(CARD_OPENS_WITHIN_MS);
        return (await told.isVisible()) ? told : undefined;
      },
      SHOWN_TIMEOUT_MS,
    );
  }

  async drag(from: readonly [x: number, y: number], to: readonly [x: number, y: number]): Promise<void> {
    const { mouse } = this.page;
    await this.viewport.hover({ timeout: SHOWN_TIMEOUT_MS });
    await mouse.move(...from);
    await mouse.down();
    await mouse.move(...to, { steps: 8 });
    await mouse.up();
  }

  async scroll(steps: number): Promise<void> {
    await this.viewport.hover({ timeout: SHOWN_TIMEOUT_MS });
    for (let step = 0; step < steps; step++) await this.page.mouse.wheel(0, 100);
  }

  /** The answer to the next request of this method at a path that ends so. */
  answerTo(method: string, pathEnd: string): Promise<Response> {
    const isMeant = (response: Response): boolean =>
      response.request().method() === method && new URL(response.url()).pathname.endsWith(pathEnd);
    return this.page.waitForResponse(isMeant, { timeout: SHOWN_TIMEOUT_MS });
  }
}

async function startBrowser(scope: Scope): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: toolPath('chromium') ?? 'chromium',
    args: BROWSER_ARGUMENTS,
  });
  scope.onClose(() => browser.close());
  return browser;
}
