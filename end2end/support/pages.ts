/** Who looks at a page. */
export type Kind = 'guest' | 'member';

/** One page as a visitor knows it. */
export interface SitePage {
  name: string;
  path: string;
  heading: string;
  seenBy: Kind[];
}

const everybody: Kind[] = ['guest', 'member'];

/** All pages, and the one that stands where there is none. */
export const PAGES: SitePage[] = [
  { name: 'home', path: '/', heading: 'You are at the home page!!', seenBy: everybody },
  { name: 'products', path: '/products', heading: 'Below are the products that we offer.', seenBy: everybody },
  { name: 'about', path: '/about', heading: 'You are at the About page!!', seenBy: ['member'] },
  { name: 'contact', path: '/contact', heading: 'You are at the Contact page!!', seenBy: ['member'] },
  { name: 'account', path: '/account', heading: 'Account', seenBy: ['member'] },
  { name: 'session', path: '/session', heading: 'Session', seenBy: everybody },
  { name: 'login', path: '/login', heading: 'Sign in', seenBy: ['guest'] },
  { name: 'register', path: '/register', heading: 'Create an account', seenBy: ['guest'] },
  { name: 'logout', path: '/logout', heading: 'Log out', seenBy: everybody },
  { name: 'not-found', path: '/nowhere', heading: 'Page not found', seenBy: everybody },
];

/** Each page once for each kind of visitor that may see it. */
export const VIEWS = PAGES.flatMap((page) => page.seenBy.map((kind) => ({ ...page, kind })));

/** The pages that ask a guest to sign in first. */
export const MEMBERS_PAGES = PAGES.filter((page) => !page.seenBy.includes('guest'));

/** The page of a name. */
export function pageNamed(name: string): SitePage {
  const found = PAGES.find((page) => page.name === name);
  if (!found) throw new Error(`no page is named ${name}`);
  return found;
}
