import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test, WITH_JAVASCRIPT } from '../support/test';

/** Sends the footer's form with a theme that does not exist, as a plain form does. */
async function choosesAnUnknownTheme(page: Page): Promise<void> {
  await page.locator('footer form').evaluate((form: HTMLFormElement) => {
    form.append(Object.assign(document.createElement('input'), { name: 'theme', value: 'plaid' }));
    form.submit();
  });
}

test('a refusal that has no form of its own gets a page with its status', async ({ visitor, page, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/products');
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await choosesAnUnknownTheme(page);
  expect((await answered).status()).toBe(422);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('That did not work');
  await visitor.content.getByRole('link', { name: 'Go to the home page' }).click();
  await visitor.landsOn('/', 'You are at the home page!!');
});

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing on the page about a failure in the ${theme} theme`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
    complaints.expectStatus(422);
    await visitor.prefers({ theme, language: 'de' });
    await visitor.open('/');
    await choosesAnUnknownTheme(page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Das hat nicht geklappt');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}

test('a form of another site is refused and signs nobody out', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', accept: 'text/html' };
  const answer = await page.request.post('/api/fn/logout', { headers, form: {}, maxRedirects: 0 });
  expect(answer.status()).toBe(403);
  await visitor.open('/');
  await visitor.isGreeted();
});
