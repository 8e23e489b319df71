import type { Locator } from '@playwright/test';

import { expect, JOURNEY, JOURNEY_WITH_JAVASCRIPT, test } from '../support/test';
import type { Visitor } from '../support/visitor';

function card(visitor: Visitor, heading: string | RegExp): Locator {
  const named = visitor.page.getByRole('heading', { level: 2, name: heading });
  return visitor.content.locator('section').filter({ has: named });
}

/** Seconds that are left of a limit such as 'Idle limit: 0:29:58 left'. */
async function left(visitor: Visitor, limit: string): Promise<number> {
  const words = await visitor.content.getByText(`${limit}:`).innerText();
  const [hours, minutes, seconds] = (/(\d+):(\d\d):(\d\d)/.exec(words) ?? []).slice(1).map(Number);
  return (hours ?? NaN) * 3600 + (minutes ?? NaN) * 60 + (seconds ?? NaN);
}

test('a guest who has chosen nothing sees that there is no session', JOURNEY, async ({ visitor }) => {
  await visitor.open('/session');
  await expect(visitor.content).toContainText('There is no session.');
  await expect(card(visitor, 'In your browser')).toContainText('your browser sent none');
  expect(await visitor.page.context().cookies()).toEqual([]);
});

test('a member sees cookie, record, limits and what happened', JOURNEY, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/');
  await page.getByRole('contentinfo').getByRole('link', { name: 'Session' }).click();
  await visitor.landsOn('/session', 'Session');
  await expect(card(visitor, 'In your browser')).toContainText('HttpOnly; SameSite=Lax');
  await expect(card(visitor, /server|cookie/)).toContainText(`"${visitor.username}"`);
  await expect(card(visitor, 'What happened')).toContainText('signed in');
  expect(await left(visitor, 'Idle limit')).toBeGreaterThan(1700);
  expect(await left(visitor, 'Absolute limit')).toBeGreaterThan(86_300);
  const [cookie] = await page.context().cookies();
  expect(await page.content()).not.toContain(cookie?.value.split('.')[0]);
});

test('the limits count down, and the page asks the server by itself', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/session');
  const before = await left(visitor, 'Idle limit');
  await expect.poll(() => left(visitor, 'Idle limit')).toBeLessThan(before);
  const navigations: string[] = [];
  page.on('framenavigated', (frame) => navigations.push(frame.url()));
  await page.waitForResponse((answer) => answer.url().endsWith('/api/v1/session'));
  // Another program with this cookie changes the session.
  await visitor.prefers({ language: 'fr' });
  await expect(visitor.content).toContainText('"fr"', { timeout: 15_000 });
  expect(navigations).toEqual([]);
});

test('the limits count down by the time of the server, not by that of the browser', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await page.clock.setFixedTime('2001-01-01');
  await visitor.open('/session');
  expect(await page.evaluate(() => new Date().getUTCFullYear())).toBe(2001);
  const before = await left(visitor, 'Idle limit');
  expect(before).toBeGreaterThan(1700);
  expect(before).toBeLessThanOrEqual(1800);
  await expect.poll(() => left(visitor, 'Idle limit')).toBeLessThan(before);
  // It asks the server again, whose answer shows the same time.
  await page.waitForResponse((answer) => answer.url().endsWith('/api/v1/session'));
  expect(await left(visitor, 'Idle limit')).toBeGreaterThan(1700);
});

test('a choice shows at once', JOURNEY_WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.open('/session');
  await visitor.choose('Dark');
  await expect(card(visitor, /server|cookie/)).toContainText('"dark"', { timeout: 4_000 });
  await expect(card(visitor, 'What happened')).toContainText('began');
});

test('a session that is ended elsewhere is shown as ended, and the navbar follows', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/session');
  const elsewhere = await visitor.signsInElsewhere();
  expect((await elsewhere.delete('/api/v1/sessions')).status()).toBe(204);
  await expect(card(visitor, 'What happened')).toContainText('ended: This device was signed out (revoked)', { timeout: 15_000 });
  await visitor.seesAGuestsNavbar();
  await expect(page).toHaveURL('/session');
  await elsewhere.dispose();
});

test('the inspector follows the language', async ({ visitor }) => {
  await visitor.isMember();
  await visitor.prefers({ language: 'de' });
  await visitor.open('/session');
  await expect(visitor.content).toContainText('Grenze ohne Nutzung: noch 0:');
});
