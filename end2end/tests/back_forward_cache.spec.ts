import { expect, JOURNEY_WITH_JAVASCRIPT, test } from '../support/test';

const PRIVATE = 'You are at the Contact page!!';

// Playwright turns the cache off, since it counts on a new document after each navigation.
test.use({
  launchOptions: [
    async ({ launchOptions }, use) => {
      await use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    },
    { scope: 'worker' },
  ],
});

test('Back from another document shows nothing of a session that has ended', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.isGreeted();
  await page.goto('about:blank');
  await page.request.post('/api/v1/logout');
  await page.evaluate(() => history.back());
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await expect(page.locator('html')).not.toContainText(visitor.username);
  await expect(page.locator('html')).not.toContainText(PRIVATE);
});

test('a page that the cache gives back asks who is here', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.isGreeted();
  await page.request.post('/api/v1/logout');
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await expect(page.locator('html')).not.toContainText(visitor.username);
});
