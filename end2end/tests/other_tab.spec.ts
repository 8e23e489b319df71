import type { Page } from '@playwright/test';

import { expect, JOURNEY_WITH_JAVASCRIPT, test } from '../support/test';
import { Visitor } from '../support/visitor';

const PRIVATE = 'You are at the Contact page!!';

/** All tabs of a browser without a window count as visible, so it is told that this one is in front again. */
async function comesToTheFront(page: Page): Promise<void> {
  await page.bringToFront();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
}

async function anotherTab({ page, origin, hasJavaScript }: Visitor): Promise<Visitor> {
  return new Visitor(await page.context().newPage(), origin, hasJavaScript);
}

test('a tab that comes to the front learns that another has signed out', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.isGreeted();
  const other = await anotherTab(visitor);
  await other.open('/');
  await other.signOut();
  await comesToTheFront(page);
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await expect(page.locator('html')).not.toContainText(visitor.username);
  await expect(page.locator('html')).not.toContainText(PRIVATE);
});

test('a tab that comes to the front learns that another has signed in', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/login?next=/contact');
  const other = await anotherTab(visitor);
  await other.open('/register');
  await other.register('correct horse battery staple', visitor.username);
  await other.isGreeted(visitor.username);
  await comesToTheFront(page);
  await visitor.landsOn('/contact', PRIVATE);
  await visitor.isGreeted();
});

test('a tab that comes to the front takes over the theme and language of another', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/');
  const other = await anotherTab(visitor);
  await other.open('/');
  await other.choose('Dark');
  await other.choose('Deutsch');
  await expect(other.page.locator('html')).toHaveAttribute('lang', 'de');
  await comesToTheFront(page);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a form that was open while another tab signed in still works', JOURNEY_WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact');
  const other = await anotherTab(visitor);
  await other.open('/register');
  await other.register('correct horse battery staple', `eve${visitor.username.slice(3)}`);
  await other.isGreeted(`eve${visitor.username.slice(3)}`);
  await visitor.signIn();
  await visitor.landsOn('/contact', PRIVATE);
  await visitor.isGreeted();
});
