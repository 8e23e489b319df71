import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { VIEWS } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

/** Each violation with the elements that cause it. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

for (const theme of ['light', 'dark']) {
  for (const { name, path, kind } of VIEWS) {
    test(`axe finds nothing on ${name} for a ${kind} in the ${theme} theme`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
      if (name === 'not-found') complaints.expectStatus(404);
      await visitor.is(kind);
      await visitor.prefers({ theme });
      await visitor.open(path);
      expect(await violations(page)).toEqual([]);
    });
  }

  test(`axe finds nothing on a refused sign-in in the ${theme} theme`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
    complaints.expectStatus(401);
    await visitor.prefers({ theme });
    await visitor.open('/login');
    await visitor.signIn();
    await expect(visitor.alert).not.toBeEmpty();
    expect(await violations(page)).toEqual([]);
  });

  test(`axe finds nothing on a refused registration in the ${theme} theme`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
    complaints.expectStatus(422);
    await visitor.prefers({ theme });
    await visitor.open('/register');
    await visitor.register('horse staple');
    await expect(visitor.passwordField).toHaveAttribute('aria-invalid', 'true');
    expect(await violations(page)).toEqual([]);
  });
}

test('axe finds nothing on a phone', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await visitor.isMember();
  await visitor.open('/account');
  expect(await violations(page)).toEqual([]);
});
