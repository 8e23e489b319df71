import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineConfig, devices } from '@playwright/test';

const { ANTEROOM_BINARY, CHROMIUM_PATH, END2END_PORT, END2END_STORE, PLAYWRIGHT_JSON_OUTPUT_NAME } = process.env;
const port = Number(END2END_PORT ?? 3917);
const address = `127.0.0.1:${port}`;
const redisPort = port + 1;

// The server inherits this environment, where it takes everything with its prefix for a setting of its own.
delete process.env.ANTEROOM_BINARY;

/** A browser of the system, as root or in a container; else the one that Playwright has downloaded. */
const launchOptions = CHROMIUM_PATH
  ? {
      executablePath: CHROMIUM_PATH,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    }
  : {};

export default defineConfig({
  testDir: 'tests',
  outputDir: 'output/results',
  reporter: [['list'], ['json', { outputFile: PLAYWRIGHT_JSON_OUTPUT_NAME ?? 'output/results.json' }]],
  fullyParallel: true,
  workers: 2,
  // A machine may stall. What needs its second try is reported as flaky.
  retries: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    baseURL: `http://${address}`,
    locale: 'en-US',
    screenshot: 'only-on-failure',
    // A trace of every test would double the time that all of them take; ask for one with `--trace on`.
    trace: 'off',
    launchOptions,
  },
  projects: [
    { name: 'with-javascript', use: devices['Desktop Chrome'] },
    {
      name: 'without-javascript',
      use: { ...devices['Desktop Chrome'], javaScriptEnabled: false },
      grepInvert: /@with-javascript/,
    },
  ],
  webServer: [...services(), {
    command: JSON.stringify(ANTEROOM_BINARY ?? '../target/release/server'),
    url: `http://${address}/readyz`,
    reuseExistingServer: false,
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
    env: {
      ANTEROOM_SERVER__ADDRESS: address,
      ANTEROOM_DATABASE__URL: `sqlite://${join(temporaryFolder(), 'e2e.db')}`,
      ANTEROOM_LOG__LEVEL: 'error',
      // These journeys are not about slow disks.
      ANTEROOM_SESSIONS__STORE_TIMEOUT: '30s',
      // All browsers of a run share one address.
      ANTEROOM_THROTTLE__ADDRESS_SIGN_IN: 'off',
      ANTEROOM_THROTTLE__ADDRESS_REGISTRATION: 'off',
      ANTEROOM_THROTTLE__ADDRESS_ANONYMOUS: 'off',
      ...store(),
    },
  }],
});

/** Where the sessions are, if `END2END_STORE` names another place than SQLite. */
function store(): Record<string, string> {
  switch (END2END_STORE) {
    case undefined:
      return {};
    case 'encrypted':
      return { ANTEROOM_SESSIONS__STORE: 'encrypted', ANTEROOM_SESSIONS__KEYS: randomBytes(32).toString('hex') };
    case 'redis':
      return { ANTEROOM_SESSIONS__STORE: 'redis', ANTEROOM_SESSIONS__URL: `redis://127.0.0.1:${redisPort}/` };
    default:
      throw new Error(`END2END_STORE is ${END2END_STORE}, but only encrypted and redis are known`);
  }
}

/** What that place needs. */
function services() {
  if (END2END_STORE !== 'redis') return [];
  const folder = JSON.stringify(temporaryFolder());
  const command = `redis-server --bind 127.0.0.1 --port ${redisPort} --save '' --dir ${folder}`;
  return [{ command, port: redisPort, reuseExistingServer: false, gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 5_000 } }];
}

/** One for the whole run: the workers read this file again, and find the folder in their environment. */
function temporaryFolder(): string {
  const known = process.env.END2END_FOLDER;
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), 'anteroom-'));
  process.env.END2END_FOLDER = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
