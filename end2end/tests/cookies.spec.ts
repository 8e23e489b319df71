import type { Page } from '@playwright/test';

import { expect, JOURNEY, test, WITH_JAVASCRIPT } from '../support/test';
import type { Visitor } from '../support/visitor';

const SESSION = 'id';
const USERNAME = 'username';
/** Says only that this browser has signed in before, to no one but the server, and to which account it does not say. */
const DEVICE = 'device';
const DAY = 24 * 60 * 60;

async function cookieNames(visitor: Visitor): Promise<string[]> {
  return (await visitor.page.context().cookies()).map((cookie) => cookie.name).sort();
}

/** How long a cookie still lasts, in seconds; -1 for one that ends with the browser. */
async function remaining(visitor: Visitor, name: string): Promise<number> {
  const expires = (await visitor.cookie(name))?.expires ?? NaN;
  return expires === -1 ? -1 : expires - Date.now() / 1000;
}

test('visiting leaves no cookie', async ({ visitor }) => {
  for (const path of ['/', '/products', '/login', '/register', '/contact', '/logout']) await visitor.open(path);
  expect(await cookieNames(visitor)).toEqual([]);
});

test('a refused sign-in leaves no cookie', async ({ visitor, complaints }) => {
  complaints.expectStatus(401);
  await visitor.open('/login');
  await visitor.signIn({ keep: true, remember: true });
  await expect(visitor.alert).not.toBeEmpty();
  expect(await cookieNames(visitor)).toEqual([]);
});

test('a sign-in without "Keep me signed in" ends with the browser', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn();
  await visitor.isGreeted();
  expect(await remaining(visitor, SESSION)).toBe(-1);
});

test('a sign-in with "Keep me signed in" outlives the browser', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ keep: true });
  await visitor.isGreeted();
  expect(await remaining(visitor, SESSION)).toBeGreaterThan(13 * DAY);
  expect(await remaining(visitor, SESSION)).toBeLessThan(31 * DAY);
});

test('scripts and other sites cannot use the cookies', JOURNEY, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ remember: true });
  await visitor.isGreeted();
  const cookies = await page.context().cookies();
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual([DEVICE, SESSION, USERNAME]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  if (visitor.hasJavaScript) expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('signing in changes the id that a guest had', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.choose('Dark');
  await expect(visitor.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const before = await visitor.cookie(SESSION);
  await visitor.signIn();
  await visitor.isGreeted();
  const after = await visitor.cookie(SESSION);
  expect(before?.value).toBeTruthy();
  expect(after?.value).not.toBe(before?.value);
});

test('"Remember my username" fills the form next time', async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ remember: true });
  await visitor.isGreeted();
  expect(await remaining(visitor, USERNAME)).toBeGreaterThan(DAY);
  await visitor.signOut();
  await visitor.follow('Sign in');
  await expect(visitor.usernameField).toHaveValue(visitor.username);
  await expect(visitor.content.getByLabel('Remember my username')).toBeChecked();
  await visitor.reload();
  await expect(visitor.usernameField).toHaveValue(visitor.username);
  await expect(visitor.content.getByLabel('Remember my username')).toBeChecked();
});

test('unticking "Remember my username" forgets it', async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ remember: true });
  await visitor.signOut();
  await visitor.follow('Sign in');
  await visitor.signIn({ remember: false });
  await visitor.isGreeted();
  expect(await visitor.cookie(USERNAME)).toBeUndefined();
  await visitor.signOut();
  await visitor.follow('Sign in');
  await expect(visitor.usernameField).toHaveValue('');
  await expect(visitor.content.getByLabel('Remember my username')).not.toBeChecked();
});

/**
 * The device's cookie stays: it opens nothing and tells nothing of whose it was, and it is what keeps strangers
 * who guess at the account from locking its owner out of this browser.
 */
test('signing out leaves only the cookie of the device when nothing was chosen', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ keep: true });
  await visitor.isGreeted();
  const before = await visitor.cookie(DEVICE);
  await visitor.signOut();
  expect(await cookieNames(visitor)).toEqual([DEVICE]);
  const after = await visitor.cookie(DEVICE);
  expect(after?.value).toBe(before?.value);
  expect(after?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(after?.value).not.toContain(visitor.username);
});

test('the cookie of the device outlives the browser and is another after each sign-in', async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn();
  await visitor.isGreeted();
  expect(await remaining(visitor, DEVICE)).toBeGreaterThan(399 * DAY);
  const before = await visitor.cookie(DEVICE);
  await visitor.signOut();
  await visitor.follow('Sign in');
  await visitor.signIn();
  await visitor.isGreeted();
  expect((await visitor.cookie(DEVICE))?.value).not.toBe(before?.value);
});

test('signing out leaves the remembered name and a new session with the chosen theme', JOURNEY, async ({ visitor }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn({ remember: true });
  await visitor.isGreeted();
  await visitor.choose('Dark');
  await expect(visitor.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const before = await visitor.cookie(SESSION);
  await visitor.signOut();
  expect(await cookieNames(visitor)).toEqual([DEVICE, SESSION, USERNAME]);
  expect((await visitor.cookie(SESSION))?.value).not.toBe(before?.value);
});

/** What scripts of this site have kept, wherever browsers let them. */
async function keptByScripts(page: Page): Promise<string[]> {
  return page.evaluate(async () => [
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    ...(await indexedDB.databases()).map((database) => database.name ?? ''),
    ...(await caches.keys()),
    ...(await navigator.serviceWorker.getRegistrations()).map((worker) => worker.scope),
  ]);
}

// ASVS V14.3.3.
test('a whole visit leaves nothing in the storage of scripts', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/register?next=/contact');
  await visitor.register();
  await visitor.isGreeted();
  await visitor.choose('Dark');
  for (const path of ['/account', '/session']) await visitor.open(path);
  await visitor.choose('Deutsch');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  expect(await keptByScripts(page)).toEqual([]);
  await page.getByRole('navigation').getByRole('button').click();
  await expect(page).toHaveURL('/');
  expect(await keptByScripts(page)).toEqual([]);
});
