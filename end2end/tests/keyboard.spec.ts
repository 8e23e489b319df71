import type { Page } from '@playwright/test';

import { VIEWS } from '../support/pages';
import { expect, test, WITH_JAVASCRIPT } from '../support/test';

interface Stop {
  what: string;
  isMarked: boolean;
  isInside: boolean;
}

/** What the keyboard has reached, and whether somebody can see that; null at the end of the page. */
function stop(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    const isTransparent = /rgba\(.*, 0\)|transparent/.test(outlineColor);
    const hasOutline = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !isTransparent;
    const { top, left, width, height } = element.getBoundingClientRect();
    const isInside = width > 0 && height > 0 && top >= 0 && left >= 0 && left < innerWidth && top < innerHeight;
    return { what: element.outerHTML.slice(0, 80), isMarked: hasOutline || boxShadow !== 'none', isInside };
  });
}

/** Walks through a page by the Tab key. */
async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let pressed = 0; pressed < 40; pressed += 1) {
    await page.keyboard.press('Tab');
    const reached = await stop(page);
    if (!reached) return stops;
    stops.push(reached);
  }
  return stops;
}

for (const { name, path, kind } of VIEWS) {
  test(`the keyboard's place is always visible on ${name} for a ${kind}`, async ({ visitor, page, complaints }) => {
    if (name === 'not-found') complaints.expectStatus(404);
    await visitor.is(kind);
    await visitor.open(path);
    const stops = await walk(page);
    expect(stops.length).toBeGreaterThan(8);
    expect(stops.filter((stop) => !stop.isMarked || !stop.isInside)).toEqual([]);
  });
}

test('the first stop passes over the navbar', async ({ visitor, page }) => {
  await visitor.open('/login');
  await page.keyboard.press('Tab');
  await expect(page.locator(':focus')).toHaveText('Skip to the content');
  await expect(page.locator(':focus')).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(visitor.usernameField).toBeFocused();
});

test('somebody signs in by the keyboard alone', async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/login?next=/contact');
  await visitor.usernameField.focus();
  await page.keyboard.type(visitor.username);
  await visitor.passwordField.focus();
  await page.keyboard.type('correct horse battery staple');
  await page.keyboard.press('Enter');
  await visitor.landsOn('/contact', 'You are at the Contact page!!');
});

test('after a click on a link, reading begins at the heading of the page', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/');
  await visitor.follow('Products');
  await expect(page.getByRole('heading', { level: 1, name: 'Below are the products' })).toBeFocused();
});

test('nothing moves for whoever asks for less motion', async ({ visitor, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await visitor.open('/login');
  const moving = await page.evaluate(() => {
    const seconds = (list: string) => Math.max(...list.split(',').map(parseFloat));
    return [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration, animationName } = getComputedStyle(element);
      return seconds(transitionDuration) > 0.01 || (animationName !== 'none' && seconds(animationDuration) > 0.01);
    }).length;
  });
  expect(moving).toBe(0);
});
