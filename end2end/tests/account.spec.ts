import { type Locator, type Page } from '@playwright/test';

import { MEMBERS_PAGES } from '../support/pages';
import { IMPATIENT_ADDRESS } from '../support/servers';
import { expect, JOURNEY, JOURNEY_WITH_JAVASCRIPT, test, WITH_JAVASCRIPT } from '../support/test';
import { PASSWORD, type Visitor } from '../support/visitor';

const OTHER_PASSWORD = 'tidy purple lanterns drift north';

const changeForm = (visitor: Visitor): Locator => visitor.content.locator('#password');
const dialog = (visitor: Visitor): Locator => visitor.page.getByRole('dialog', { name: 'Is it still you?' });

async function changePassword(visitor: Visitor, current = PASSWORD, next = OTHER_PASSWORD): Promise<void> {
  await changeForm(visitor).getByLabel('Current password').fill(current);
  await changeForm(visitor).getByLabel('New password').fill(next);
  await changeForm(visitor).getByRole('button', { name: 'Change password' }).click();
}

async function confirm(visitor: Visitor, password = PASSWORD): Promise<void> {
  await dialog(visitor).getByLabel('Password', { exact: true }).fill(password);
  await dialog(visitor).getByRole('button', { name: 'Go on' }).click();
}

async function statusOfSignIn(visitor: Visitor, password: string): Promise<number> {
  const data = { username: visitor.username, password };
  return (await visitor.page.context().request.post('/api/v1/login', { data })).status();
}

// ASVS V6.2.2, V7.4.3.
test('a changed password signs out everywhere else, and is the one that opens the account', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  const elsewhere = await visitor.signsInElsewhere();
  await visitor.open('/account');
  await changePassword(visitor);
  await expect(changeForm(visitor).getByRole('status')).toContainText('Your password was changed');
  const answer = await elsewhere.get('/api/v1/protected');
  expect([answer.status(), (await answer.json()).reason]).toEqual([401, 'password_changed']);
  await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
  await visitor.isGreeted();
  await expect(changeForm(visitor).getByLabel('New password')).toHaveValue('');
  expect([await statusOfSignIn(visitor, PASSWORD), await statusOfSignIn(visitor, OTHER_PASSWORD)]).toEqual([401, 200]);
  await elsewhere.dispose();
});

// ASVS V6.2.3.
test('a wrong current password is refused where it was typed', async ({ visitor, complaints }) => {
  complaints.expectStatus(403);
  await visitor.isMember();
  await visitor.open('/account');
  await changePassword(visitor, 'another good password');
  await expect(changeForm(visitor).getByRole('alert')).toHaveText('That is not your current password.');
  await expect(changeForm(visitor).getByLabel('Current password')).toHaveAttribute('aria-invalid', 'true');
  await expect(changeForm(visitor).getByLabel('Current password')).toHaveValue('');
  await expect(changeForm(visitor).getByLabel('New password')).not.toHaveAttribute('aria-invalid', 'true');
  await visitor.isGreeted();
});

test('a new password that is none is refused where it was typed', async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.isMember();
  await visitor.open('/account');
  await changePassword(visitor, PASSWORD, PASSWORD);
  await expect(changeForm(visitor).getByLabel('New password')).toHaveAccessibleDescription(/is the one you have/);
});

test('the account is removed with its password, and the visitor is a guest', JOURNEY, async ({ visitor, page }) => {
  await visitor.isMember();
  const elsewhere = await visitor.signsInElsewhere();
  await visitor.open('/account');
  await page.getByText('Remove this account').click();
  const form = visitor.content.locator('#removal');
  await expect(form).toContainText('there is no way back');
  await form.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await form.getByRole('button', { name: 'Remove account' }).click();
  await expect(visitor.content.getByRole('alert')).toHaveText('This account was removed.');
  await visitor.seesAGuestsNavbar();
  await expect(visitor.usernameField).toHaveValue('');
  expect((await (await elsewhere.get('/api/v1/protected')).json()).reason).toBe('account_removed');
  expect(await statusOfSignIn(visitor, PASSWORD)).toBe(401);
  await elsewhere.dispose();
});

test('an account stays where its password is wrong', async ({ visitor, page, complaints }) => {
  complaints.expectStatus(403);
  await visitor.isMember();
  await visitor.open('/account');
  await page.getByText('Remove this account').click();
  const form = visitor.content.locator('#removal');
  await form.getByLabel('Password', { exact: true }).fill('another good password');
  await form.getByRole('button', { name: 'Remove account' }).click();
  await expect(form.getByRole('alert')).toHaveText('That is not your current password.');
  await visitor.isGreeted();
});

test('an owner finds what happened to the account', JOURNEY, async ({ visitor, page }) => {
  await visitor.isMember();
  expect(await statusOfSignIn(visitor, 'another good password')).toBe(401);
  await visitor.open('/account');
  await page.getByText('What happened').click();
  const events = visitor.content.locator('#events').getByRole('listitem');
  await expect(events).toHaveText([/^Failed sign-in127\.0\.0\.1 · /, /^Account created127\.0\.0\.1 · /]);
  await page.getByText('What happened').click();
  await changePassword(visitor);
  await expect(changeForm(visitor).getByRole('status')).toContainText('Your password was changed');
  await page.getByText('What happened').click();
  await expect(events.first()).toContainText('Password changed');
});

test('what is typed outlasts a change of the language', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.isMember();
  await visitor.open('/account');
  await page.getByText('Remove this account').click();
  await visitor.content.locator('#removal').getByLabel('Password', { exact: true }).fill('half a password');
  await changeForm(visitor).getByLabel('New password').fill(OTHER_PASSWORD);
  await visitor.choose('Deutsch');
  await expect(changeForm(visitor).getByLabel('Neues Passwort')).toHaveValue(OTHER_PASSWORD);
  await expect(visitor.content.locator('#removal').getByLabel('Passwort', { exact: true })).toHaveValue('half a password');
  await expect(visitor.content.locator('#removal').getByLabel('Passwort', { exact: true })).toBeVisible();
});

// ASVS V7.4.4.
test('every page for members has the way out', async ({ visitor }) => {
  await visitor.isMember();
  for (const { path } of MEMBERS_PAGES) {
    await visitor.open(path);
    await expect(visitor.navbar.getByRole('button', { name: 'Log out' })).toBeVisible();
  }
});

// ASVS V6.2.6.
test('a shown password is hidden again when it is sent', WITH_JAVASCRIPT, async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register');
  const show = visitor.content.getByRole('button', { name: 'Show' });
  await visitor.passwordField.fill('horse staple');
  await show.click();
  await expect(visitor.passwordField).toHaveAttribute('type', 'text');
  await expect(show).toHaveAttribute('aria-pressed', 'true');
  await visitor.register('horse staple');
  await expect(visitor.passwordField).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.passwordField).toHaveAttribute('type', 'password');
  await expect(show).toHaveAttribute('aria-pressed', 'false');
});

// ASVS V6.2.7.
test('a password can be pasted', WITH_JAVASCRIPT, async ({ visitor, page }) => {
  await visitor.open('/register');
  await visitor.usernameField.fill(PASSWORD);
  await visitor.usernameField.press('Control+A');
  await visitor.usernameField.press('Control+X');
  await visitor.passwordField.press('Control+V');
  await expect(visitor.passwordField).toHaveValue(PASSWORD);
  await visitor.usernameField.fill(visitor.username);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await visitor.isGreeted();
});

test('a new password is judged while it is typed', WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.open('/register');
  await visitor.usernameField.fill(visitor.username);
  const says = async (typed: string, words: RegExp) => {
    await visitor.passwordField.fill(typed);
    await expect(visitor.passwordField).toHaveAccessibleDescription(words);
  };
  await expect(visitor.passwordField).toHaveAccessibleDescription(/^At least 15 characters/);
  await says('horse staple', /^Characters still missing: 3/);
  await says('xxxxxxxxxxxxxxxxxxxx', /same character/);
  await says(`i am ${visitor.username} myself`, /must not contain your username/);
  await says('einfachlangundklein', /^Long enough/);
  await says(PASSWORD, /^Strong/);
});

/** Waits until the password has to be said once more. */
async function isNotRecent(page: Page): Promise<void> {
  const data = { current_password: 'x', new_password: 'x' };
  const code = async () => (await (await page.request.put('/api/v1/password', { data })).json()).code;
  await expect.poll(code).toBe('recent_sign_in_required');
}

test.describe('when the sign-in is not recent any more', () => {
  test.use({ baseURL: `http://${IMPATIENT_ADDRESS}` });

  test.beforeEach(async ({ visitor, page }) => {
    await visitor.isMember();
    await isNotRecent(page);
  });

  // ASVS V7.5.2.
  test('other devices are signed out after the password was said once more', JOURNEY, async ({ visitor, complaints }) => {
    complaints.expectStatus(403);
    const elsewhere = await visitor.signsInElsewhere();
    await visitor.open('/account');
    await visitor.content.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect(dialog(visitor)).toContainText('You signed in a while ago.');
    await confirm(visitor, 'another good password');
    await expect(dialog(visitor).getByRole('alert')).toHaveText('That is not your current password.');
    await confirm(visitor);
    await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
    await expect(dialog(visitor)).toBeHidden();
    await expect.poll(async () => (await elsewhere.get('/api/v1/protected')).status()).toBe(401);
    await visitor.isGreeted();
    await elsewhere.dispose();
  });

  // ASVS V7.5.1.
  test('the password is changed with what was typed before', JOURNEY_WITH_JAVASCRIPT, async ({ visitor, complaints }) => {
    complaints.expectStatus(403);
    await visitor.open('/account');
    await visitor.marksTheDocument();
    await changePassword(visitor);
    await expect(dialog(visitor).getByLabel('Password', { exact: true })).toBeFocused();
    await confirm(visitor);
    await expect(changeForm(visitor).getByRole('status')).toContainText('Your password was changed');
    await visitor.seesTheMarkedDocument();
    expect(await statusOfSignIn(visitor, OTHER_PASSWORD)).toBe(200);
  });

  test('the password is asked for as often as it takes', WITH_JAVASCRIPT, async ({ visitor, page, complaints }) => {
    complaints.expectStatus(403);
    await (await visitor.signsInElsewhere()).dispose();
    await visitor.open('/account');
    await visitor.marksTheDocument();
    await visitor.content.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await confirm(visitor);
    await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
    await expect(dialog(visitor)).toBeHidden();
    await isNotRecent(page);
    await changePassword(visitor);
    await confirm(visitor);
    await expect(changeForm(visitor).getByRole('status')).toContainText('Your password was changed');
    await visitor.seesTheMarkedDocument();
  });

  test('the form that asks again is in sight', async ({ visitor, page, complaints }) => {
    complaints.expectStatus(403);
    await (await visitor.signsInElsewhere()).dispose();
    await page.setViewportSize({ width: 390, height: 500 });
    await visitor.open('/account');
    await visitor.content.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect(dialog(visitor)).toBeInViewport();
  });

  test('nothing happens to those who cancel', async ({ visitor, complaints }) => {
    complaints.expectStatus(403);
    await visitor.open('/account');
    await changePassword(visitor);
    await dialog(visitor).getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog(visitor)).toBeHidden();
    await visitor.isGreeted();
    expect(await statusOfSignIn(visitor, PASSWORD)).toBe(200);
  });
});
