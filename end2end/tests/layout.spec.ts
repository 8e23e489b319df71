import type { Page } from '@playwright/test';

import { VIEWS, type SitePage } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 800 };
const LONGEST_NAME = 'W'.repeat(24);

/** How far somebody can scroll a page sideways, in CSS pixels. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => {
    scrollTo({ left: 10_000, behavior: 'instant' });
    return scrollX;
  });
}

/** What has moved since the document began, and how far: 'score: elements' (Layout Instability API). */
function shifts(page: Page): Promise<string[]> {
  return page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const seen: string[] = [];
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node?: Element }[] })[]) {
            seen.push(`${entry.value}: ${entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 60)).join(', ')}`);
          }
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(seen), 300);
      }),
  );
}

for (const language of ['en', 'de', 'fr']) {
  test(`nothing scrolls sideways on a phone in the language ${language}`, async ({ visitor, page, complaints }) => {
    complaints.expectStatus(404);
    await page.setViewportSize(PHONE);
    await visitor.prefers({ language });
    for (const { name, path, kind } of VIEWS.filter((view) => view.kind === 'guest')) {
      await visitor.open(path);
      expect.soft(await sideways(page), `${name} for a ${kind}`).toBe(0);
    }
    await visitor.isMember(`${LONGEST_NAME}${visitor.username.slice(4)}`);
    for (const { name, path, kind } of VIEWS.filter((view) => view.kind === 'member')) {
      await visitor.open(path);
      expect.soft(await sideways(page), `${name} for a ${kind}`).toBe(0);
    }
  });
}

test('a long line of the inspector scrolls by itself on a phone', async ({ visitor, page }) => {
  await page.setViewportSize(PHONE);
  await visitor.isMember();
  await visitor.open('/session');
  // As what a signed cookie holds is shown.
  await page.locator('.sheet dl').first().evaluate((facts) => facts.insertAdjacentHTML('afterend', `<pre>${'W'.repeat(200)}</pre>`));
  expect(await sideways(page)).toBe(0);
});

test('a refused form does not scroll sideways on a phone', async ({ visitor, page, complaints }) => {
  complaints.expectStatus(422);
  await page.setViewportSize(PHONE);
  await visitor.open('/register');
  await visitor.register('horse staple');
  await expect(visitor.passwordField).toHaveAttribute('aria-invalid', 'true');
  expect(await sideways(page)).toBe(0);
});

for (const [name, size] of [['phone', PHONE], ['desktop', DESKTOP]] as const) {
  for (const kind of ['guest', 'member'] as const) {
    test(`nothing moves while a page loads and hydrates for a ${kind} on a ${name}`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
      complaints.expectStatus(404);
      await page.setViewportSize(size);
      await visitor.is(kind);
      for (const view of VIEWS.filter((view) => view.kind === kind)) {
        await visitor.open(view.path);
        const moved = await shifts(page);
        const sum = moved.reduce((sum, shift) => sum + parseFloat(shift), 0);
        expect.soft(sum, [view.name, ...moved].join('\n')).toBeLessThan(0.01);
      }
    });
  }
}

for (const [name, size] of [['phone', PHONE], ['desktop', DESKTOP]] as const) {
  test(`the footer has its height before its buttons have come on a ${name}`, async ({ visitor, page }) => {
    await page.setViewportSize(size);
    await visitor.open('/');
    const footer = page.locator('footer');
    const whole = await footer.boundingBox();
    const groups = footer.locator('form > [role=group]');
    await expect(groups).toHaveCount(2);
    for (let left = 2; left > 0; left -= 1) {
      await groups.last().evaluate((element) => element.remove());
      expect(await footer.boundingBox()).toEqual(whole);
    }
  });
}

test('there is one navbar with links and greeting, and one main part', async ({ visitor, complaints }) => {
  complaints.expectStatus(404);
  for (const kind of ['guest', 'member'] as const) {
    await visitor.is(kind);
    for (const { path } of VIEWS.filter((view) => view.kind === kind)) {
      await visitor.open(path);
      await expect(visitor.page.locator('nav')).toHaveCount(1);
      await expect(visitor.content).toHaveCount(1);
      await expect(visitor.page.locator('h1')).toHaveCount(1);
    }
  }
});

test('the navbar offers what a guest and a member may do', async ({ visitor }) => {
  const links = () => visitor.navbar.getByRole('link').allInnerTexts();
  await visitor.open('/');
  expect(await links()).toEqual(['MyApp', 'Home', 'About', 'Contact', 'Products', 'Sign in', 'Register']);
  await expect(visitor.navbar.getByRole('button')).toHaveCount(0);
  await visitor.isMember();
  await visitor.open('/');
  expect(await links()).toEqual(['MyApp', 'Home', 'About', 'Contact', 'Products', 'Account']);
  await visitor.isGreeted();
  await expect(visitor.navbar.getByRole('button')).toHaveText(['Log out']);
});

test('the navbar marks the page that is shown', async ({ visitor }) => {
  await visitor.open('/');
  const marked = visitor.navbar.locator('[aria-current=page]');
  await expect(marked).toHaveText('Home');
  await visitor.follow('Products');
  await expect(marked).toHaveText('Products');
});

test('every page has its own title', async ({ visitor, page, complaints }) => {
  complaints.expectStatus(404);
  const titles = new Map<SitePage['name'], string>();
  for (const kind of ['guest', 'member'] as const) {
    await visitor.is(kind);
    for (const { name, path } of VIEWS.filter((view) => view.kind === kind)) {
      await visitor.open(path);
      titles.set(name, await page.title());
    }
  }
  expect(new Set(titles.values()).size).toBe(titles.size);
  for (const title of titles.values()) expect(title).toMatch(/^\S.* · MyApp$/);
});

for (const [theme, colorScheme] of [['system', 'light dark'], ['light', 'light'], ['dark', 'dark']] as const) {
  test(`the browser draws its own parts in the ${theme} theme`, async ({ visitor, page }) => {
    await visitor.prefers({ theme });
    await visitor.open('/login');
    await expect(page.locator('html')).toHaveCSS('color-scheme', colorScheme);
    await expect(page.locator('meta[name=color-scheme]')).toHaveAttribute('content', /light|dark/);
  });
}
