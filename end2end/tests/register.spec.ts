import { expect, test, WITH_JAVASCRIPT } from '../support/test';
import { PASSWORD } from '../support/visitor';

test('registering from the navbar lands on Home, signed in', async ({ visitor }) => {
  await visitor.open('/products');
  await visitor.marksTheDocument();
  await visitor.follow('Register');
  await visitor.landsOn('/register', 'Create an account');
  await visitor.register();
  await visitor.landsOn('/', 'You are at the home page!!');
  await visitor.isGreeted();
  await visitor.seesTheMarkedDocument();
});

test('who has registered can sign in with that password', async ({ visitor }) => {
  await visitor.open('/register');
  await visitor.register();
  await visitor.isGreeted();
  await visitor.signOut();
  await visitor.follow('Sign in');
  await visitor.signIn();
  await visitor.isGreeted();
});

test('a short password is refused at its field', async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register?next=/contact');
  await visitor.register('horse staple');
  await expect(visitor.passwordField).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.passwordField).toHaveAccessibleDescription(/This password is 3 characters too short\./);
  await expect(visitor.usernameField).not.toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.usernameField).toHaveValue(visitor.username);
});

test('a taken name is refused at its field', async ({ visitor, complaints }) => {
  complaints.expectStatus(409);
  await visitor.hasAccount();
  await visitor.open('/register');
  await visitor.register();
  await expect(visitor.alert).toHaveText('That username is taken.');
  await expect(visitor.usernameField).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.usernameField).toHaveValue(visitor.username);
  await visitor.seesAGuestsNavbar();
});

test('a name with other characters is refused at its field', async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register');
  await visitor.register(PASSWORD, 'ada & <b>');
  await expect(visitor.usernameField).toHaveAccessibleDescription(/only letters a to z, digits/);
  await expect(visitor.usernameField).toHaveValue('ada & <b>');
});

test('a password with the name in it is refused at its field', async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register');
  await visitor.register(`${visitor.username} and more`);
  await expect(visitor.passwordField).toHaveAccessibleDescription(/must not contain your username/);
});

test('after a refusal a better password leads on', async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register?next=/contact?topic=a');
  await visitor.register('horse staple');
  await expect(visitor.passwordField).toHaveAttribute('aria-invalid', 'true');
  await visitor.register();
  await visitor.landsOn('/contact?topic=a', 'You are at the Contact page!!');
});

test('after a refusal the focus is on the field to look at', WITH_JAVASCRIPT, async ({ visitor, complaints }) => {
  complaints.expectStatus(422);
  await visitor.open('/register');
  await visitor.register('horse staple');
  await expect(visitor.passwordField).toBeFocused();
});

test('sign-in and registration lead to each other and keep the next page', async ({ visitor, page }) => {
  await visitor.open('/login?next=/about');
  await visitor.content.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL('/register?next=/about');
  await visitor.content.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL('/login?next=/about');
});
