import { expect, JOURNEY, JOURNEY_WITH_JAVASCRIPT, test } from '../support/test';

const HOME = 'You are at the home page!!';
const PRIVATE = 'You are at the Contact page!!';

test('signing out from the navbar leads Home as a guest', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.marksTheDocument();
  await visitor.signOut();
  await visitor.landsOn('/', HOME);
  await visitor.seesTheMarkedDocument();
  await visitor.reload();
  await visitor.seesAGuestsNavbar();
});

test('signing out from the account page leads Home as a guest', async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/account');
  await expect(visitor.content).toContainText(visitor.username);
  await visitor.content.getByRole('button', { name: 'Log out' }).click();
  await visitor.landsOn('/', HOME);
  await visitor.seesAGuestsNavbar();
});

test('a link to the sign-out page signs nobody out', async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/logout');
  await visitor.isGreeted();
  await expect(visitor.content.getByRole('button', { name: 'Log out' })).toBeVisible();
  await visitor.open('/contact');
  await visitor.landsOn('/contact', PRIVATE);
});

test('the button of the sign-out page signs out', async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/logout');
  await visitor.content.getByRole('button', { name: 'Log out' }).click();
  await visitor.landsOn('/', HOME);
  await visitor.seesAGuestsNavbar();
});

test('the sign-out page offers a guest the way home', async ({ visitor }) => {
  await visitor.open('/logout');
  await expect(visitor.content).toContainText('You are not signed in.');
  await expect(visitor.content.getByRole('button')).toHaveCount(0);
  await visitor.content.getByRole('link', { name: 'Go to the home page' }).click();
  await visitor.landsOn('/', HOME);
});

test('after signing out, Back shows nothing private', JOURNEY, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/');
  await visitor.follow('Contact');
  await visitor.landsOn('/contact', PRIVATE);
  await visitor.signOut();
  await page.goBack();
  await visitor.landsOn('/login?next=/contact', 'Sign in');
  await expect(page.locator('html')).not.toContainText(PRIVATE);
  await expect(page.locator('html')).not.toContainText(visitor.username);
});

test('after signing out, Back to another document shows nothing private', JOURNEY, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/contact');
  await visitor.isGreeted();
  await visitor.open('/account');
  await visitor.signOut();
  await page.goto('about:blank');
  for (let step = 0; step < 3; step += 1) {
    await page.goBack();
    await expect(page.getByRole('navigation').getByRole('link', { name: 'Sign in' })).toBeVisible();
    await expect(page.locator('html')).not.toContainText(PRIVATE);
    await expect(page.locator('html')).not.toContainText(visitor.username);
  }
});

test('after signing out, members pages ask to sign in again', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/');
  await visitor.signOut();
  await visitor.follow('About');
  await visitor.landsOn('/login?next=/about', 'Sign in');
});

test('another visitor of the same browser sees only their own name', JOURNEY_WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/');
  await visitor.marksTheDocument();
  await visitor.signOut();
  await visitor.follow('Register');
  const second = `eve${visitor.username.slice(3)}`;
  await visitor.register('correct horse battery staple', second);
  await visitor.isGreeted(second);
  await visitor.follow('Account');
  await expect(visitor.content).toContainText(second);
  await expect(visitor.page.locator('body')).not.toContainText(visitor.username);
  await visitor.seesTheMarkedDocument();
});
