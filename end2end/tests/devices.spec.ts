import { expect, IS_LISTED, JOURNEY, test, WITH_JAVASCRIPT } from '../support/test';

test('the account page lists where somebody is signed in', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  const elsewhere = await visitor.signsInElsewhere();
  await visitor.open('/account');
  const devices = visitor.content.getByRole('listitem');
  await expect(devices).toHaveCount(IS_LISTED ? 2 : 1);
  await expect(devices.filter({ hasText: 'this device' })).toHaveCount(1);
  if (IS_LISTED) {
    await expect(devices.filter({ hasText: 'phone/1.0' })).toContainText(/127\.0\.0\.1 · signed in \d{4}-\d\d-\d\d/);
  } else {
    await expect(visitor.content).toContainText('other devices cannot be listed');
  }
  await elsewhere.dispose();
});

test('another device is signed out from the list', JOURNEY, async ({ visitor, page }) => {
  test.skip(!IS_LISTED, 'sessions in cookies cannot be listed');
  await visitor.isMember();
  const elsewhere = await visitor.signsInElsewhere();
  await visitor.open('/account');
  await visitor.content.getByRole('button', { name: 'Sign out: phone/1.0' }).click();
  await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
  await expect(page).toHaveURL('/account');
  const answer = await elsewhere.get('/api/v1/protected');
  expect([answer.status(), (await answer.json()).reason]).toEqual([401, 'revoked']);
  await visitor.isGreeted();
  if (visitor.hasJavaScript) {
    await expect(page.getByRole('heading', { name: 'Where you are signed in' })).toBeFocused();
  }
  await elsewhere.dispose();
});

test('everywhere else is signed out with one button', JOURNEY, async ({ visitor }) => {
  await visitor.isMember();
  const others = [await visitor.signsInElsewhere(), await visitor.signsInElsewhere()];
  await visitor.open('/account');
  await visitor.content.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
  for (const other of others) {
    await expect.poll(async () => (await other.get('/api/v1/protected')).status()).toBe(401);
    await other.dispose();
  }
  await visitor.reload();
  await visitor.isGreeted();
});

test('the list comes by itself when the page was reached without a reload', WITH_JAVASCRIPT, async ({ visitor }) => {
  await visitor.isMember();
  await visitor.open('/');
  await visitor.follow('Account');
  await expect(visitor.content.getByRole('listitem')).toHaveCount(1);
  await expect(visitor.content).toContainText('this device');
});
