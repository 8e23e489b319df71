import { PAGES } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

const FOLDER = 'output/screenshots';
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

// As on a phone, scrollbars lie over the page.
test.use({ isMobile: true, contextOptions: { reducedMotion: 'reduce' } });

for (const theme of ['light', 'dark']) {
  for (const size of [PHONE, DESKTOP]) {
    test(`every page is drawn in the ${theme} theme, ${size.width} pixels wide`, WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
      complaints.expectStatus(404);
      complaints.expectStatus(401);
      await page.setViewportSize(size);
      await visitor.prefers({ theme });
      const draw = (name: string) => page.screenshot({ path: `${FOLDER}/${name}-${theme}-${size.width}.png`, fullPage: true });
      for (const { name, path } of PAGES.filter((page) => page.seenBy.includes('guest'))) {
        await visitor.open(path);
        await draw(name === 'home' ? 'home-guest' : name);
      }
      await visitor.open('/login');
      await visitor.signIn();
      await expect(visitor.alert).not.toBeEmpty();
      await draw('login-refused');
      await visitor.isMember();
      for (const { name, path } of PAGES.filter((page) => page.seenBy.includes('member'))) {
        await visitor.open(path);
        await draw(name);
      }
    });
  }
}

test('the README gets its picture', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await page.setViewportSize(DESKTOP);
  await visitor.isMember('ada');
  await visitor.prefers({ theme: 'light' });
  await visitor.open('/products');
  await visitor.isGreeted('ada');
  await page.screenshot({ path: 'output/readme.png' });
});
