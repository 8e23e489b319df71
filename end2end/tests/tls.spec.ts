import { SECURE_ADDRESS } from '../support/servers';
import { expect, JOURNEY, test } from '../support/test';

test.use({ baseURL: `https://${SECURE_ADDRESS}`, ignoreHTTPSErrors: true });

// ASVS V3.3.1, V3.3.3.
test('over TLS somebody signs in and out with cookies that no other host can set', JOURNEY, async ({ visitor, page }) => {
  await visitor.hasAccount();
  await visitor.open('/login');
  await visitor.signIn();
  await visitor.isGreeted();
  expect(await visitor.cookie('__Host-id')).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/' });
  if (visitor.hasJavaScript) {
    const protocol = () => performance.getEntriesByType('navigation').map((entry) => entry.toJSON().nextHopProtocol);
    expect(await page.evaluate(protocol)).toEqual(['h2']);
  }
  await visitor.signOut();
  await visitor.seesAGuestsNavbar();
  expect(await visitor.cookie('__Host-id')).toBeUndefined();
});

test('browsers are told to insist on TLS', async ({ page }) => {
  const answer = await page.goto('/');
  expect(await answer?.headerValue('strict-transport-security')).toBe('max-age=300');
});
