import type { Page } from '@playwright/test';

import { expect, IS_LISTED, test, WITH_JAVASCRIPT } from '../support/test';

/** What the browser has loaded of `/pkg`, fetched once more with its cookies: what differs from visitor to visitor. */
async function program(page: Page): Promise<Record<string, { bytes: string; headers: Record<string, string> }>> {
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  const paths = loaded.map((url) => new URL(url).pathname).filter((path) => path.startsWith('/pkg/'));
  const files = [...new Set(paths)].sort().map(async (path) => {
    const answer = await page.request.get(path);
    const { date, ...headers } = answer.headers();
    return [path, { bytes: (await answer.body()).toString('base64'), headers }] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

// ASVS V3.5.7.
test('scripts and WebAssembly are the same bytes for everybody', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/');
  const guests = await program(page);
  const types = Object.keys(guests).map((path) => path.split('.').at(-1)).sort();
  expect(types).toEqual(['css', 'js', 'wasm']);
  await visitor.isMember();
  await visitor.prefers({ theme: 'dark', language: 'de' });
  for (const path of ['/', '/account', '/session']) {
    await visitor.open(path);
    expect(await program(page), path).toEqual(guests);
  }
});

test.describe('with a browser whose name is markup', () => {
  const name = '<!--<script></script><script>x=1</script>';
  test.use({ userAgent: name });

  // ASVS V1.2.3.
  test('the data inside the pages stays data', WITH_JAVASCRIPT, async ({ visitor, page }) => {
    test.skip(!IS_LISTED, 'what cannot be listed keeps no name');
    await visitor.isMember();
    for (const path of ['/account', '/session']) {
      await visitor.open('/about');
      const usual = await page.locator('script').count();
      await visitor.open(path);
      await expect(visitor.content).toContainText(name.slice(0, 40));
      expect(await page.locator('script').count()).toBe(usual);
      expect(await page.evaluate(() => 'x' in globalThis)).toBe(false);
    }
  });
});
