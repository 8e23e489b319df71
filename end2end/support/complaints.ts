import type { BrowserContext } from '@playwright/test';

/**
 * What a browser complains about while a test runs: errors and warnings on the console (breaches of the
 * content security policy are among them), exceptions that nobody caught, and requests to other origins.
 */
export class Complaints {
  readonly #heard: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext, origin: string) {
    context.on('console', (message) => {
      if (['error', 'warning', 'assert'].includes(message.type())) {
        this.#heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (failure) => this.#heard.push(`uncaught: ${failure.error().message}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      const isInline = url.protocol === 'data:' || url.protocol === 'blob:';
      if (!isInline && url.origin !== origin) this.#heard.push(`request to another origin: ${url.href}`);
    });
  }

  /** Lets Chromium report an answer that this test provokes. */
  expectStatus(status: number): void {
    this.#expected.push(new RegExp(`^error: Failed to load resource: .*status of ${status} `));
  }

  /** What was heard and not expected. */
  unexpected(): string[] {
    return this.#heard.filter((line) => !this.#expected.some((expected) => expected.test(line)));
  }
}
