import type { Page } from '@playwright/test';

import { VIEWS } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

const HOME = 'You are at the home page!!';

/** Keeps the WebAssembly from arriving until somebody lets it. */
async function holdsWebAssembly(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/pkg/*.wasm', async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Opens a page whose WebAssembly is still on its way: its `load` event waits for it. */
async function opensUnfinished(page: Page, path: string): Promise<void> {
  await page.goto(path, { waitUntil: 'domcontentloaded' });
  expect(await page.locator('html[data-ready]').count()).toBe(0);
}

test('the registration form works before WebAssembly has loaded', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await holdsWebAssembly(page);
  await opensUnfinished(page, '/register?next=/contact');
  await visitor.register();
  await visitor.landsOn('/contact', 'You are at the Contact page!!');
  await visitor.isGreeted();
});

test('the sign-in form works before WebAssembly has loaded', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await holdsWebAssembly(page);
  await opensUnfinished(page, '/login?next=/contact');
  await visitor.signIn({ password: 'a wrong password' });
  await expect(visitor.alert).toHaveText('That name and password do not match.');
  await visitor.signIn();
  await visitor.landsOn('/contact', 'You are at the Contact page!!');
});

test('signing out works before WebAssembly has loaded', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await holdsWebAssembly(page);
  await opensUnfinished(page, '/contact');
  await visitor.signOut();
  await visitor.landsOn('/', HOME);
});

test('theme and language work before WebAssembly has loaded', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await holdsWebAssembly(page);
  await opensUnfinished(page, '/products');
  await visitor.choose('Dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await visitor.choose('Deutsch');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page).toHaveURL('/products');
});

test('what was typed before WebAssembly has loaded stays', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.hasAccount();
  const release = await holdsWebAssembly(page);
  await opensUnfinished(page, '/login');
  await visitor.usernameField.fill(visitor.username);
  await visitor.passwordField.fill('correct horse battery staple');
  await visitor.content.getByLabel('Keep me signed in').check();
  release();
  await visitor.isReady();
  await expect(visitor.usernameField).toHaveValue(visitor.username);
  await expect(visitor.passwordField).toHaveValue('correct horse battery staple');
  await expect(visitor.content.getByLabel('Keep me signed in')).toBeChecked();
  await visitor.content.getByRole('button', { name: 'Sign in' }).click();
  await visitor.landsOn('/', HOME);
});

// The inspector counts down meanwhile, and has a test of its own.
for (const { name, path, kind } of VIEWS.filter((view) => view.name !== 'session')) {
  test(`scripts change no word of ${name} for a ${kind}`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
    if (name === 'not-found') complaints.expectStatus(404);
    await visitor.is(kind);
    await visitor.open(path);
    const [before, after] = await page.evaluate(async () => {
      const answer = await (await fetch(location.href)).text();
      const words = (body: HTMLElement) => {
        const copy = body.cloneNode(true) as HTMLElement;
        copy.querySelectorAll('script').forEach((script) => script.remove());
        return copy.textContent;
      };
      return [new DOMParser().parseFromString(answer, 'text/html').body, document.body].map(words);
    });
    expect(after).toBe(before);
  });
}

test('script and WebAssembly are fetched once each', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await visitor.open('/');
  await visitor.follow('Products');
  await visitor.follow('Register');
  await visitor.landsOn('/register', 'Create an account');
  expect(fetched.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
  expect(fetched.filter((path) => path.endsWith('.js'))).toHaveLength(1);
  expect(fetched.filter((path) => path.endsWith('.css'))).toHaveLength(1);
});

test('without scripts, no WebAssembly is fetched', async ({ visitor, page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await visitor.open('/');
  expect(fetched.filter((path) => path.endsWith('.wasm'))).toHaveLength(visitor.hasJavaScript ? 1 : 0);
});

test('a page that is left alone has nothing to complain about', async ({ visitor, page }) => {
  await visitor.open('/login');
  // Chromium reports a preload that nothing uses only some seconds after the page has loaded.
  await page.waitForTimeout(5_000);
});
